#include "client/follow/json_members.h"

#include <algorithm>
#include <boost/json.hpp>

#include "client/follow/check_code.h"
#include "fmt/format.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"

namespace trustlog::follow {
namespace {

namespace json = boost::json;

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }

std::optional<merkle::Hash> ToHash(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  const auto raw = bytes::DecodeBase64(View(value.get_string()));
  merkle::Hash hash{};
  if (!raw || raw->size() != hash.size()) return std::nullopt;
  std::copy(raw->begin(), raw->end(), hash.begin());
  return hash;
}

}  // namespace

absl::StatusOr<json::value> ParseJsonFile(std::string_view text, std::size_t max_bytes) {
  return ParseJsonFile(text, attest::JsonLimits{
      .max_bytes = max_bytes, .max_depth = 4, .max_members = 16, .max_elements = 256, .max_string = max_bytes});
}

absl::StatusOr<json::value> ParseJsonFile(std::string_view text, const attest::JsonLimits& limits) {
  auto value = attest::ParseStrictJson(text, limits, bytes::Reason::kArgumentInvalid);
  if (!value.ok()) return CheckFailure(CheckCode::kFileMalformed, bytes::MessageOf(value.status()));
  if (!value->is_object()) return CheckFailure(CheckCode::kFileMalformed, "the file is not a JSON object");
  return value;
}

const json::value* Members::Find(std::string_view name) {
  asked_.emplace(name);
  return object_.if_contains(json::string_view(name.data(), name.size()));
}

bool Members::Has(std::string_view name) const { return object_.contains(json::string_view(name.data(), name.size())); }

void Members::Complain(std::string_view name, std::string_view what) {
  if (complaint_.empty()) complaint_ = fmt::format("{}: {}", name, what);
}

void Members::Expect(bool holds, std::string_view complaint) {
  if (!holds && complaint_.empty()) complaint_ = complaint;
}

std::string Members::String(std::string_view name) {
  const json::value* value = Find(name);
  if (value != nullptr && value->is_string()) return std::string(View(value->get_string()));
  Complain(name, "must be a string");
  return "";
}

std::uint64_t Members::Integer(std::string_view name) {
  const json::value* value = Find(name);
  if (value != nullptr && value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  Complain(name, "must be an integer from 0");
  return 0;
}

std::string Members::Base64(std::string_view name) {
  const auto raw = bytes::DecodeBase64(String(name));
  if (raw) return *raw;
  Complain(name, "must be base64");
  return "";
}

merkle::Hash Members::HashOf(std::string_view name) {
  const json::value* value = Find(name);
  const auto hash = value == nullptr ? std::nullopt : ToHash(*value);
  if (!hash) Complain(name, "must be the base64 of 32 bytes");
  return hash.value_or(merkle::Hash{});
}

std::vector<merkle::Hash> Members::Hashes(std::string_view name) {
  const json::value* value = Find(name);
  std::vector<merkle::Hash> hashes;
  if (value == nullptr || !value->is_array() || value->get_array().size() > kMaxProofHashes) {
    Complain(name, fmt::format("must be an array of at most {} hashes", kMaxProofHashes));
    return hashes;
  }
  for (const json::value& item : value->get_array()) {
    const auto hash = ToHash(item);
    if (!hash) Complain(name, "has an element that is not the base64 of 32 bytes");
    hashes.push_back(hash.value_or(merkle::Hash{}));
  }
  return hashes;
}

std::vector<std::string> Members::Strings(std::string_view name, std::size_t min, std::size_t max) {
  const json::value* value = Find(name);
  std::vector<std::string> strings;
  const bool fits = value != nullptr && value->is_array() && value->get_array().size() >= min && value->get_array().size() <= max;
  if (!fits || !std::all_of(value->get_array().begin(), value->get_array().end(),
                            [](const json::value& item) { return item.is_string(); })) {
    Complain(name, fmt::format("must be an array of {} to {} strings", min, max));
    return strings;
  }
  for (const json::value& item : value->get_array()) strings.emplace_back(View(item.get_string()));
  return strings;
}

const json::object* Members::Object(std::string_view name) {
  const json::value* value = Find(name);
  if (value != nullptr && value->is_object()) return &value->get_object();
  Complain(name, "must be an object");
  return nullptr;
}

const json::array* Members::Array(std::string_view name) {
  const json::value* value = Find(name);
  if (value != nullptr && value->is_array()) return &value->get_array();
  Complain(name, "must be an array");
  return nullptr;
}

absl::Status Members::Finish() const {
  if (!complaint_.empty()) return CheckFailure(CheckCode::kFileMalformed, complaint_);
  for (const auto& member : object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (asked_.find(name) == asked_.end()) return CheckFailure(CheckCode::kFileMalformed, fmt::format("unknown member {}", name));
  }
  return absl::OkStatus();
}

json::array HashesToJson(const std::vector<merkle::Hash>& hashes) {
  json::array array;
  for (const merkle::Hash& hash : hashes) array.emplace_back(bytes::EncodeBase64(hash));
  return array;
}

}  // namespace trustlog::follow
