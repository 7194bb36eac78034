// Entry and statement bundles, and hash tiles. The first two bytes of the input are the width asked for.
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Bundle) {
  bytes::ByteReader reader(input);
  const std::uint16_t width = reader.U16();
  const auto body = reader.rest();
  if (const auto items = ParseBundle(body, width)) {
    fuzz::Expect(items->size() == width && width >= 1 && width <= 256, "a bundle of another width");
    fuzz::Expect(FormatBundle(*items) == body, "FormatBundle(ParseBundle(x)) != x");
  }
  if (const auto hashes = ParseTile(body, width)) {
    fuzz::Expect(hashes->size() == width && width >= 1 && width <= 256, "a tile of another width");
    fuzz::Expect(FormatTile(*hashes) == body, "FormatTile(ParseTile(x)) != x");
  }
}

}  // namespace trustlog::tlog
