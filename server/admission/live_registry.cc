#include "server/admission/live_registry.h"

#include <spdlog/spdlog.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "client/registry/snapshot.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/reason.h"

namespace trustlog::admission {

registry::KeySource LiveRegistry::Keys() const {
  registry::KeySource source;
  source.find = [this](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
    const auto info = With([&](const registry::Registry& registry) { return registry.FindKey(id); });
    if (!info.has_value()) return std::nullopt;
    return info->key;
  };
  source.keys_of = [this](std::string_view issuer) {
    std::vector<keys::PublicKey> keys;
    for (auto& info : With([&](const registry::Registry& registry) { return registry.KeysOf(issuer, registry::kMaxCandidates); })) {
      keys.push_back(std::move(info.key));
    }
    return keys;
  };
  return source;
}

registry::Registry LoadSnapshot(const std::string& path, const std::string& origin, const RootAt& root_at) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return registry::Registry(origin);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  auto snapshot = registry::ParseSnapshot(bytes.str(), origin);
  if (!snapshot.ok()) {
    spdlog::warn("registry snapshot {} not used: {}", path, bytes::MessageOf(snapshot.status()));
    return registry::Registry(origin);
  }
  const auto root = root_at(snapshot->head.size);
  if (!root.ok() || *root != snapshot->head.root) {
    spdlog::warn("registry snapshot {} not used: the tree does not confirm size {}", path, snapshot->head.size);
    return registry::Registry(origin);
  }
  return std::move(snapshot->registry);
}

void SaveSnapshot(const std::string& path, const merkle::TreeHead& head, const registry::Registry& registry) {
  const auto saved = bytes::WriteWhole(path, registry::FormatSnapshot(head, registry), 0600);
  if (!saved.ok()) spdlog::warn("registry snapshot not saved: {}", bytes::MessageOf(saved));
}

}  // namespace trustlog::admission
