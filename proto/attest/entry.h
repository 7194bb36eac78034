// TLE1: the typed binary record that is hashed into the tree (records.md section 3). One entry has one encoding: DecodeEntry checks
// every rule of 3.1, re-encodes and compares. Values; pure and thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"
#include "proto/attest/kind.h"
#include "proto/keys/key.h"

namespace trustlog::attest {

using Id = merkle::Hash;                       // statement_id = SHA-256 of the PAE

inline constexpr std::size_t kMaxEntryBytes = 8'192;

enum class Rel : std::uint8_t {
  kRenews = 1, kCorrects = 2, kPrincipleSet = 3, kCommitment = 4, kEngagement = 5, kTarget = 6, kInput = 7,
};

struct Ref {
  Rel rel{};
  Id id{};
  friend auto operator<=>(const Ref&, const Ref&) = default;
};

struct EntrySignature {
  keys::KeyId key_id{};
  std::string signature;                       // as decoded from the envelope
  friend bool operator==(const EntrySignature&, const EntrySignature&) = default;
};

struct Entry {
  std::uint64_t logged_at_ms = 0;              // Unix milliseconds; the only field not derived from the statement
  Kind kind{};
  std::string issuer;                          // URN, 1..200 bytes
  std::vector<std::string> subjects;           // URNs, at most 8, strictly ascending
  std::vector<std::uint8_t> principles;        // 1..63, strictly ascending
  std::string code;                            // at most 40 bytes, may be empty
  std::vector<Ref> refs;                       // at most 64, strictly ascending
  std::vector<merkle::Hash> artifacts;         // at most 64, strictly ascending
  std::int64_t valid_from = 0;                 // Unix seconds, 0 = none
  std::int64_t valid_until = 0;                // the same; [from, until)
  Id statement_id{};
  std::vector<EntrySignature> signatures;      // 1..8, strictly ascending by key id
  friend bool operator==(const Entry&, const Entry&) = default;
};

inline std::int64_t LoggedAtSeconds(const Entry& entry) { return static_cast<std::int64_t>(entry.logged_at_ms / 1000); }   // T

// TOO_LARGE: a limit of 3.1 or 8,192 bytes (metadata limit, actual, field). INTERNAL: a list out of order or an impossible value.
absl::StatusOr<std::string> EncodeEntry(const Entry& entry);
// The status that EncodeEntry would give, without writing.
[[nodiscard]] absl::Status CheckEncodable(const Entry& entry);

// ARGUMENT_INVALID: which rule, at which field. KIND_UNKNOWN: a kind number that this version does not list.
absl::StatusOr<Entry> DecodeEntry(std::string_view bytes);

}  // namespace trustlog::attest
