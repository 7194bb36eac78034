// One entry with everything that proves it: fetched by tiles (an index) or by GetProofBundle (a statement id, or where no url is
// set), or read from files; verified; saved as files. Single-threaded.
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
  std::optional<std::string> statement;  // payload, from a file also its envelope; nullopt: withheld, not given
  std::string tlog_proof;
  std::optional<follow::ConsistencyProof> consistency;
};

// `selector`: an index in decimal, or a statement id (64 hex digits, "sha256:" allowed). A usage error: neither.
absl::StatusOr<FetchedEntry> FetchEntry(Session& session, const std::string& selector);

// Opens no socket (K8). `proof_path`: a .tlog-proof, with --entry beside it, or a bundle. --statement replaces that of a bundle.
absl::StatusOr<FetchedEntry> ReadEntryFiles(const Session& session, const std::string& proof_path, const Arguments& arguments);
// The payload of an envelope; of anything else that same text.
std::string PayloadOf(std::string_view statement_or_envelope);

// Verifies under the session's policy, against its saved checkpoint. Opens no socket.
absl::StatusOr<follow::EntryReport> VerifyFetched(Session& session, const FetchedEntry& fetched,
                                                  std::optional<std::int64_t> max_age = std::nullopt);

// DIRECTORY/N.tlog-proof, N.tle and, with a statement, N.json (the envelope). The paths written.
absl::StatusOr<std::vector<std::string>> SaveEntry(const std::string& directory, std::uint64_t index, const FetchedEntry& fetched);
// "saved out/1042.tlog-proof out/1042.tle (entry) out/1042.json (envelope, what --statement reads)".
std::string DescribeSaved(const std::vector<std::string>& paths);

// As trustlog-proof-bundle/1.
std::string BundleOf(const FetchedEntry& fetched, std::uint64_t index);

}  // namespace trustlog::cli
