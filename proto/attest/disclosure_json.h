// JSON forms around a disclosure tree (disclosure.h), all read by the strict reader; unknown members are refused, since nothing
// would vouch for them. Pure and thread-safe.
//
//   trustlog-disclosure/1 (records.md 5.5), what a customer is shown:
//     {"schema":"trustlog-disclosure/1","statementId":hex,"index":int,"count":int,"leaf":base64,"path":[base64...]}
//   trustlog-suppliers/1, what a member writes; until and acknowledgementSha256 may be left out, from too:
//     {"schema":"trustlog-suppliers/1","leaves":[{"supplier":str,"clause":str,"clauseSha256":hex,"from":time,"until":time,
//      "acknowledgementSha256":hex}]}
//   trustlog-disclosure-private/1, what a member keeps. SECRET: it holds every salt.
//     {"schema":"trustlog-disclosure-private/1","root":hex,"count":int,"acknowledged":int,"leaves":[base64...]}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/disclosure.h"

namespace trustlog::attest {

inline constexpr std::size_t kMaxDisclosureBytes = 16'384;               // of a trustlog-disclosure/1
inline constexpr std::size_t kMaxListedLeaves = 65'536;                  // of a list, ours or the member's
inline constexpr std::size_t kMaxLeafListBytes = std::size_t{96} << 20;  // of the file that holds it

// ARGUMENT_INVALID, TOO_LARGE, DUPLICATE_MEMBER.
absl::StatusOr<Disclosure> ParseDisclosure(std::string_view json);
std::string FormatDisclosure(const Disclosure& disclosure);

// In the order of the list, with salts that are still zero. The same refusals.
absl::StatusOr<std::vector<DisclosureLeaf>> ParseSupplierList(std::string_view json);

// Also ARGUMENT_INVALID: the leaves do not give root, count or acknowledged of the file.
absl::StatusOr<DisclosureTree> ParsePrivateLeaves(std::string_view json);
std::string FormatPrivateLeaves(const DisclosureTree& tree);

}  // namespace trustlog::attest
