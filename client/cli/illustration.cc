#include "client/cli/illustration.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "client/cli/exit_code.h"
#include "client/registry/draft.h"
#include "client/registry/memory_facts.h"
#include "client/registry/signatures.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "proto/keys/key_file.h"

namespace trustlog::cli {
namespace {

namespace json = boost::json;
using bytes::Reason;

constexpr attest::JsonLimits kLimits = {.max_bytes = 4u << 20};
constexpr std::int64_t kDay = 86'400;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }
std::string Sha256Hex(std::string_view text) { return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text))); }

std::string TextOf(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(View(name));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// {"$name": x} with nothing beside it.
const json::value* Variable(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object != nullptr && object->size() == 1 ? object->if_contains(View(name)) : nullptr;
}

// The algorithm of each key name: the `alg` beside its `$spki`.
void FindAlgorithms(const json::value& value, std::map<std::string, std::string>& algorithms) {
  if (const auto* object = value.if_object(); object != nullptr) {
    if (const auto* spki = object->if_contains("spki"); spki != nullptr) {
      if (const auto* name = Variable(*spki, "$spki"); name != nullptr && name->is_string()) {
        algorithms.emplace(std::string(name->get_string()), TextOf(*object, "alg"));
      }
    }
    for (const auto& member : *object) FindAlgorithms(member.value(), algorithms);
  } else if (const auto* array = value.if_array(); array != nullptr) {
    for (const auto& element : *array) FindAlgorithms(element, algorithms);
  }
}

keys::Algorithm InnerAlgorithm(keys::Algorithm algorithm) {
  if (algorithm == keys::Algorithm::kEd25519Batch) return keys::Algorithm::kEd25519;
  if (algorithm == keys::Algorithm::kEcdsaP256Sha256DerBatch) return keys::Algorithm::kEcdsaP256Sha256Der;
  return algorithm;
}

absl::StatusOr<std::string> SignOne(const keys::PrivateKey& key, bool as_batch, const std::string& payload) {
  if (!as_batch) return key.Sign(attest::Pae(attest::kPayloadType, payload));
  const auto id = attest::StatementId(payload);
  const auto batch = keys::SignBatch(key, {&id, 1});
  return batch.ok() ? absl::StatusOr<std::string>(batch->Signature(0)) : batch.status();
}

class Builder final {
 public:
  explicit Builder(const IllustrationOptions& options) : options_(options), base_(options.origin), draft_(base_) {}

  absl::StatusOr<Illustration> Build(const json::object& file);

 private:
  absl::Status MakeKeys(const json::value& file);
  absl::StatusOr<json::value> Resolve(const json::value& value) const;
  absl::StatusOr<std::string> Payload(const json::object& record) const;
  absl::StatusOr<std::string> Envelope(const json::object& record, const std::string& payload) const;
  absl::Status Admit(const std::string& envelope, const std::string& payload);
  absl::Status Add(const json::object& record, Illustration& out);

  const IllustrationOptions& options_;
  std::string type_base_;
  std::map<std::string, keys::PrivateKey> keys_;
  std::set<std::string> batch_keys_;  // names of those that sign batches: here each a batch of one
  std::map<std::string, attest::Id> ids_;
  registry::Registry base_;
  registry::Draft draft_;
  registry::MemoryFacts facts_;
};

absl::Status Builder::MakeKeys(const json::value& file) {
  std::map<std::string, std::string> algorithms;
  FindAlgorithms(file, algorithms);
  std::error_code error;
  std::filesystem::create_directories(options_.key_directory, error);
  std::filesystem::permissions(options_.key_directory, std::filesystem::perms::owner_all, error);
  for (const auto& item : algorithms) {
    const auto algorithm = keys::ParseAlgorithm(item.second);
    if (!algorithm) return UsageError(fmt::format("key {} has no known algorithm", item.first));
    if (keys::IsBatch(*algorithm)) batch_keys_.insert(item.first);
    auto key = keys::PrivateKey::Generate(InnerAlgorithm(*algorithm));
    if (!key.ok()) return key.status();
    const auto status = keys::WriteKeyFiles(fmt::format("{}/{}.key", options_.key_directory, item.first), *key);
    if (!status.ok()) return UsageError(std::string(bytes::MessageOf(status)), "keys are made afresh: name a new directory");
    keys_.emplace(item.first, *std::move(key));
  }
  return absl::OkStatus();
}

absl::StatusOr<json::value> Builder::Resolve(const json::value& value) const {
  const auto unknown = [](const json::value& what) {
    return UsageError(fmt::format("the illustration names {}, which it does not have", json::serialize(what)));
  };
  if (const auto* label = Variable(value, "$id"); label != nullptr && label->is_string()) {
    const auto id = ids_.find(std::string(label->get_string()));
    if (id == ids_.end()) return unknown(*label);
    return json::value(json::string(View(bytes::EncodeHex(id->second))));
  }
  for (const std::string_view variable : {"$spki", "$keyid"}) {
    const auto* name = Variable(value, variable);
    if (name == nullptr || !name->is_string()) continue;
    const auto key = keys_.find(std::string(name->get_string()));
    if (key == keys_.end()) return unknown(*name);
    const auto& shown = key->second.public_key();
    return json::value(
        json::string(View(variable == "$spki" ? bytes::EncodeBase64(shown.spki()) : bytes::EncodeHex(shown.id()))));
  }
  if (const auto* days = Variable(value, "$days"); days != nullptr && days->is_int64()) {
    return json::value(json::string(View(attest::FormatTime(options_.now + days->get_int64() * kDay))));
  }
  if (const auto* text = Variable(value, "$sha256"); text != nullptr && text->is_string()) {
    return json::value(json::string(View(Sha256Hex(std::string(text->get_string())))));
  }
  json::value copy = value;
  if (auto* object = copy.if_object(); object != nullptr) {
    for (auto& member : *object) {
      auto resolved = Resolve(member.value());
      if (!resolved.ok()) return resolved;
      member.value() = *std::move(resolved);
    }
  } else if (auto* array = copy.if_array(); array != nullptr) {
    for (auto& element : *array) {
      auto resolved = Resolve(element);
      if (!resolved.ok()) return resolved;
      element = *std::move(resolved);
    }
  }
  return copy;
}

absl::StatusOr<std::string> Builder::Payload(const json::object& record) const {
  const auto kind = attest::KindFromName(TextOf(record, "kind"));
  const auto* given = record.if_contains("predicate");
  if (!kind || given == nullptr || !given->is_object())
    return UsageError(fmt::format("record {} has no kind or predicate", TextOf(record, "label")));
  const auto resolved = Resolve(*given);
  if (!resolved.ok()) return resolved.status();
  json::object predicate = {{"logOrigin", View(options_.origin)}};
  for (const auto& member : resolved->get_object()) predicate[member.key()] = member.value();
  predicate["nonce"] = View(bytes::EncodeBase64Url(bytes::AsBytes(keys::RandomBytes(16))));
  if (!predicate.contains("issuedAt")) predicate["issuedAt"] = View(attest::FormatTime(options_.now));
  const std::string document = TextOf(record, "document");
  const bool names_log = *kind == attest::Kind::kGenesis || attest::GroupOf(*kind) == attest::KindGroup::kLog;
  const std::string name = !document.empty() ? document : names_log ? options_.origin : TextOf(predicate, "issuer");
  const std::string digest = Sha256Hex(document.empty() ? name : "illustration document: " + document);
  const json::object statement = {
      {"_type", "https://in-toto.io/Statement/v1"},
      {"subject", json::array{json::object{{"name", View(name)}, {"digest", json::object{{"sha256", View(digest)}}}}}},
      {"predicateType", View(attest::PredicateType(type_base_, *kind))},
      {"predicate", std::move(predicate)}};
  return json::serialize(statement);
}

absl::StatusOr<std::string> Builder::Envelope(const json::object& record, const std::string& payload) const {
  const auto* signers = record.if_contains("signers");
  if (signers == nullptr || !signers->is_array())
    return UsageError(fmt::format("record {} has no signers", TextOf(record, "label")));
  std::vector<attest::EntrySignature> signatures;
  for (const auto& signer : signers->get_array()) {
    const std::string name = signer.is_string() ? std::string(signer.get_string()) : "";
    const auto key = keys_.find(name);
    if (key == keys_.end())
      return UsageError(
          fmt::format("record {} is signed by {}, which has no key", TextOf(record, "label"), json::serialize(signer)));
    auto signature = SignOne(key->second, batch_keys_.contains(name), payload);
    if (!signature.ok()) return signature.status();
    signatures.push_back({key->second.public_key().id(), *std::move(signature)});
  }
  std::sort(signatures.begin(), signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  return attest::FormatEnvelope(payload, signatures);
}

absl::Status Builder::Admit(const std::string& text, const std::string& payload) {
  const auto envelope = attest::ParseEnvelope(text);
  if (!envelope.ok()) return envelope.status();
  const auto statement = attest::ParseStatement(payload, draft_.context());
  if (!statement.ok()) return statement.status();
  const registry::KeySource source{[this](const keys::KeyId& id) {
                                     const auto info = draft_.FindKey(id);
                                     return info ? std::optional(info->key) : std::nullopt;
                                   },
                                   [](std::string_view) { return std::vector<keys::PublicKey>(); }};
  auto verified = registry::VerifySignatures(*envelope, *statement, source);
  if (!verified.ok()) return verified.status();
  auto entry = attest::Derive(*statement, attest::StatementId(payload), std::move(verified->signatures));
  if (!entry.ok()) return entry.status();
  entry->logged_at_ms = static_cast<std::uint64_t>(options_.now) * 1000;
  const registry::Record record{draft_.size(), &*entry, &*statement};
  if (auto status = draft_.Add(record, facts_); !status.ok()) return status;
  facts_.Add(record.index, *std::move(entry));
  return absl::OkStatus();
}

absl::Status Builder::Add(const json::object& record, Illustration& out) {
  const std::string label = TextOf(record, "label");
  const auto payload = Payload(record);
  if (!payload.ok()) return payload.status();
  const auto envelope = Envelope(record, *payload);
  if (!envelope.ok()) return envelope.status();
  if (const auto status = Admit(*envelope, *payload); !status.ok()) {
    return bytes::Refuse(bytes::ReasonOf(status).value_or(Reason::kInternal),
                         fmt::format("record {}: {}", label, bytes::MessageOf(status)));
  }
  ids_[label] = attest::StatementId(*payload);
  out.records.push_back({label, TextOf(record, "kind"), *envelope + "\n"});
  return absl::OkStatus();
}

absl::StatusOr<Illustration> Builder::Build(const json::object& file) {
  type_base_ = TextOf(file, "typeBase");
  const auto* records = file.if_contains("records");
  if (type_base_.empty() || records == nullptr || !records->is_array())
    return UsageError("not an illustration: no typeBase or no records");
  if (auto status = MakeKeys(*records); !status.ok()) return status;
  Illustration out;
  for (const auto& record : records->get_array()) {
    if (!record.is_object()) return UsageError("a record of the illustration is no object");
    if (auto status = Add(record.get_object(), out); !status.ok()) return status;
  }
  if (const auto* expect = file.if_contains("expect"); expect != nullptr && expect->is_array()) {
    for (const auto& row : expect->get_array()) {
      const auto resolved = Resolve(row);
      if (!resolved.ok()) return resolved.status();
      const auto* object = resolved->if_object();
      const auto* principle = object == nullptr ? nullptr : object->if_contains("principle");
      if (principle == nullptr || !principle->is_int64()) return UsageError("an expectation of the illustration has no principle");
      out.expected.push_back({TextOf(*object, "member"), principle->get_int64(), TextOf(*object, "date"), TextOf(*object, "verdict")});
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<Illustration> BuildIllustration(std::string_view text, const IllustrationOptions& options) {
  const auto value = attest::ParseStrictJson(text, kLimits, Reason::kArgumentInvalid);
  if (!value.ok()) return UsageError(fmt::format("not an illustration: {}", bytes::MessageOf(value.status())));
  if (!value->is_object()) return UsageError("not an illustration: no object");
  return Builder(options).Build(value->get_object());
}

}  // namespace trustlog::cli
