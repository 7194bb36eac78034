#include "server/store_fsck.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "merkle/compact_range.h"
#include "merkle/hash.h"
#include "merkle/integrate.h"
#include "merkle/tile.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/kind.h"
#include "proto/bytes/exit_code.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "storage/open_storage.h"

namespace trustlog::server {
namespace {

constexpr std::uint64_t kChunk = 256 * 16;  // whole bundles
constexpr int kMaxFindings = 20;

class Findings {
 public:
  void Add(std::uint64_t index, const std::string& what) {
    if (++count_ <= kMaxFindings) std::printf("FAILED  entry %llu: %s\n", static_cast<unsigned long long>(index), what.c_str());
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

// What of the records is compared with others.
struct Seen {
  std::set<storage::Id> ids;
  std::map<std::uint64_t, storage::Id> withheld;  // claims without a statement, by index
  std::map<storage::Id, std::uint64_t> notices;   // the last erasure notice that names this id
};

void CheckRecord(std::uint64_t index, const storage::Record& record, Seen& seen, Findings& findings) {
  const auto entry = attest::DecodeEntry(record.entry);
  if (!entry.ok()) return findings.Add(index, "does not decode: " + std::string(bytes::MessageOf(entry.status())));
  if (record.id.has_value() && *record.id != entry->statement_id) findings.Add(index, "the id index has another id");
  if (!record.companion.empty() && attest::StatementId(record.companion) != entry->statement_id) {
    findings.Add(index, "the statement does not hash to its id");
  }
  if (record.companion.empty()) {
    if (attest::IsWithholdable(entry->kind)) {
      seen.withheld.emplace(index, entry->statement_id);
    } else {
      findings.Add(index, "the statement is missing, and its kind is never withheld");
    }
  }
  if (entry->kind == attest::Kind::kErasureNotice) {
    for (const auto& ref : entry->refs) seen.notices[ref.id] = index;
  }
  if (!seen.ids.insert(entry->statement_id).second) findings.Add(index, "its statement id occurs twice");
}

// Whether a notice is in force is the registry's business, and a monitor's.
void CheckWithheld(const Seen& seen, Findings& findings) {
  for (const auto& [index, id] : seen.withheld) {
    const auto notice = seen.notices.find(id);
    if (notice == seen.notices.end() || notice->second < index)
      findings.Add(index, "the statement is missing without an erasure notice");
  }
}

// The stored tiles of one chunk's growth against the recomputed ones.
absl::Status CompareTiles(const storage::LogReader& store, const merkle::Growth& growth, Findings& findings) {
  for (const auto& tile : growth.tiles) {
    const auto stored = store.ReadTiles({&tile.id, 1});
    if (!stored.ok()) return stored.status();
    const auto& hashes = stored->front().hashes;
    const auto [mine, theirs] = std::mismatch(tile.hashes.begin(), tile.hashes.end(), hashes.begin(), hashes.end());
    if (mine == tile.hashes.end()) continue;
    std::uint64_t index = tile.id.index * merkle::kTileWidth + static_cast<std::uint64_t>(mine - tile.hashes.begin());
    for (unsigned level = 0; level < tile.id.level; ++level) index *= merkle::kTileWidth;
    findings.Add(index, "its hash differs from tile level " + std::to_string(tile.id.level));
  }
  return absl::OkStatus();
}

absl::Status CheckAll(const storage::LogReader& store, Findings& findings) {
  const auto head = store.IntegratedHead();
  if (!head.ok()) return head.status();
  merkle::TreeHead at;
  std::map<merkle::TileId, merkle::TileData> newest;  // by (level, index): the partial edge so far
  Seen seen;
  while (at.size < head->size) {
    const auto records = store.ReadRecords(at.size, std::min(head->size, at.size + kChunk));
    if (!records.ok()) return records.status();
    std::vector<merkle::ByteView> entries;
    for (std::size_t i = 0; i < records->size(); ++i) {
      CheckRecord(at.size + i, (*records)[i], seen, findings);
      entries.push_back(bytes::AsBytes((*records)[i].entry));
    }
    std::vector<merkle::Hash> leaves(entries.size());
    merkle::HashLeaves(entries, leaves);
    std::vector<merkle::TileData> edge;
    for (const auto& id : merkle::EdgeTiles(at.size)) edge.push_back(newest.at(id));
    auto growth = merkle::Integrate(at, edge, leaves);
    if (!growth.has_value()) return absl::InternalError("the recomputed tree does not integrate");
    if (auto status = CompareTiles(store, *growth, findings); !status.ok()) return status;
    newest.clear();
    for (auto& tile : edge) newest.insert_or_assign(tile.id, tile);
    for (auto& tile : growth->tiles) newest.insert_or_assign(tile.id, tile);
    at = growth->head;
    const auto historic = store.HistoricRoot(at.size);
    if (!historic.ok()) return historic.status();
    if (historic->has_value() && **historic != at.root)
      findings.Add(at.size - 1, "the root after it differs from the head history");
  }
  CheckWithheld(seen, findings);
  if (at.root != head->root) findings.Add(head->size, "the root of all entries is not the stored root");
  std::printf("%s   %llu entries, %d findings\n", findings.count() == 0 ? "CLEAN" : "FAILED",
              static_cast<unsigned long long>(head->size), findings.count());
  return absl::OkStatus();
}

struct Help {
  absl::StatusCode code;
  bytes::ExitCode exit;
  const char *word, *means, *remedy;
};

constexpr Help kHelp[] = {
    {absl::StatusCode::kNotFound, bytes::ExitCode::kNotFound, "NOT_FOUND", "There is nothing to check at this place.",
     "Check --storage: sqlite:PATH of the database."},
    {absl::StatusCode::kInvalidArgument, bytes::ExitCode::kUsage, "NOT_USABLE", "This is not a store that can be named.",
     "Check --storage: sqlite:PATH of the database."},
    {absl::StatusCode::kFailedPrecondition, bytes::ExitCode::kUsage, "NOT_USABLE",
     "The store was not read, so nothing is known of it.", "Stop the trustlogd that uses it, or correct what the message names."},
    {absl::StatusCode::kDataLoss, bytes::ExitCode::kVerificationFailed, "CORRUPTION", "What is stored contradicts itself.",
     "Keep a copy of it, and restore from a backup."},
    {absl::StatusCode::kUnknown, bytes::ExitCode::kOther, "UNEXPECTED", "The check did not come to its end, so it says nothing.",
     "Look at the disk and its file system, and check again."},
};

// What kept the check from its end, in the four parts of protocols.md K4.
int CannotCheck(const absl::Status& status) {
  const Help* const help =
      std::find_if(std::begin(kHelp), std::end(kHelp) - 1, [&status](const Help& row) { return row.code == status.code(); });
  std::fprintf(stderr, "ERROR   %s\n  means   %s\n  do      %s\n  code    %s (trustlog help errors/%s)\n",
               std::string(bytes::MessageOf(status)).c_str(), help->means, help->remedy, help->word, help->word);
  return static_cast<int>(help->exit);
}

}  // namespace

absl::StatusOr<int> CountFindings(const storage::LogReader& store) {
  Findings findings;
  if (auto status = CheckAll(store, findings); !status.ok()) return status;
  return findings.count();
}

int FsckStore(const std::string& storage_url) {
  const auto store = storage::OpenStorage(storage_url);
  if (!store.ok()) return CannotCheck(store.status());
  const auto findings = CountFindings((*store)->reader());
  if (!findings.ok()) return CannotCheck(findings.status());
  return *findings == 0 ? 0 : static_cast<int>(bytes::ExitCode::kVerificationFailed);
}

}  // namespace trustlog::server
