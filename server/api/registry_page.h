// Where a list of the registry goes on (protocols.md G10): place, pinned size and date, and a hash of the method and its filter, so
// that a token is taken by the query it came from alone. Opaque to callers; authenticated by nothing but its strict form. Pure and
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/bytes/wire.h"

namespace trustlog::api {

using QueryHash = std::array<std::uint8_t, 16>;

// QueryOf("ListExpiring").Add(member).Add(until).hash()
class QueryOf final {
 public:
  explicit QueryOf(std::string_view method) { Add(method); }
  QueryOf& Add(std::string_view text);
  QueryOf& Add(std::uint64_t number);
  QueryHash hash() const;

 private:
  bytes::ByteWriter writer_;
};

struct RegistryPage {
  std::uint64_t part = 0;   // of a list in several parts: which one; each list knows its own
  std::uint64_t index = 0;  // at most `size`
  std::uint64_t size = 0;   // pinned, at least 1
  std::int64_t date = 0;    // pinned, Unix seconds; 0: the list has none
  QueryHash query{};
  friend bool operator==(const RegistryPage&, const RegistryPage&) = default;
};
std::string FormatRegistryPage(const RegistryPage& page);
// nullopt: not exactly what FormatRegistryPage gives, or numbers that no list has.
std::optional<RegistryPage> ParseRegistryPage(std::string_view text);

}  // namespace trustlog::api
