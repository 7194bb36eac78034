#include "client/cli/json_object.h"

#include <boost/json.hpp>

#include "fmt/format.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/tlog/text.h"

namespace trustlog::cli {
namespace {

std::string ValidUtf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    std::string_view rest = text;
    if (tlog::TakeCodePoint(rest)) {
      valid += text.substr(0, text.size() - rest.size());
      text = rest;
    } else {
      valid += "\xef\xbf\xbd";
      text.remove_prefix(1);
    }
  }
  return valid;
}

}  // namespace

std::string QuoteJson(std::string_view text) {
  const std::string valid = ValidUtf8(text);
  return boost::json::serialize(boost::json::string_view(valid.data(), valid.size()));
}

JsonObject& JsonObject::Add(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += QuoteJson(name);
  members_ += ':';
  members_ += json;
  return *this;
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view value) { return Add(name, QuoteJson(value)); }
JsonObject& JsonObject::Number(std::string_view name, std::uint64_t value) { return Add(name, fmt::format("\"{}\"", value)); }
JsonObject& JsonObject::Hash(std::string_view name, merkle::ByteView value) { return Text(name, bytes::EncodeHex(value)); }
JsonObject& JsonObject::Flag(std::string_view name, bool value) { return Add(name, value ? "true" : "false"); }
JsonObject& JsonObject::Ratio(std::string_view name, double value) { return Add(name, fmt::format("{:.3f}", value)); }
JsonObject& JsonObject::Null(std::string_view name) { return Add(name, "null"); }
JsonObject& JsonObject::Object(std::string_view name, const JsonObject& value) { return Add(name, value.Format()); }

JsonObject& JsonObject::Time(std::string_view name, std::int64_t seconds) {
  if (seconds < attest::kMinTime || seconds > attest::kMaxTime) return Null(name);
  return Text(name, attest::FormatTime(seconds));
}

JsonObject& JsonObject::Texts(std::string_view name, std::span<const std::string> values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ",") + QuoteJson(value);
  return Add(name, "[" + list + "]");
}

JsonObject& JsonObject::Objects(std::string_view name, std::span<const JsonObject> values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ",") + value.Format();
  return Add(name, "[" + list + "]");
}

JsonObject& JsonObject::Append(const JsonObject& members) {
  if (members.empty()) return *this;
  if (!members_.empty()) members_ += ',';
  members_ += members.members_;
  return *this;
}

std::string JsonObject::Format() const { return "{" + members_ + "}"; }

}  // namespace trustlog::cli
