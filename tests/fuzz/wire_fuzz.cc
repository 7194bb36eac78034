// ByteReader over any bytes: the input says which reads are made and is what they read. What was read, written again, is the input;
// after the first failure every read gives nothing.
#include "proto/bytes/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {

TRUSTLOG_FUZZ_TARGET(Wire) {
  bytes::ByteReader reader(input);
  bytes::ByteWriter writer;
  std::size_t reads = 0;
  while (reader.ok() && !reader.AtEnd()) {
    const auto before = reader.rest().size();
    bytes::ByteWriter read;
    switch (static_cast<std::uint8_t>(input[reads++]) % 9) {
      case 0:
        read.U8(reader.U8());
        break;
      case 1:
        read.U16(reader.U16());
        break;
      case 2:
        read.U32(reader.U32());
        break;
      case 3:
        read.U64(reader.U64());
        break;
      case 4:
        read.I64(reader.I64());
        break;
      case 5:
        read.Hash32(reader.Hash32());
        break;
      case 6:
        read.Lp8(reader.Lp8());
        break;
      case 7:
        read.Lp16(reader.Lp16());
        break;
      default:
        read.Raw(reader.Raw(1));
        break;
    }
    if (!reader.ok()) break;
    Expect(read.data().size() == before - reader.rest().size(), "a read takes the bytes it gives");
    writer.Raw(read.data());
  }
  Expect(input.starts_with(writer.data()), "what was read is written again as the same bytes");
  if (reader.ok()) {
    Expect(writer.data() == input, "nothing is left out");
    return;
  }
  Expect(!reader.AtEnd() && reader.U64() == 0 && reader.Lp8().empty() && reader.Raw(0).empty() && !reader.ok(),
         "a failed reader stays failed");
}

}  // namespace trustlog::fuzz
