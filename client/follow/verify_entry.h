// Offline verification of one entry: entry bytes, tlog-proof and policy in, the checks that were done out (E5, E12). All checks run
// and all are reported; of several failures the first in the order of check_code.h decides. Opens no socket and no file (K8).
// Thread-safe.
//
//   const EntryReport report = VerifyEntry({.entry = tle, .tlog_proof = proof}, {.policy = &policy, .now = now});
//   if (report.failure) ...
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/follow/checkpoint_check.h"
#include "client/follow/evidence.h"
#include "client/follow/proof_bundle.h"
#include "proto/attest/entry.h"
#include "proto/keys/key.h"

namespace trustlog::follow {

// Everything is borrowed for the call.
struct EntryInput {
  std::string_view entry;                         // TLE1 bytes
  std::string_view tlog_proof;                    // text
  std::optional<std::string_view> statement{};    // payload, or the DSSE JSON envelope of it; "" = known to be withheld
  const SignedCheckpoint* saved = nullptr;        // this client's own last checkpoint
  const ConsistencyProof* consistency = nullptr;  // from some size to that of the proof's checkpoint
  std::span<const keys::PublicKey> keys{};        // of submitters, from wherever the caller trusts
  std::optional<merkle::Hash> leaf_hash{};        // what a server or a tile says the leaf is
};

struct EntryReport {
  // In this order: "entry", "log signature", "witnesses", "freshness" (if max_age is set), "inclusion", "consistency", "statement"
  // and, if a statement or keys are given, "signatures".
  std::vector<Check> checks;
  std::optional<CheckCode> failure;  // nullopt: verified
  // As far as the input could be read. Authenticated only if nothing failed.
  std::optional<std::uint64_t> index;
  std::string origin;  // of the proof's checkpoint; "" where it could not be read
  std::optional<attest::Entry> entry;
  std::optional<SignedCheckpoint> checkpoint;
  // Set iff FORK_PROVEN is among the failures. The caller saves it before telling anybody (E11).
  std::optional<Evidence> evidence;
};

EntryReport VerifyEntry(const EntryInput& input, const CheckpointRules& rules);

}  // namespace trustlog::follow
