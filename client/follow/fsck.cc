#include "client/follow/fsck.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "client/follow/parallel.h"
#include "client/follow/statement_check.h"
#include "fmt/format.h"
#include "merkle/compact_range.h"
#include "merkle/integrate.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/tile_path.h"

namespace trustlog::follow {
namespace {

using merkle::Hash;
using merkle::TileData;
using merkle::TileId;

constexpr std::uint64_t kBatchBundles = 16;   // read and held at a time
constexpr std::size_t kMaxItem = 2 + 65'535;  // of a bundle

// One run. Each step compares a level with the one below it as served.
class Checker final {
 public:
  Checker(net::Fetcher& fetcher, const std::string& origin, const merkle::TreeHead& head, const FsckOptions& options)
      : fetcher_(fetcher), options_(options), context_{.origin = origin, .type_base = "", .urn_prefix = ""} {
    result_.head = head;
  }

  absl::StatusOr<FsckResult> Run();

 private:
  // Bodies of one batch. nullopt: absent or too long, and reported.
  using Bodies = std::vector<std::optional<std::string>>;

  absl::StatusOr<Bodies> Read(const std::vector<net::GetRequest>& requests, const std::vector<std::uint64_t>& first_entries);
  absl::StatusOr<std::vector<std::optional<std::vector<std::string>>>> ReadBundles(tlog::BundleKind kind, std::uint64_t begin,
                                                                                   std::uint64_t end);
  absl::StatusOr<std::vector<std::optional<TileData>>> ReadTiles(std::uint8_t level, std::uint64_t begin, std::uint64_t end);

  absl::Status ReadGenesis();
  absl::Status CheckBatch(std::uint64_t begin, std::uint64_t end);
  void CheckLeaves(const TileId& id, const std::optional<std::vector<std::string>>& entries, std::optional<TileData>& tile);
  void CheckStatements(std::uint64_t first, const std::vector<std::string>& entries, const std::vector<std::string>& payloads);
  absl::Status CheckLevel(std::uint8_t level, std::vector<std::optional<Hash>>& nodes);
  void CheckRoot();
  void CheckWithheld();

  void KeepServed(const TileId& id, std::optional<TileData> tile, std::vector<std::optional<Hash>>& above);
  void Report(std::uint64_t index, std::string path, std::string what);
  std::uint64_t size() const { return result_.head.size; }

  net::Fetcher& fetcher_;
  const FsckOptions& options_;
  attest::LogContext context_;
  FsckResult result_;
  std::vector<std::optional<Hash>> nodes_;                         // of tile level 1: the roots of full level 0 tiles as served
  std::vector<TileData> edge_;                                     // partial tiles as served, ascending by level
  std::map<std::uint64_t, std::pair<attest::Id, bool>> withheld_;  // index -> statement id, whether its kind may be withheld
  std::set<std::pair<std::uint64_t, attest::Id>> notices_;         // what erasure notices are about: index, statement id
};

std::uint64_t Leaves(std::uint8_t level) {
  return std::uint64_t{1} << (merkle::kTileHeight * level);
}  // below a node of the tile level

std::optional<Hash> RootOfFull(const TileData& tile) {
  return merkle::NodeInTile(tile, {static_cast<std::uint8_t>(merkle::kTileHeight * (tile.id.level + 1)), tile.id.index});
}

void Checker::Report(std::uint64_t index, std::string path, std::string what) {
  ++result_.damage_count;
  if (result_.damage.size() < options_.max_damage) result_.damage.push_back({index, std::move(path), std::move(what)});
}

absl::StatusOr<Checker::Bodies> Checker::Read(const std::vector<net::GetRequest>& requests,
                                              const std::vector<std::uint64_t>& first_entries) {
  auto answers = fetcher_.GetMany(requests);
  Bodies bodies(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      bodies[i] = *std::move(answers[i]);
    } else if (absl::IsNotFound(answers[i].status()) || absl::IsDataLoss(answers[i].status())) {
      Report(first_entries[i], requests[i].path, absl::IsNotFound(answers[i].status()) ? "is not there" : "is too long");
    } else {
      return answers[i].status();
    }
  }
  return bodies;
}

absl::StatusOr<std::vector<std::optional<std::vector<std::string>>>> Checker::ReadBundles(tlog::BundleKind kind,
                                                                                          std::uint64_t begin, std::uint64_t end) {
  std::vector<net::GetRequest> requests;
  std::vector<std::uint64_t> first_entries;
  std::vector<std::uint16_t> widths;
  for (std::uint64_t i = begin; i < end; ++i) {
    const auto id = tlog::BundleAtSize(kind, i, size());
    requests.push_back({tlog::BundlePath(*id), id->width * kMaxItem});
    first_entries.push_back(i * merkle::kTileWidth);
    widths.push_back(id->width);
  }
  auto bodies = Read(requests, first_entries);
  if (!bodies.ok()) return bodies.status();
  std::vector<std::optional<std::vector<std::string>>> bundles(bodies->size());
  for (std::size_t i = 0; i < bodies->size(); ++i) {
    ++result_.bundles;
    if (!(*bodies)[i]) continue;
    if (const auto items = tlog::ParseBundle(*(*bodies)[i], widths[i])) {
      bundles[i].emplace(items->begin(), items->end());
    } else {
      Report(first_entries[i], requests[i].path, fmt::format("is not a bundle of {} items", widths[i]));
    }
  }
  return bundles;
}

absl::StatusOr<std::vector<std::optional<TileData>>> Checker::ReadTiles(std::uint8_t level, std::uint64_t begin,
                                                                        std::uint64_t end) {
  std::vector<net::GetRequest> requests;
  std::vector<std::uint64_t> first_entries;
  std::vector<TileId> ids;
  for (std::uint64_t i = begin; i < end; ++i) {
    ids.push_back(*merkle::TileAtSize(level, i, size()));
    requests.push_back({tlog::TilePath(ids.back()), ids.back().width * sizeof(Hash)});
    first_entries.push_back(i * merkle::kTileWidth * Leaves(level));
  }
  auto bodies = Read(requests, first_entries);
  if (!bodies.ok()) return bodies.status();
  std::vector<std::optional<TileData>> tiles(bodies->size());
  for (std::size_t i = 0; i < bodies->size(); ++i) {
    ++result_.tiles;
    if (!(*bodies)[i]) continue;
    if (auto hashes = tlog::ParseTile(*(*bodies)[i], ids[i].width)) {
      tiles[i] = TileData{ids[i], *std::move(hashes)};
    } else {
      Report(first_entries[i], requests[i].path, fmt::format("has {} bytes, not {}", (*bodies)[i]->size(), requests[i].max_bytes));
    }
  }
  return tiles;
}

// What the statements need to know of the log. A genesis record that cannot be read is reported where it stands, in the first
// batch.
absl::Status Checker::ReadGenesis() {
  const auto id = tlog::BundleAtSize(tlog::BundleKind::kStatements, 0, size());
  if (!id) return absl::OkStatus();
  const auto body = fetcher_.Get(tlog::BundlePath(*id), id->width * kMaxItem);
  if (!body.ok()) return absl::IsNotFound(body.status()) || absl::IsDataLoss(body.status()) ? absl::OkStatus() : body.status();
  const auto items = tlog::ParseBundle(*body, id->width);
  if (!items) return absl::OkStatus();
  const auto statement = attest::ParseStatement(items->front(), context_);
  if (!statement.ok()) return absl::OkStatus();
  if (const auto* genesis = std::get_if<attest::Genesis>(&statement->predicate)) {
    context_.type_base = genesis->type_base;
    context_.urn_prefix = genesis->urn_prefix;
  }
  return absl::OkStatus();
}

// The root of a full tile as served stands for it in the level above; a tile that is not there leaves a gap, which is reported
// once.
void Checker::KeepServed(const TileId& id, std::optional<TileData> tile, std::vector<std::optional<Hash>>& above) {
  if (id.width < merkle::kTileWidth) {
    if (tile) edge_.push_back(*std::move(tile));
  } else {
    above.push_back(tile ? RootOfFull(*tile) : std::nullopt);
  }
}

void Checker::CheckLeaves(const TileId& id, const std::optional<std::vector<std::string>>& entries, std::optional<TileData>& tile) {
  if (!entries) return;
  std::vector<merkle::ByteView> views;
  for (const std::string& entry : *entries) views.push_back(bytes::AsBytes(entry));
  std::vector<Hash> leaves(views.size());
  merkle::HashLeaves(views, leaves);
  if (!tile) {
    tile = TileData{id, std::move(leaves)};  // so that the levels above are still checked
    return;
  }
  const std::uint64_t first = id.index * merkle::kTileWidth;
  const std::string path = tlog::BundlePath({tlog::BundleKind::kEntries, id.index, id.width});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i] == tile->hashes[i]) continue;
    Report(first + i, path,
           fmt::format("entry {} hashes to {}, {} has {}", first + i, bytes::EncodeHex(leaves[i]), tlog::TilePath(id),
                       bytes::EncodeHex(tile->hashes[i])));
  }
}

void Checker::CheckStatements(std::uint64_t first, const std::vector<std::string>& entries,
                              const std::vector<std::string>& payloads) {
  std::vector<absl::StatusOr<attest::Entry>> decoded(entries.size(), absl::UnknownError(""));
  std::vector<absl::Status> checked(entries.size());
  std::vector<std::optional<attest::ErasureNotice>> notices(entries.size());
  ParallelFor(entries.size(), [&](std::size_t i) {
    if (first + i < options_.from) return;
    decoded[i] = attest::DecodeEntry(entries[i]);
    if (!decoded[i].ok() || payloads[i].empty()) return;
    attest::LogContext context = context_;
    if (first + i == 0) context.type_base = context.urn_prefix = "";  // genesis brings its own
    const auto statement = CheckStatement(*decoded[i], payloads[i], context);
    checked[i] = statement.status();
    if (!statement.ok()) return;
    if (const auto* notice = std::get_if<attest::ErasureNotice>(&statement->predicate)) notices[i] = *notice;
  });
  const std::uint64_t bundle = first / merkle::kTileWidth;
  const auto path = [&](tlog::BundleKind kind) { return tlog::BundlePath(*tlog::BundleAtSize(kind, bundle, size())); };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t index = first + i;
    if (index < options_.from) continue;
    if (!decoded[i].ok()) {
      Report(index, path(tlog::BundleKind::kEntries),
             fmt::format("entry {} does not decode: {}", index, bytes::MessageOf(decoded[i].status())));
      continue;
    }
    const attest::Entry& entry = *decoded[i];
    if (notices[i]) notices_.insert({notices[i]->index, notices[i]->target});
    if (payloads[i].empty()) withheld_[index] = {entry.statement_id, attest::IsWithholdable(entry.kind)};
    if (!checked[i].ok()) {
      Report(index, path(tlog::BundleKind::kStatements), fmt::format("statement {} {}", index, bytes::MessageOf(checked[i])));
    }
  }
}

absl::Status Checker::CheckBatch(std::uint64_t begin, std::uint64_t end) {
  static const std::optional<std::vector<std::string>> kNotAsked;
  const auto entries = ReadBundles(tlog::BundleKind::kEntries, begin, end);
  if (!entries.ok()) return entries.status();
  auto tiles = ReadTiles(0, begin, end);
  if (!tiles.ok()) return tiles.status();
  const std::uint64_t first = std::clamp(options_.from / merkle::kTileWidth, begin, end);  // whose statements are asked for
  const auto statements = ReadBundles(tlog::BundleKind::kStatements, first, end);
  if (!statements.ok()) return statements.status();
  for (std::uint64_t i = begin; i < end; ++i) {
    const auto& some = (*entries)[i - begin];
    auto& tile = (*tiles)[i - begin];
    const TileId id = *merkle::TileAtSize(0, i, size());
    CheckLeaves(id, some, tile);
    const auto& payloads = i < first ? kNotAsked : (*statements)[i - first];
    if (some && payloads) CheckStatements(i * merkle::kTileWidth, *some, *payloads);
    if (some) result_.entries += some->size();
    KeepServed(id, std::move(tile), nodes_);
  }
  return absl::OkStatus();
}

// `nodes` in: what the level below gives; out: what this level gives, as served.
absl::Status Checker::CheckLevel(std::uint8_t level, std::vector<std::optional<Hash>>& nodes) {
  std::vector<std::optional<Hash>> above;
  const std::uint64_t count = (nodes.size() + merkle::kTileWidth - 1) / merkle::kTileWidth;
  for (std::uint64_t begin = 0; begin < count; begin += kBatchBundles) {
    auto tiles = ReadTiles(level, begin, std::min(begin + kBatchBundles, count));
    if (!tiles.ok()) return tiles.status();
    for (std::size_t t = 0; t < tiles->size(); ++t) {
      auto& tile = (*tiles)[t];
      const std::uint64_t first = (begin + t) * merkle::kTileWidth;
      for (std::size_t i = 0; tile && i < tile->hashes.size(); ++i) {
        if (!nodes[first + i] || *nodes[first + i] == tile->hashes[i]) continue;
        Report((first + i) * Leaves(level), tlog::TilePath(tile->id),
               fmt::format("node {} is {}, the level below gives {}", i, bytes::EncodeHex(tile->hashes[i]),
                           bytes::EncodeHex(*nodes[first + i])));
      }
      KeepServed(*merkle::TileAtSize(level, begin + t, size()), std::move(tile), above);
    }
  }
  nodes = std::move(above);
  return absl::OkStatus();
}

void Checker::CheckRoot() {
  const auto hashes = merkle::EdgeRange(size(), edge_);
  const auto range = hashes ? merkle::CompactRange::FromHashes(size(), *hashes) : std::nullopt;
  if (!range) {
    Report(0, "checkpoint", "the root cannot be recomputed: tiles at the right edge are missing");
  } else if (range->Root() != result_.head.root) {
    Report(0, "checkpoint",
           fmt::format("the tiles have the root {}, the checkpoint {}", bytes::EncodeHex(range->Root()),
                       bytes::EncodeHex(result_.head.root)));
  }
}

void Checker::CheckWithheld() {
  for (const auto& [index, record] : withheld_) {
    const bool allowed = record.second && notices_.contains({index, record.first});
    if (allowed) {
      ++result_.withheld;
    } else {
      const auto id = tlog::BundleAtSize(tlog::BundleKind::kStatements, index / merkle::kTileWidth, size());
      Report(index, tlog::BundlePath(*id),
             fmt::format("statement {} is missing, {}", index,
                         record.second ? "without an erasure notice" : "and its kind is never withheld"));
    }
  }
}

absl::StatusOr<FsckResult> Checker::Run() {
  if (auto status = ReadGenesis(); !status.ok()) return status;
  const std::uint64_t bundles = size() / merkle::kTileWidth + (size() % merkle::kTileWidth != 0 ? 1 : 0);
  for (std::uint64_t begin = 0; begin < bundles; begin += kBatchBundles) {
    const std::uint64_t end = std::min(begin + kBatchBundles, bundles);
    if (auto status = CheckBatch(begin, end); !status.ok()) return status;
    if (options_.progress && !options_.progress(std::min(end * merkle::kTileWidth, size()), size()))
      return absl::UnavailableError("stopped");
  }
  std::vector<std::optional<Hash>> nodes = std::move(nodes_);
  for (std::uint8_t level = 1; !nodes.empty(); ++level) {
    if (auto status = CheckLevel(level, nodes); !status.ok()) return status;
  }
  CheckRoot();
  CheckWithheld();
  std::sort(result_.damage.begin(), result_.damage.end(),
            [](const Damage& a, const Damage& b) { return std::tie(a.index, a.path, a.what) < std::tie(b.index, b.path, b.what); });
  return std::move(result_);
}

}  // namespace

absl::StatusOr<FsckResult> Fsck(net::Fetcher& fetcher, const std::string& origin, const merkle::TreeHead& head,
                                const FsckOptions& options) {
  return Checker(fetcher, origin, head, options).Run();
}

}  // namespace trustlog::follow
