// Tiles as HTTP answers them (protocols.md A9-A19, H3): every path, every width, every published size. Ids of section 1 are in the
// names.
#include "server/tiles/tile_api.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "merkle/hash.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/tile_path.h"
#include "storage/published_reader.h"
#include "tests/storage/sample_log.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/gate.h"
#include "tests/support/memory_storage.h"
#include "tests/support/reference_tree.h"

namespace trustlog::tiles {
namespace {

constexpr std::uint64_t kSize = 600;  // integrated
constexpr std::size_t kCacheBytes = 64 * 8'192;

std::string Field(const http::HttpReply& reply, std::string_view name) {
  for (const auto& [field, value] : reply.headers) {
    if (field == name) return value;
  }
  return "";
}

std::string Gunzip(const std::string& packed) {
  std::string plain(1u << 20, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

class TileApiTest : public ::testing::Test {
 protected:
  TileApiTest() : storage_(support::MakeMemoryStorage()), reads_("reads", 2, 1'000) {
    storage::GrowTo(storage_.log(), kSize, 100);
    for (std::uint64_t i = 0; i < kSize; ++i) tree_.Append(storage::SampleRecord(i).entry);
    api_ = std::make_unique<TileApi>([this] { return snapshot_; }, reads_, reads_, kCacheBytes);
    UseOnly(*api_);
    Publish(kSize);
  }
  ~TileApiTest() override { reads_.Stop(); }

  void UseOnly(TileApi& api) {
    router_ = std::make_unique<http::Router>(http::Cors::kPublic);
    api.AddRoutes(*router_);
  }
  void Publish(std::uint64_t size) {
    const auto head = tree_.Head(size);
    snapshot_ = {"note of size " + std::to_string(size) + "\n", size,
                 storage::CapReader(storage_.reader(), head, storage::MakeTileCache(0))};
  }
  http::HttpReply Get(const std::string& path, const std::string& accept_encoding = "", const std::string& if_none_match = "",
                      const std::string& method = "GET") {
    http::HttpRequest request;
    request.method = method;
    request.path = path;
    request.accept_encoding = accept_encoding;
    request.if_none_match = if_none_match;
    std::promise<http::HttpReply> reply;
    router_->Handle(request, [&reply](http::HttpReply got) { reply.set_value(std::move(got)); });
    return reply.get_future().get();
  }
  void FailReads(support::Fault fault) {
    for (const auto call : {support::Call::kReadTiles, support::Call::kReadBundle}) {
      for (std::uint64_t nth = 1; nth <= 10; ++nth) storage_.Fail(call, fault, nth);
    }
  }
  std::string Tile(const merkle::TileId& id) const { return tlog::FormatTile(tree_.Tile(id).hashes); }
  static std::string Bundle(tlog::BundleKind kind, std::uint64_t index, std::uint16_t width) {
    std::vector<std::string> items;
    for (std::uint64_t i = 256 * index; i < 256 * index + width; ++i) {
      const auto record = storage::SampleRecord(i);
      items.push_back(kind == tlog::BundleKind::kEntries ? record.entry : record.companion);
    }
    return tlog::FormatBundle(std::vector<std::string_view>(items.begin(), items.end()));
  }

  support::FaultyStorage storage_;
  support::ReferenceTree tree_;
  runtime::WorkerPool reads_;
  Snapshot snapshot_;
  std::unique_ptr<http::Router> router_;
  std::unique_ptr<TileApi> api_;
};

TEST_F(TileApiTest, A9CheckpointIsPlainTextAndNeverCached) {
  const auto reply = Get("/checkpoint");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(*reply.body, snapshot_.note);
  EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(reply.cache_control, "no-store");
  EXPECT_EQ(Get("/checkpoint", "", reply.etag).status, 304);
  Publish(500);
  EXPECT_EQ(*Get("/checkpoint").body, "note of size 500\n");
  EXPECT_EQ(Get("/checkpoint", "", reply.etag).status, 200);
}

TEST_F(TileApiTest, A9A13NothingIsServedBeforeTheFirstPublication) {
  snapshot_ = {};
  for (const auto* path : {"/checkpoint", "/tile/0/000.p/1", "/tile/0/000", "/tile/entries/000.p/1", "/tile/statements/000.p/1"}) {
    const auto reply = Get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.cache_control, "no-store") << path;
  }
}

TEST_F(TileApiTest, A10A14AnyOtherSpellingIsNotFound) {
  std::vector<std::string> paths = {
      "/tile", "/tile/", "/tile/0", "/tile/0/", "//tile/0/000", "/tile/0/000/", "/tile//000", "/tile/0//000", "/TILE/0/000",
      "/tile/0/000;x",
      // level
      "/tile/00/000", "/tile/-1/000", "/tile/+0/000", "/tile/64/000", "/tile/63/000", "/tile/8/000", "/tile/7/000", "/tile/2/000",
      "/tile/a/000", "/tile/18446744073709551616/000", "/tile/Entries/000", "/tile/data/000", "/tile/entries", "/tile/entries/",
      "/tile/8/000.p/0",
      // index
      "/tile/0/0", "/tile/0/00", "/tile/0/1", "/tile/0/0000", "/tile/0/x000/001", "/tile/0/x000/000", "/tile/0/001/000",
      "/tile/0/x001", "/tile/0/x001/", "/tile/0/x01/000", "/tile/0/X001/000", "/tile/0/x001/00", "/tile/0/-01", "/tile/0/0x1",
      "/tile/0/x072/x057/x594/x037/x927/935", "/tile/0/x072/x057/x594/x037/x927/936", "/tile/0/x018/x446/x744/x073/x709/x551/616",
      // width
      "/tile/0/000.p", "/tile/0/000.p/", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000.p/00", "/tile/0/000.p/01",
      "/tile/0/000.p/-1", "/tile/0/000.p/1/", "/tile/0/000.P/1", "/tile/0/000/p/1", "/tile/entries/000.p/256",
      "/tile/statements/000.p/0", "/tile/0/000.p/18446744073709551617",
      // somebody else's file
      "/tile/0/../0/000", "/tile/../checkpoint", "/tile/..", "/tile/0/%30%30%30", "/tile%2f0%2f000", "/tile/0/%2e%2e",
      "/tile/%2e%2e/%2e%2e/etc/passwd", "/tile\\0\\000", "/tile/./0/000", "/./tile/0/000"};
  paths.push_back(std::string("/tile/0/000\0", 12));
  paths.push_back("/tile/0/" + std::string(400, 'x'));
  for (const auto& path : paths) EXPECT_EQ(Get(path).status, 404) << path;
}

// Every width of every published size, and not one hash more; a partial tile is a prefix for ever, also when the tile is full.
TEST_F(TileApiTest, A11A12A13EveryTileOfEveryPublishedSizeAndNothingBeyond) {
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 300, 511, 512, 513, 600}) {
    Publish(size);
    for (std::uint8_t level = 0; level < 3; ++level) {
      const std::uint64_t nodes = size >> (8 * level);
      for (std::uint64_t index = 0; index < 4; ++index) {
        for (std::uint16_t width = 1; width <= 256; ++width) {
          const merkle::TileId id{level, index, width};
          const auto reply = Get("/" + tlog::TilePath(id));
          if (256 * index + width > nodes) {
            ASSERT_EQ(reply.status, 404) << tlog::TilePath(id) << " at size " << size;
            continue;
          }
          ASSERT_EQ(reply.status, 200) << tlog::TilePath(id) << " at size " << size;
          ASSERT_EQ(*reply.body, Tile(id)) << tlog::TilePath(id) << " at size " << size;
        }
      }
    }
  }
}

TEST_F(TileApiTest, A12A13A15A17BundlesOfEveryWidthAndNothingBeyond) {
  for (const std::uint64_t size : {1, 255, 256, 257, 600}) {
    Publish(size);
    for (const auto kind : {tlog::BundleKind::kEntries, tlog::BundleKind::kStatements}) {
      for (std::uint64_t index = 0; index < 3; ++index) {
        for (const std::uint16_t width : std::vector<std::uint16_t>{1, 2, 43, 44, 45, 87, 88, 89, 128, 254, 255, 256}) {
          const auto path = tlog::BundlePath({kind, index, width});
          const auto reply = Get("/" + path);
          const bool covered = 256 * index + width <= size;
          ASSERT_EQ(reply.status, covered ? 200 : 404) << path << " at size " << size;
          ASSERT_TRUE(!covered || *reply.body == Bundle(kind, index, width)) << path;
        }
      }
    }
  }
}

TEST_F(TileApiTest, CacheFieldsAreThoseOfTheTable) {
  const struct {
    const char *path, *cache_control, *vary;
  } cases[] = {
      {"/tile/0/000", "public, max-age=31536000, immutable", ""},
      {"/tile/0/000.p/7", "public, max-age=604800", ""},
      {"/tile/1/000.p/2", "public, max-age=604800", ""},
      {"/tile/entries/000", "public, max-age=31536000, immutable", "Accept-Encoding"},
      {"/tile/entries/002.p/88", "public, max-age=604800", "Accept-Encoding"},
      {"/tile/statements/000", "public, max-age=300, must-revalidate", "Accept-Encoding"},
      {"/tile/statements/002.p/88", "public, max-age=300, must-revalidate", "Accept-Encoding"},
      {"/tile/0/003", "no-store", ""},
  };
  for (const auto& c : cases) {
    const auto reply = Get(c.path);
    EXPECT_EQ(reply.cache_control, c.cache_control) << c.path;
    EXPECT_EQ(Field(reply, "Vary"), c.vary) << c.path;
    EXPECT_EQ(Field(reply, "Access-Control-Allow-Origin"), "*") << c.path;  // A19
    EXPECT_EQ(reply.content_type, reply.status == 200 ? "application/octet-stream" : "text/plain; charset=utf-8") << c.path;
  }
}

// H3.
TEST_F(TileApiTest, TagIsTheHashOfTheIdentityBody) {
  for (const auto* path : {"/tile/0/000", "/tile/entries/000", "/tile/statements/001.p/9"}) {
    const auto reply = Get(path);
    const auto hex = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(*reply.body))).substr(0, 32);
    EXPECT_EQ(reply.etag, "\"" + hex + "\"") << path;
    const auto known = Get(path, "", reply.etag);
    EXPECT_EQ(known.status, 304) << path;
    EXPECT_EQ(*known.body, "") << path;
    EXPECT_EQ(Get(path, "", "\"" + hex + "-gz\"").status, 200) << path;
  }
  const auto packed = Get("/tile/entries/000", "gzip");
  EXPECT_EQ(packed.etag.substr(33), "-gz\"");
  EXPECT_EQ(packed.etag.substr(0, 33), Get("/tile/entries/000").etag.substr(0, 33));
  EXPECT_EQ(Get("/tile/entries/000", "gzip", packed.etag).status, 304);
}

TEST_F(TileApiTest, A16BundlesArePackedOnlyForThoseWhoTakeIt) {
  const struct {
    const char* accept;
    bool packed;
  } cases[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"deflate, gzip", true},
      {"gzip, br", true},
      {"gzip;q=1", true},
      {"gzip;q=0.5", true},
      {"gzip; q=0.001", true},
      {"gzip;q=0", false},
      {"gzip;q=0.0", false},
      {"gzip;q=0.000", false},
      {"gzip ; q=0", false},
      {"identity", false},
      {"*", false},
      {"br", false},
      {"notgzip", false},
      {"gzipped", false},
      {"x-gzip", false},
      {"identity, gzip;q=0, *", false},
      {",,gzip", true},
      {"gzip;q=x", false},
      {";gzip", false},
      {" gzip ", true},
  };
  for (const auto& c : cases) {
    for (const auto* path : {"/tile/entries/001", "/tile/statements/001"}) {
      const auto reply = Get(path, c.accept);
      EXPECT_EQ(Field(reply, "Content-Encoding"), c.packed ? "gzip" : "") << c.accept;
      EXPECT_EQ(c.packed ? Gunzip(*reply.body) : *reply.body, *Get(path).body) << c.accept;
    }
    const auto tile = Get("/tile/0/000", c.accept);
    EXPECT_EQ(Field(tile, "Content-Encoding"), "") << "hash tiles are never packed";
    EXPECT_EQ(*tile.body, Tile({0, 0, 256}));
  }
}

TEST_F(TileApiTest, A17AWithheldStatementIsAnEmptyOne) {
  const auto before = Get("/tile/statements/000.p/3");
  ASSERT_EQ(storage_.log().Withhold(1), absl::OkStatus());
  const auto reply = Get("/tile/statements/000.p/3");
  const auto items = tlog::ParseBundle(*reply.body, 3);
  ASSERT_TRUE(items.has_value());
  EXPECT_EQ((*items)[0], storage::SampleRecord(0).companion);
  EXPECT_EQ((*items)[1], "");
  EXPECT_EQ((*items)[2], storage::SampleRecord(2).companion);
  EXPECT_EQ(Get("/tile/statements/000.p/3", "", before.etag).status, 200) << "the old tag must not hide it";
  EXPECT_EQ(*Get("/tile/entries/000.p/3").body, Bundle(tlog::BundleKind::kEntries, 0, 3));
}

// H8.
TEST_F(TileApiTest, FullTilesAreServedWhileStorageIsDownAndNothingElseIsClaimed) {
  EXPECT_EQ(Get("/tile/0/000").status, 200);
  FailReads(support::Fault::kBefore);
  EXPECT_TRUE(*Get("/tile/0/000").body == Tile({0, 0, 256}));
  EXPECT_EQ(Get("/checkpoint").status, 200);
  for (const auto* path : {"/tile/0/001", "/tile/0/000.p/4", "/tile/entries/000"}) {
    const auto reply = Get(path);
    EXPECT_EQ(reply.status, 503) << path;
    EXPECT_EQ(Field(reply, "Retry-After"), "1") << path;  // H5
    EXPECT_EQ(reply.cache_control, "no-store") << path;
  }
  EXPECT_EQ(Get("/tile/0/003").status, 404);
}

TEST_F(TileApiTest, ContradictionInStorageIsAnErrorWithoutDetails) {
  FailReads(support::Fault::kDataLoss);
  const auto reply = Get("/tile/0/001");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(*reply.body, "internal error\n");
}

TEST_F(TileApiTest, A13TheCacheNeverServesBeyond) {
  Publish(255);
  EXPECT_EQ(Get("/tile/0/000").status, 404);
  EXPECT_EQ(Get("/tile/0/000.p/255").status, 200);
  Publish(256);
  EXPECT_EQ(Get("/tile/0/000").status, 200);
  EXPECT_EQ(Get("/tile/0/001.p/1").status, 404);
}

TEST_F(TileApiTest, ACacheOfOneTileForgetsTheOlder) {
  TileApi small([this] { return snapshot_; }, reads_, reads_, 8'192 + 512);
  UseOnly(small);
  Get("/tile/0/000");
  Get("/tile/0/001");
  FailReads(support::Fault::kBefore);
  EXPECT_EQ(Get("/tile/0/001").status, 200);
  EXPECT_EQ(Get("/tile/0/000").status, 503);
}

TEST_F(TileApiTest, FullQueueOfReadsIsToldToTryAgain) {
  std::promise<void> release;
  std::promise<void> started;
  runtime::WorkerPool busy("busy", 1, 1);
  TileApi api([this] { return snapshot_; }, busy, busy, 0);
  UseOnly(api);
  ASSERT_TRUE(busy.TryRun([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  ASSERT_TRUE(busy.TryRun([] {}));
  const auto reply = Get("/tile/0/000");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(Field(reply, "Retry-After"), "1");
  release.set_value();
  busy.Stop();
}

// H2.
TEST_F(TileApiTest, AQueryChangesNothing) {
  http::HttpRequest request;
  request.method = "GET";
  request.path = "/tile/0/000.p/5";
  request.query = "x=../../etc/passwd";
  std::promise<http::HttpReply> reply;
  router_->Handle(request, [&reply](http::HttpReply got) { reply.set_value(std::move(got)); });
  EXPECT_EQ(*reply.get_future().get().body, Tile({0, 0, 5}));
}

TEST_F(TileApiTest, RoutesInMetricsAreTemplates) {
  const struct {
    const char *path, *route;
  } cases[] = {{"/checkpoint", "/checkpoint"},
               {"/tile/0/000", "/tile/<L>/<N>"},
               {"/tile/entries/000", "/tile/entries/<N>"},
               {"/tile/statements/000", "/tile/statements/<N>"},
               {"/tile/0/999", "/tile/"},
               {"/tile/%2e", "/tile/"}};
  for (const auto& c : cases) EXPECT_EQ(Get(c.path).route, c.route) << c.path;
}

// A hundred strangers who ask for one large bundle cost one read, one compression and one body.
TEST_F(TileApiTest, EqualRequestsForABundleShareOneReadAndOneBody) {
  std::vector<std::promise<http::HttpReply>> replies(100);
  http::HttpRequest request;
  request.method = "GET";
  request.path = "/tile/statements/000";
  request.accept_encoding = "gzip";
  {
    const support::Gate reading(storage_.plan(), support::Call::kReadBundle);
    for (auto& reply : replies) router_->Handle(request, [&reply](http::HttpReply got) { reply.set_value(std::move(got)); });
    reading.AwaitArrivals(1);
  }
  const auto first = replies.front().get_future().get();
  EXPECT_EQ(Gunzip(*first.body), Bundle(tlog::BundleKind::kStatements, 0, 256));
  for (std::size_t i = 1; i < replies.size(); ++i) {
    const auto reply = replies[i].get_future().get();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, first.body) << "the same object";
  }
  EXPECT_EQ(storage_.plan().count(support::Call::kReadBundle), 1U);
  EXPECT_EQ(*Get("/tile/statements/000").body, Bundle(tlog::BundleKind::kStatements, 0, 256)) << "another form is another body";
}

TEST_F(TileApiTest, AFullEntryBundleIsReadAndCompressedOnce) {
  const auto first = Get("/tile/entries/000", "gzip");
  EXPECT_EQ(Get("/tile/entries/000", "gzip").body, first.body);
  EXPECT_EQ(storage_.plan().count(support::Call::kReadBundle), 1U);
  EXPECT_EQ(*Get("/tile/entries/000").body, Bundle(tlog::BundleKind::kEntries, 0, 256)) << "the plain form is another reply";
  EXPECT_EQ(storage_.plan().count(support::Call::kReadBundle), 2U);
  for (int i = 0; i < 2; ++i) {
    Get("/tile/statements/000");   // may be withheld one day
    Get("/tile/entries/002.p/88");  // grows
  }
  EXPECT_EQ(storage_.plan().count(support::Call::kReadBundle), 6U);
}

TEST_F(TileApiTest, BundlesThatAreBeingSentAreBoundedInAll) {
  TileApi api([this] { return snapshot_; }, reads_, reads_, 0, 1);
  UseOnly(api);
  auto held = Get("/tile/entries/000");
  EXPECT_EQ(held.status, 200);
  EXPECT_EQ(Get("/tile/entries/001").status, 503);
  EXPECT_EQ(Field(Get("/tile/entries/001"), "Retry-After"), "1");
  EXPECT_EQ(Get("/tile/0/000").status, 200) << "hash tiles are not bundles";
  held = {};
  // The answering thread lets go of its copy a moment after the answer.
  while (Get("/tile/entries/001").status == 503) std::this_thread::yield();
}

}  // namespace
}  // namespace trustlog::tiles
