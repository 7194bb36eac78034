// Builds one line of --json (K2): members in the order they are added, 64-bit numbers as strings, hashes in lower-case hex, times
// in RFC 3339. A value; single-threaded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "merkle/hash.h"

namespace trustlog::cli {

class JsonObject final {
 public:
  JsonObject& Text(std::string_view name, std::string_view value);  // bytes that are not UTF-8 become U+FFFD
  JsonObject& Number(std::string_view name, std::uint64_t value);   // "1042"
  JsonObject& Hash(std::string_view name, merkle::ByteView value);
  JsonObject& Time(std::string_view name, std::int64_t seconds);  // 0: null
  JsonObject& Flag(std::string_view name, bool value);
  JsonObject& Ratio(std::string_view name, double value);  // a JSON number
  JsonObject& Null(std::string_view name);
  JsonObject& Texts(std::string_view name, std::span<const std::string> values);
  JsonObject& Object(std::string_view name, const JsonObject& value);
  JsonObject& Objects(std::string_view name, std::span<const JsonObject> values);
  JsonObject& Append(const JsonObject& members);

  bool empty() const { return members_.empty(); }
  std::string Format() const;  // {"a":1,...}

 private:
  JsonObject& Add(std::string_view name, std::string_view json);
  std::string members_;  // without the braces
};

// As the JSON string of `text`, quotation marks included.
std::string QuoteJson(std::string_view text);

}  // namespace trustlog::cli
