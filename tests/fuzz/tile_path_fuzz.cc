// Tile and bundle paths: each tile has one spelling.
#include "proto/tlog/tile_path.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(TilePath) {
  const auto parsed = ParseTilePath(input);
  if (!parsed) return;
  if (const auto* tile = std::get_if<merkle::TileId>(&*parsed)) {
    fuzz::Expect(TilePath(*tile) == input, "TilePath(ParseTilePath(x)) != x");
    fuzz::Expect(tile->level <= 63 && tile->index <= kMaxTileIndex && tile->width >= 1 && tile->width <= 256, "outside the range");
    return;
  }
  const auto& bundle = std::get<BundleId>(*parsed);
  fuzz::Expect(BundlePath(bundle) == input, "BundlePath(ParseTilePath(x)) != x");
  fuzz::Expect(bundle.index <= kMaxTileIndex && bundle.width >= 1 && bundle.width <= 256, "outside the range");
}

}  // namespace trustlog::tlog
