#include "client/follow/fsck.h"

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string_view>
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

constexpr std::uint64_t kBatchBundles = 16;   // read at a time; two such batches are held
constexpr std::size_t kMaxItem = 2 + 65'535;  // of a bundle

using Items = std::vector<std::string_view>;

// A bundle of entries with what belongs to it. nullopt: absent or malformed, and reported; of payloads also: not asked for.
struct Bundle {
  std::optional<Items> entries, payloads;
  std::optional<TileData> tile;

  // What the check finds.
  std::vector<Damage> damage{};
  std::optional<Hash> root{};                                   // of a full tile, as served
  std::vector<std::pair<std::uint64_t, attest::Id>> notices{};  // what they are about: index, statement id
  struct Withheld {
    std::uint64_t index = 0;
    attest::Id id{};  // of the statement
    bool is_withholdable = false;
  };
  std::vector<Withheld> withheld{};
};

struct Batch {
  std::vector<std::string> bodies;  // what the items are views of
  std::vector<Bundle> bundles;
  std::vector<Damage> damage;  // met while reading
};

// One run. Each step compares a level with the one below it as served. One thread reads ahead, one batch; the bundles of a batch are
// checked on all cores; what was found is taken over in their order, so a run says the same however many cores there are.
class Checker final {
 public:
  Checker(net::Fetcher& fetcher, const std::string& origin, const merkle::TreeHead& head, const FsckOptions& options)
      : fetcher_(fetcher), options_(options), context_{.origin = origin, .type_base = "", .urn_prefix = ""} {
    result_.head = head;
  }

  absl::StatusOr<FsckResult> Run();

 private:
  // Bodies of some requests. nullopt: absent or too long, and noted.
  using Bodies = std::vector<std::optional<std::string>>;

  absl::StatusOr<Bodies> Read(const std::vector<net::GetRequest>& requests, const std::vector<std::uint64_t>& first_entries,
                              std::vector<Damage>& damage) const;
  absl::StatusOr<std::vector<std::optional<Items>>> ReadBundles(tlog::BundleKind kind, std::uint64_t begin, std::uint64_t end,
                                                                Batch& batch) const;
  absl::StatusOr<std::vector<std::optional<TileData>>> ReadTiles(std::uint8_t level, std::uint64_t begin, std::uint64_t end,
                                                                 std::vector<Damage>& damage) const;
  absl::StatusOr<Batch> ReadBatch(std::uint64_t begin, std::uint64_t end) const;

  absl::Status ReadGenesis();
  void CheckBundle(std::uint64_t number, Bundle& bundle) const;
  void CheckLeaves(const TileId& id, Bundle& bundle) const;
  void CheckStatements(std::uint64_t first, Bundle& bundle) const;
  absl::Status CheckBundles();
  void CheckBatch(std::uint64_t begin, Batch batch);
  absl::Status CheckLevel(std::uint8_t level, std::vector<std::optional<Hash>>& nodes);
  void CheckRoot();
  void CheckWithheld();

  void KeepServed(const TileId& id, std::optional<TileData> tile, std::optional<Hash> root,
                  std::vector<std::optional<Hash>>& above);
  void Report(Damage damage);
  void Report(std::vector<Damage> damage) {
    for (Damage& one : damage) Report(std::move(one));
  }
  void Report(std::uint64_t index, std::string path, std::string what) { Report(Damage{index, std::move(path), std::move(what)}); }
  std::uint64_t size() const { return result_.head.size; }

  net::Fetcher& fetcher_;
  const FsckOptions& options_;
  Workers workers_;
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

void Checker::Report(Damage damage) {
  ++result_.damage_count;
  if (result_.damage.size() < options_.max_damage) result_.damage.push_back(std::move(damage));
}

absl::StatusOr<Checker::Bodies> Checker::Read(const std::vector<net::GetRequest>& requests,
                                              const std::vector<std::uint64_t>& first_entries, std::vector<Damage>& damage) const {
  auto answers = fetcher_.GetMany(requests);
  Bodies bodies(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      bodies[i] = *std::move(answers[i]);
    } else if (absl::IsNotFound(answers[i].status()) || absl::IsDataLoss(answers[i].status())) {
      damage.push_back(
          {first_entries[i], requests[i].path, absl::IsNotFound(answers[i].status()) ? "is not there" : "is too long"});
    } else {
      return answers[i].status();
    }
  }
  return bodies;
}

// The items are views of batch.bodies.   REQUIRES: that has room for one more each without moving.
absl::StatusOr<std::vector<std::optional<Items>>> Checker::ReadBundles(tlog::BundleKind kind, std::uint64_t begin,
                                                                       std::uint64_t end, Batch& batch) const {
  std::vector<net::GetRequest> requests;
  std::vector<std::uint64_t> first_entries;
  std::vector<std::uint16_t> widths;
  for (std::uint64_t i = begin; i < end; ++i) {
    const auto id = tlog::BundleAtSize(kind, i, size());
    requests.push_back({tlog::BundlePath(*id), id->width * kMaxItem});
    first_entries.push_back(i * merkle::kTileWidth);
    widths.push_back(id->width);
  }
  auto bodies = Read(requests, first_entries, batch.damage);
  if (!bodies.ok()) return bodies.status();
  std::vector<std::optional<Items>> bundles(bodies->size());
  for (std::size_t i = 0; i < bodies->size(); ++i) {
    if (!(*bodies)[i]) continue;
    batch.bodies.push_back(*std::move((*bodies)[i]));
    bundles[i] = tlog::ParseBundle(batch.bodies.back(), widths[i]);
    if (!bundles[i])
      batch.damage.push_back({first_entries[i], requests[i].path, fmt::format("is not a bundle of {} items", widths[i])});
  }
  return bundles;
}

absl::StatusOr<std::vector<std::optional<TileData>>> Checker::ReadTiles(std::uint8_t level, std::uint64_t begin, std::uint64_t end,
                                                                        std::vector<Damage>& damage) const {
  std::vector<net::GetRequest> requests;
  std::vector<std::uint64_t> first_entries;
  std::vector<TileId> ids;
  for (std::uint64_t i = begin; i < end; ++i) {
    ids.push_back(*merkle::TileAtSize(level, i, size()));
    requests.push_back({tlog::TilePath(ids.back()), ids.back().width * sizeof(Hash)});
    first_entries.push_back(i * merkle::kTileWidth * Leaves(level));
  }
  auto bodies = Read(requests, first_entries, damage);
  if (!bodies.ok()) return bodies.status();
  std::vector<std::optional<TileData>> tiles(bodies->size());
  for (std::size_t i = 0; i < bodies->size(); ++i) {
    if (!(*bodies)[i]) continue;
    if (auto hashes = tlog::ParseTile(*(*bodies)[i], ids[i].width)) {
      tiles[i] = TileData{ids[i], *std::move(hashes)};
    } else {
      damage.push_back(
          {first_entries[i], requests[i].path, fmt::format("has {} bytes, not {}", (*bodies)[i]->size(), requests[i].max_bytes)});
    }
  }
  return tiles;
}

absl::StatusOr<Batch> Checker::ReadBatch(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t first = std::clamp(options_.from / merkle::kTileWidth, begin, end);  // whose statements are asked for
  Batch batch;
  batch.bodies.reserve(2 * (end - begin));
  auto entries = ReadBundles(tlog::BundleKind::kEntries, begin, end, batch);
  if (!entries.ok()) return entries.status();
  auto tiles = ReadTiles(0, begin, end, batch.damage);
  if (!tiles.ok()) return tiles.status();
  auto payloads = ReadBundles(tlog::BundleKind::kStatements, first, end, batch);
  if (!payloads.ok()) return payloads.status();
  for (std::uint64_t i = begin; i < end; ++i) {
    batch.bundles.push_back({std::move((*entries)[i - begin]), i < first ? std::nullopt : std::move((*payloads)[i - first]),
                             std::move((*tiles)[i - begin])});
  }
  return batch;
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
void Checker::KeepServed(const TileId& id, std::optional<TileData> tile, std::optional<Hash> root,
                         std::vector<std::optional<Hash>>& above) {
  if (id.width < merkle::kTileWidth) {
    if (tile) edge_.push_back(*std::move(tile));
  } else {
    above.push_back(root);
  }
}

void Checker::CheckLeaves(const TileId& id, Bundle& bundle) const {
  if (!bundle.entries) return;
  std::vector<merkle::ByteView> views;
  views.reserve(bundle.entries->size());
  for (const std::string_view entry : *bundle.entries) views.push_back(bytes::AsBytes(entry));
  std::vector<Hash> leaves(views.size());
  merkle::HashLeaves(views, leaves);
  if (!bundle.tile) {
    bundle.tile = TileData{id, std::move(leaves)};  // so that the levels above are still checked
    return;
  }
  const std::vector<Hash>& served = bundle.tile->hashes;
  if (leaves == served) return;
  const std::uint64_t first = id.index * merkle::kTileWidth;
  const std::string path = tlog::BundlePath({tlog::BundleKind::kEntries, id.index, id.width});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i] == served[i]) continue;
    bundle.damage.push_back({first + i, path,
                             fmt::format("entry {} hashes to {}, {} has {}", first + i, bytes::EncodeHex(leaves[i]),
                                         tlog::TilePath(id), bytes::EncodeHex(served[i]))});
  }
}

void Checker::CheckStatements(std::uint64_t first, Bundle& bundle) const {
  const std::uint64_t number = first / merkle::kTileWidth;
  const auto path = [&](tlog::BundleKind kind) { return tlog::BundlePath(*tlog::BundleAtSize(kind, number, size())); };
  const attest::LogContext before_genesis{.origin = context_.origin, .type_base = "", .urn_prefix = ""};  // it brings its own
  for (std::size_t i = 0; i < bundle.entries->size(); ++i) {
    const std::uint64_t index = first + i;
    const std::string_view payload = (*bundle.payloads)[i];
    if (index < options_.from) continue;
    const auto entry = attest::DecodeEntry((*bundle.entries)[i]);
    if (!entry.ok()) {
      bundle.damage.push_back({index, path(tlog::BundleKind::kEntries),
                               fmt::format("entry {} does not decode: {}", index, bytes::MessageOf(entry.status()))});
      continue;
    }
    if (payload.empty()) {
      bundle.withheld.push_back({index, entry->statement_id, attest::IsWithholdable(entry->kind)});
      continue;
    }
    const auto statement = CheckStatement(*entry, payload, index == 0 ? before_genesis : context_);
    if (!statement.ok()) {
      bundle.damage.push_back({index, path(tlog::BundleKind::kStatements),
                               fmt::format("statement {} {}", index, bytes::MessageOf(statement.status()))});
    } else if (const auto* notice = std::get_if<attest::ErasureNotice>(&statement->predicate)) {
      bundle.notices.emplace_back(notice->index, notice->target);
    }
  }
}

// Of one bundle, whatever the others are. Safe on several threads for different ones.
void Checker::CheckBundle(std::uint64_t number, Bundle& bundle) const {
  CheckLeaves(*merkle::TileAtSize(0, number, size()), bundle);
  if (bundle.entries && bundle.payloads) CheckStatements(number * merkle::kTileWidth, bundle);
  if (bundle.tile && bundle.tile->id.width == merkle::kTileWidth) bundle.root = RootOfFull(*bundle.tile);
}

void Checker::CheckBatch(std::uint64_t begin, Batch batch) {
  workers_.For(batch.bundles.size(), 1, [&](std::size_t i) { CheckBundle(begin + i, batch.bundles[i]); });
  Report(std::move(batch.damage));
  for (std::size_t i = 0; i < batch.bundles.size(); ++i) {
    Bundle& bundle = batch.bundles[i];
    Report(std::move(bundle.damage));
    notices_.insert(bundle.notices.begin(), bundle.notices.end());
    for (const auto& [index, id, is_withholdable] : bundle.withheld) withheld_[index] = {id, is_withholdable};
    if (bundle.entries) result_.entries += bundle.entries->size();
    const bool asked = (begin + i) >= options_.from / merkle::kTileWidth;
    result_.bundles += asked ? 2 : 1;
    ++result_.tiles;
    KeepServed(*merkle::TileAtSize(0, begin + i, size()), std::move(bundle.tile), bundle.root, nodes_);
  }
}

// Each batch is read while the one before it is checked.
absl::Status Checker::CheckBundles() {
  const std::uint64_t bundles = size() / merkle::kTileWidth + (size() % merkle::kTileWidth != 0 ? 1 : 0);
  const auto end_of = [bundles](std::uint64_t begin) { return std::min(begin + kBatchBundles, bundles); };
  const auto read = [this, &end_of](std::uint64_t begin) {
    return std::async(std::launch::async, [this, begin, end = end_of(begin)] { return ReadBatch(begin, end); });
  };
  std::future<absl::StatusOr<Batch>> ahead;  // its end waits for the thread
  if (bundles > 0) ahead = read(0);
  for (std::uint64_t begin = 0; begin < bundles; begin = end_of(begin)) {
    auto batch = ahead.get();
    if (!batch.ok()) return batch.status();
    const std::uint64_t end = end_of(begin);
    if (end < bundles) ahead = read(end);
    CheckBatch(begin, *std::move(batch));
    if (options_.progress && !options_.progress(std::min(end * merkle::kTileWidth, size()), size()))
      return absl::UnavailableError("stopped");
  }
  return absl::OkStatus();
}

// `nodes` in: what the level below gives; out: what this level gives, as served.
absl::Status Checker::CheckLevel(std::uint8_t level, std::vector<std::optional<Hash>>& nodes) {
  std::vector<std::optional<Hash>> above;
  const std::uint64_t count = (nodes.size() + merkle::kTileWidth - 1) / merkle::kTileWidth;
  for (std::uint64_t begin = 0; begin < count; begin += kBatchBundles) {
    std::vector<Damage> damage;
    auto tiles = ReadTiles(level, begin, std::min(begin + kBatchBundles, count), damage);
    if (!tiles.ok()) return tiles.status();
    Report(std::move(damage));
    result_.tiles += tiles->size();
    for (std::size_t t = 0; t < tiles->size(); ++t) {
      auto& tile = (*tiles)[t];
      const std::uint64_t first = (begin + t) * merkle::kTileWidth;
      for (std::size_t i = 0; tile && i < tile->hashes.size(); ++i) {
        if (!nodes[first + i] || *nodes[first + i] == tile->hashes[i]) continue;
        Report((first + i) * Leaves(level), tlog::TilePath(tile->id),
               fmt::format("node {} is {}, the level below gives {}", i, bytes::EncodeHex(tile->hashes[i]),
                           bytes::EncodeHex(*nodes[first + i])));
      }
      const auto root = tile ? RootOfFull(*tile) : std::nullopt;
      KeepServed(*merkle::TileAtSize(level, begin + t, size()), std::move(tile), root, above);
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
  if (auto status = CheckBundles(); !status.ok()) return status;
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
