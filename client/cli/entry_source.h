// One entry with everything that proves it: fetched by tiles (an index) or by GetProofBundle (a statement id, or where no url is
// set), verified, and saved as files. Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/follow/verify_entry.h"

namespace trustlog::cli {

struct FetchedEntry {
  std::string entry;                     // TLE1 bytes
  std::optional<std::string> statement;  // payload; nullopt: withheld
  std::string tlog_proof;
  std::optional<follow::ConsistencyProof> consistency;
};

// `selector`: an index in decimal, or a statement id (64 hex digits, "sha256:" allowed). A usage error: neither.
absl::StatusOr<FetchedEntry> FetchEntry(Session& session, const std::string& selector);

// Verifies under the session's policy, against its saved checkpoint.
absl::StatusOr<follow::EntryReport> VerifyFetched(Session& session, const FetchedEntry& fetched);

// DIRECTORY/N.tlog-proof, N.tle and, with a statement, N.json (the envelope). The paths written.
absl::StatusOr<std::vector<std::string>> SaveEntry(const std::string& directory, std::uint64_t index, const FetchedEntry& fetched);
// "saved out/1042.tlog-proof out/1042.tle (entry) out/1042.json (envelope, what --statement reads)".
std::string DescribeSaved(const std::vector<std::string>& paths);

// As trustlog-proof-bundle/1.
std::string BundleOf(const FetchedEntry& fetched, std::uint64_t index);

}  // namespace trustlog::cli
