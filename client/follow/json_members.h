// Reads a JSON file of ours: strict reader, then each member by name, once; what was not asked for is refused. The first thing that
// is wrong is kept, so a reader asks for all members in a row and looks at Finish() once. Internal to this folder; single-threaded.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"
#include "proto/attest/strict_json.h"

namespace trustlog::follow {

inline constexpr std::size_t kMaxProofHashes = 64;  // a consistency proof between sizes below 2^63 has no more

// FILE_MALFORMED: not strict JSON, or not an object. Strings may be as long as the file.
absl::StatusOr<boost::json::value> ParseJsonFile(std::string_view json, std::size_t max_bytes);
absl::StatusOr<boost::json::value> ParseJsonFile(std::string_view json, const attest::JsonLimits& limits);

class Members final {
 public:
  explicit Members(const boost::json::object& object) : object_(object) {}

  bool Has(std::string_view name) const;
  std::string String(std::string_view name);
  std::uint64_t Integer(std::string_view name);  // 0 .. 2^53 - 1
  std::string Base64(std::string_view name);
  merkle::Hash HashOf(std::string_view name);               // base64 of 32 bytes
  std::vector<merkle::Hash> Hashes(std::string_view name);  // at most kMaxProofHashes
  std::vector<std::string> Strings(std::string_view name, std::size_t min, std::size_t max);
  const boost::json::object* Object(std::string_view name);  // null: not one
  const boost::json::array* Array(std::string_view name);    // null: not one; of any length
  void Expect(bool holds, std::string_view complaint);

  // FILE_MALFORMED: the first complaint, or a member that nobody asked for.
  [[nodiscard]] absl::Status Finish() const;

 private:
  const boost::json::value* Find(std::string_view name);  // null: absent
  void Complain(std::string_view name, std::string_view what);

  const boost::json::object& object_;
  std::set<std::string, std::less<>> asked_;
  std::string complaint_;
};

// For the writing side.
boost::json::array HashesToJson(const std::vector<merkle::Hash>& hashes);

}  // namespace trustlog::follow
