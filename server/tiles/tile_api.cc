#include "server/tiles/tile_api.h"

#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <map>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "merkle/hash.h"
#include "merkle/tile.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/tile_path.h"
#include "server/runtime/mutex.h"

namespace trustlog::tiles {
namespace {

using http::HttpReply;

constexpr std::string_view kBytes = "application/octet-stream";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::string_view kPartial = "public, max-age=604800";
constexpr std::string_view kRevalidated = "public, max-age=300, must-revalidate";
constexpr int kGzipWindow = 15 + 16;  // zlib: gzip framing

// H3: quoted first 32 hex digits of SHA-256 of the identity body.
std::string Tag(std::string_view body, std::string_view suffix) {
  return "\"" + bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(body))).substr(0, 32) + std::string(suffix) + "\"";
}

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool IsToken(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); });
}

// RFC 9110 section 12.5.3: "gzip" is named and its weight is not zero. "*" asks for nothing in particular: identity serves it.
bool TakesGzip(std::string_view accept) {
  while (!accept.empty()) {
    const auto coding = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), coding.size() + 1));
    const auto name = coding.substr(0, coding.find(';'));
    if (!IsToken(Trim(name), "gzip")) continue;
    const auto weight = Trim(coding.substr(std::min(coding.size(), name.size() + 1)));
    return weight.empty() || (IsToken(weight.substr(0, 2), "q=") && weight.find_first_of("123456789") != std::string_view::npos);
  }
  return false;
}

std::string Gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string packed(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(body.data()));  // zlib's old interface: it only reads
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return whole ? packed : std::string();
}

HttpReply BytesReply(std::string body, std::string_view cache_control, std::string_view route) {
  HttpReply reply;
  reply.content_type = kBytes;
  reply.cache_control = cache_control;
  reply.etag = Tag(body, "");
  reply.body = std::make_shared<const std::string>(std::move(body));
  reply.route = route;
  return reply;
}

HttpReply Failure(const absl::Status& status, std::string_view route) {
  HttpReply reply = absl::IsOutOfRange(status) || absl::IsNotFound(status) ? http::TextReply(404, "not found")
                    : absl::IsUnavailable(status) ? http::TextReply(503, "storage is not reachable; try again")
                                                  : http::TextReply(500, "internal error");
  if (reply.status == 503) reply.headers.emplace_back("Retry-After", "1");
  reply.route = route;
  return reply;
}

HttpReply Busy() {
  auto reply = http::TextReply(503, "too many reads are under way");
  reply.headers.emplace_back("Retry-After", "1");
  reply.route = "/tile/";
  return reply;
}

HttpReply ReadTile(const merkle::TileId& id, const storage::LogReader& reader) {
  constexpr std::string_view kRoute = "/tile/<L>/<N>";
  const auto tiles = reader.ReadTiles({&id, 1});
  if (!tiles.ok()) return Failure(tiles.status(), kRoute);
  return BytesReply(tlog::FormatTile(tiles->front().hashes), id.width == merkle::kTileWidth ? kImmutable : kPartial, kRoute);
}

HttpReply ReadBundle(const tlog::BundleId& id, const storage::LogReader& reader, bool gzip) {
  const bool entries = id.kind == tlog::BundleKind::kEntries;
  const std::string_view route = entries ? "/tile/entries/<N>" : "/tile/statements/<N>";
  auto bundle = reader.ReadBundle(entries ? storage::Half::kEntry : storage::Half::kCompanion, id.index, id.width);
  if (!bundle.ok()) return Failure(bundle.status(), route);
  const std::string_view cache_control = !entries ? kRevalidated : id.width == merkle::kTileWidth ? kImmutable : kPartial;
  auto reply = BytesReply(*std::move(bundle), cache_control, route);
  if (gzip) {
    if (auto packed = Gzip(*reply.body); !packed.empty()) {
      reply.etag = Tag(*reply.body, "-gz");
      reply.body = std::make_shared<const std::string>(std::move(packed));
      reply.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  return reply;
}

// Whether a published tree of `size` leaves holds it: floor(size / 256^level) nodes at a tile level.
bool Covers(std::uint64_t size, std::uint8_t level, std::uint64_t index, std::uint16_t width) {
  const auto nodes = merkle::NodesAtTileLevel(level, size);
  return index <= nodes / merkle::kTileWidth && index * merkle::kTileWidth + width <= nodes;
}

}  // namespace

// Replies that never change, ready to send: full hash tiles and full entry bundles, plain and compressed; least recently used out
// first. (A statement bundle changes when a statement is withheld.)
class TileApi::Cache {
 public:
  // Which file in which form; a bundle has the level kEntries.
  struct Key {
    std::uint8_t level;
    std::uint64_t index;
    bool gzip;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  static constexpr std::uint8_t kEntries = 0xFF;

  explicit Cache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  static std::optional<Key> KeyOf(const merkle::TileId& id) {
    return id.width == merkle::kTileWidth ? std::optional<Key>({id.level, id.index, false}) : std::nullopt;
  }
  static std::optional<Key> KeyOf(const tlog::BundleId& id, bool gzip) {
    const bool is_final = id.width == merkle::kTileWidth && id.kind == tlog::BundleKind::kEntries;
    return is_final ? std::optional<Key>({kEntries, id.index, gzip}) : std::nullopt;
  }

  std::optional<HttpReply> Find(const std::optional<Key>& key) {
    if (!key.has_value()) return std::nullopt;
    const runtime::MutexLock lock(mutex_);
    const auto it = by_key_.find(*key);
    if (it == by_key_.end()) return std::nullopt;
    recent_.splice(recent_.begin(), recent_, it->second);
    return it->second->second;
  }
  void Add(const std::optional<Key>& key, const HttpReply& reply) {
    if (!key.has_value() || reply.status != 200) return;
    const runtime::MutexLock lock(mutex_);
    if (by_key_.contains(*key)) return;
    recent_.emplace_front(*key, reply);
    by_key_.emplace(*key, recent_.begin());
    bytes_ += CostOf(reply);
    while (bytes_ > max_bytes_) {
      bytes_ -= CostOf(recent_.back().second);
      by_key_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }

 private:
  static constexpr std::size_t kOverhead = 512;  // of a reply's strings and of its places in here
  static std::size_t CostOf(const HttpReply& reply) { return reply.body->size() + kOverhead; }

  using List = std::list<std::pair<Key, HttpReply>>;
  const std::size_t max_bytes_;
  runtime::Mutex mutex_;
  std::size_t bytes_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  List recent_ TRUSTLOG_GUARDED_BY(mutex_);
  std::map<Key, List::iterator> by_key_ TRUSTLOG_GUARDED_BY(mutex_);
};

// Bundles on their way. A bundle of 256 statements can have 8 MiB and cost a tenth of a second to compress: who asks for one that is
// being read joins that read, and the bytes of all bodies alive are counted.
class TileApi::Bundles {
 public:
  using Key = std::pair<tlog::BundleId, bool>;  // gzip

  explicit Bundles(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  bool HasRoom() const { return *held_ <= max_bytes_; }
  // True: the caller reads, and ends with Finish.
  bool Join(const Key& key, http::Respond respond) {
    const runtime::MutexLock lock(mutex_);
    auto& waiting = reading_[key];
    waiting.push_back(std::move(respond));
    return waiting.size() == 1;
  }
  void Finish(const Key& key, const HttpReply& reply) {
    std::vector<http::Respond> waiting;
    {
      const runtime::MutexLock lock(mutex_);
      const auto it = reading_.find(key);
      waiting = std::move(it->second);
      reading_.erase(it);
    }
    for (const auto& respond : waiting) respond(reply);
  }
  // The same body, counted until the last reply that holds it is gone.
  std::shared_ptr<const std::string> Count(std::shared_ptr<const std::string> body) const {
    *held_ += body->size();
    const auto* text = body.get();
    return {text, [held = held_, body = std::move(body)](const std::string*) { *held -= body->size(); }};
  }

 private:
  struct Before {
    bool operator()(const Key& a, const Key& b) const {
      const auto order = [](const Key& key) { return std::tuple(key.first.kind, key.first.index, key.first.width, key.second); };
      return order(a) < order(b);
    }
  };
  const std::size_t max_bytes_;
  const std::shared_ptr<std::atomic<std::size_t>> held_ = std::make_shared<std::atomic<std::size_t>>(0);  // replies outlive *this
  runtime::Mutex mutex_;
  std::map<Key, std::vector<http::Respond>, Before> reading_ TRUSTLOG_GUARDED_BY(mutex_);
};

TileApi::TileApi(SnapshotSource source, runtime::WorkerPool& tile_reads, runtime::WorkerPool& bundle_reads, std::size_t cache_bytes,
                 std::size_t max_bundle_bytes)
    : source_(std::move(source)),
      tile_reads_(tile_reads),
      bundle_reads_(bundle_reads),
      cache_(std::make_unique<Cache>(cache_bytes)),
      bundles_(std::make_unique<Bundles>(max_bundle_bytes)) {}

TileApi::~TileApi() = default;

void TileApi::AddRoutes(http::Router& router) {
  router.Get("/checkpoint",
             [this](const http::HttpRequest& request, const http::Respond& respond) { Checkpoint(request, respond); });
  router.Get("/tile/", [this](const http::HttpRequest& request, http::Respond respond) { Tile(request, std::move(respond)); });
}

void TileApi::Checkpoint(const http::HttpRequest&, const http::Respond& respond) const {
  const auto snapshot = source_();
  HttpReply reply;
  if (snapshot.reader == nullptr) {
    reply = http::TextReply(404, "no checkpoint has been published yet");
  } else {
    reply.etag = Tag(snapshot.note, "");
    reply.body = std::make_shared<const std::string>(snapshot.note);
  }
  reply.route = "/checkpoint";
  respond(std::move(reply));
}

void TileApi::Tile(const http::HttpRequest& request, http::Respond respond) {
  const auto parsed = tlog::ParseTilePath(std::string_view(request.path).substr(1));
  const auto* tile = parsed.has_value() ? std::get_if<merkle::TileId>(&*parsed) : nullptr;
  const auto* bundle = parsed.has_value() ? std::get_if<tlog::BundleId>(&*parsed) : nullptr;
  const bool gzip = bundle != nullptr && TakesGzip(request.accept_encoding);
  const auto key = tile != nullptr ? Cache::KeyOf(*tile) : bundle != nullptr ? Cache::KeyOf(*bundle, gzip) : std::nullopt;
  if (auto cached = cache_->Find(key); cached.has_value()) return respond(*std::move(cached));
  auto snapshot = source_();
  const bool covered = snapshot.reader != nullptr && (tile != nullptr ? Covers(snapshot.size, tile->level, tile->index, tile->width)
                                                      : bundle != nullptr ? Covers(snapshot.size, 0, bundle->index, bundle->width)
                                                                          : false);
  if (!covered) {
    auto reply = http::TextReply(404, "not found");
    reply.route = "/tile/";
    return respond(std::move(reply));
  }
  if (tile != nullptr) return ReadOneTile(*tile, std::move(snapshot), std::move(respond));
  ReadOneBundle(*bundle, gzip, std::move(snapshot), std::move(respond));
}

void TileApi::ReadOneTile(const merkle::TileId& id, Snapshot snapshot, http::Respond respond) {
  const auto shared = std::make_shared<http::Respond>(std::move(respond));
  const bool taken = tile_reads_.TryRun([this, id, reader = std::move(snapshot.reader), shared] {
    auto reply = ReadTile(id, *reader);
    cache_->Add(Cache::KeyOf(id), reply);
    (*shared)(std::move(reply));
  });
  if (!taken) (*shared)(Busy());
}

void TileApi::ReadOneBundle(const tlog::BundleId& id, bool gzip, Snapshot snapshot, http::Respond respond) {
  if (!bundles_->HasRoom()) return respond(Busy());
  const Bundles::Key key(id, gzip);
  if (!bundles_->Join(key, std::move(respond))) return;
  const bool taken = bundle_reads_.TryRun([this, key, reader = std::move(snapshot.reader)] {
    auto reply = ReadBundle(key.first, *reader, key.second);
    cache_->Add(Cache::KeyOf(key.first, key.second), reply);
    reply.body = bundles_->Count(std::move(reply.body));
    bundles_->Finish(key, reply);
  });
  if (!taken) bundles_->Finish(key, Busy());
}

}  // namespace trustlog::tiles
