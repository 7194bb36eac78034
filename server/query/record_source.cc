#include "server/query/record_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/index/index_keys.h"
#include "proto/bytes/reason.h"
#include "server/query/record_keys.h"

namespace trustlog::query {
namespace {

using bytes::Reason;
using bytes::Refuse;
using registry::Fact;

constexpr std::size_t kReadAtOnce = 64;  // statements come along, up to 32 KiB each

absl::Status NotHeld() { return absl::UnavailableError("to be fetched"); }

absl::Status TooMany(std::size_t count) {
  return Refuse(Reason::kTooLarge, "the question is about more records than one answer may read",
                {{"limit", fmt::format("{}", kMaxFacts)}, {"actual", fmt::format("{}", count)}});
}

bool HasKey(const Fact& fact, std::string_view key) {
  const auto keys = RecordKeys(*fact.entry);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

absl::Status RegistryIsBehind(std::uint64_t registry_size, std::uint64_t size) {
  return Refuse(Reason::kReadOnly,
                fmt::format("the registry of this node stands at size {}, the published log at {}", registry_size, size),
                {{"retry_ms", "1000"}});
}

const Fact* RecordSource::Held(std::uint64_t index) const {
  const auto held = facts_.find(index);
  return held == facts_.end() || !held->second.has_value() ? nullptr : &*held->second;
}

absl::StatusOr<std::optional<Fact>> RecordSource::ById(const attest::Id& id) const {
  const auto known = ids_.find(id);
  if (known == ids_.end()) {
    wanted_ids_.insert(id);
    return NotHeld();
  }
  const Fact* fact = known->second.has_value() ? Held(*known->second) : nullptr;
  return fact == nullptr ? std::nullopt : std::optional(*fact);
}

absl::StatusOr<std::optional<std::uint64_t>> RecordSource::LoggedAtMs(std::uint64_t index) const {
  const auto fact = ByIndex(index);
  if (!fact.ok()) return fact.status();
  return fact->has_value() ? std::optional((*fact)->entry->logged_at_ms) : std::nullopt;
}

absl::StatusOr<std::optional<Fact>> RecordSource::ByIndex(std::uint64_t index) const {
  if (index >= size_) return std::nullopt;
  if (!facts_.contains(index)) {
    wanted_indices_.insert(index);
    return NotHeld();
  }
  const Fact* fact = Held(index);
  return fact == nullptr ? std::nullopt : std::optional(*fact);
}

absl::StatusOr<std::vector<Fact>> RecordSource::About(std::string_view member, std::uint8_t principle, std::uint64_t) const {
  const auto key = JudgedKey(member, principle);
  if (const auto list = lists_.find(key); list != lists_.end()) return list->second;
  wanted_keys_.insert(key);
  return NotHeld();
}

absl::StatusOr<std::vector<Fact>> RecordSource::ReferringTo(const attest::Id& id, std::uint64_t) const {
  const auto key = index::RefKey(id);
  if (const auto list = lists_.find(key); list != lists_.end()) return list->second;
  wanted_keys_.insert(key);
  return NotHeld();
}

absl::Status RecordSource::Fetch() {
  std::vector<std::uint64_t> indices(wanted_indices_.begin(), wanted_indices_.end());
  const std::vector<attest::Id> ids(wanted_ids_.begin(), wanted_ids_.end());
  if (!ids.empty()) {
    const auto found = snapshot_->reader->FindIds(ids);
    if (!found.ok()) return found.status();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto& at = (*found)[i];
      const bool is_below = at.has_value() && *at < size_;
      ids_[ids[i]] = is_below ? at : std::nullopt;
      if (is_below) indices.push_back(*at);
    }
  }
  std::vector<std::pair<std::string, std::vector<std::uint64_t>>> lists;
  for (const auto& key : wanted_keys_) {
    auto list = index_.Find(key, 0, size_, kMaxFacts + 1);
    if (!list.ok()) return list.status();
    indices.insert(indices.end(), list->begin(), list->end());
    lists.emplace_back(key, *std::move(list));
  }
  if (auto status = Hold(indices); !status.ok()) return status;
  for (auto& [key, list] : lists) {
    auto& facts = lists_[key];
    for (const auto index : list) {
      const Fact* fact = Held(index);
      if (fact != nullptr && HasKey(*fact, key)) facts.push_back(*fact);
    }
  }
  wanted_ids_.clear();
  wanted_indices_.clear();
  wanted_keys_.clear();
  return absl::OkStatus();
}

absl::Status RecordSource::Hold(std::span<const std::uint64_t> indices) {
  std::vector<std::uint64_t> missing;
  for (const auto index : indices) {
    if (!facts_.contains(index)) missing.push_back(index);
  }
  std::sort(missing.begin(), missing.end());  // a bundle is read once
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  if (facts_.size() + missing.size() > kMaxFacts) return TooMany(facts_.size() + missing.size());
  for (std::size_t begin = 0; begin < missing.size(); begin += kReadAtOnce) {
    const auto some = std::span(missing).subspan(begin, std::min(kReadAtOnce, missing.size() - begin));
    const auto records = snapshot_->reader->ReadRecordsAt(some);
    if (!records.ok()) return records.status();
    for (std::size_t i = 0; i < some.size(); ++i) {
      auto entry = attest::DecodeEntry((*records)[i].entry);
      facts_[some[i]] =
          entry.ok() ? std::optional(Fact{some[i], std::make_shared<const attest::Entry>(*std::move(entry))}) : std::nullopt;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RecordSource::Found> RecordSource::Under(std::string_view key, std::uint64_t begin, std::size_t limit) {
  const auto indices = index_.Find(key, begin, size_, limit);
  if (!indices.ok()) return indices.status();
  auto facts = At(*indices);
  if (!facts.ok()) return facts.status();
  std::erase_if(*facts, [key](const Fact& fact) { return !HasKey(fact, key); });
  return Found{*std::move(facts), indices->size() < limit ? size_ : indices->back() + 1};
}

absl::StatusOr<std::vector<Fact>> RecordSource::At(std::span<const std::uint64_t> indices) {
  if (auto status = Hold(indices); !status.ok()) return status;
  std::vector<Fact> facts;
  for (const auto index : indices) {
    if (const Fact* fact = Held(index); fact != nullptr) facts.push_back(*fact);
  }
  return facts;
}

void RecordSource::Forget() {
  facts_.clear();
  ids_.clear();
  lists_.clear();
}

}  // namespace trustlog::query
