#include "proto/bytes/wire.h"

#include <gtest/gtest.h>

#include <limits>

#include "proto/bytes/hex.h"

namespace trustlog::bytes {
namespace {

merkle::Hash CountingHash() {
  merkle::Hash hash;
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>(i);
  return hash;
}

ByteWriter OneOfEach() {
  ByteWriter writer;
  writer.U8(0x01)
      .U16(0x0203)
      .U32(0x04050607)
      .U64(0x08090a0b0c0d0e0f)
      .I64(-2)
      .Hash32(CountingHash())
      .Raw("raw")
      .Lp8("ab")
      .Lp16("cde");
  return writer;
}

TEST(Wire, WritesBigEndianAndLengthsBefore) {
  EXPECT_EQ(EncodeHex(AsBytes(OneOfEach().data())),
            "01020304050607"
            "08090a0b0c0d0e0f"
            "fffffffffffffffe"
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            "726177"
            "026162"
            "0003636465");
}

TEST(Wire, ReadsWhatWasWritten) {
  const auto data = OneOfEach().Take();
  ByteReader reader(data);
  EXPECT_EQ(reader.U8(), 0x01);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U32(), 0x04050607U);
  EXPECT_EQ(reader.U64(), 0x08090a0b0c0d0e0fU);
  EXPECT_EQ(reader.I64(), -2);
  EXPECT_EQ(reader.Hash32(), CountingHash());
  EXPECT_EQ(reader.Raw(3), "raw");
  EXPECT_EQ(reader.Lp8(), "ab");
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.rest().size(), 5U);
  EXPECT_EQ(reader.Lp16(), "cde");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
}

TEST(Wire, LimitsOfIntegersComeBack) {
  ByteWriter writer;
  writer.I64(std::numeric_limits<std::int64_t>::min()).I64(std::numeric_limits<std::int64_t>::max()).U64(~0ULL).U8(255).U16(65535);
  ByteReader reader(writer.data());
  EXPECT_EQ(reader.I64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.I64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(reader.U64(), ~0ULL);
  EXPECT_EQ(reader.U8(), 255);
  EXPECT_EQ(reader.U16(), 65535);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(Wire, LongestStringsComeBack) {
  const std::string longest8(255, 'x');
  const std::string longest16(65'535, 'y');
  ByteWriter writer;
  writer.Lp8(longest8).Lp16(longest16).Lp8("").Lp16("");
  ByteReader reader(writer.data());
  EXPECT_EQ(reader.Lp8(), longest8);
  EXPECT_EQ(reader.Lp16(), longest16);
  EXPECT_EQ(reader.Lp8(), "");
  EXPECT_EQ(reader.Lp16(), "");
  EXPECT_TRUE(reader.AtEnd());
}

// What is cut off is noticed by the read that meets the end; no later one succeeds, although a shorter one would fit.
TEST(Wire, EveryPrefixFailsAndStaysFailed) {
  const auto whole = OneOfEach().Take();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ByteReader reader(std::string_view(whole).substr(0, size));
    reader.U8();
    reader.U16();
    reader.U32();
    reader.U64();
    reader.I64();
    reader.Hash32();
    reader.Raw(3);
    reader.Lp8();
    reader.Lp16();
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(reader.AtEnd());
    EXPECT_EQ(reader.U8(), 0);
    EXPECT_EQ(reader.Raw(0), "");
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Wire, AFailedReadGivesZeroAndNothing) {
  const struct {
    const char* name;
    std::string data;
    bool (*is_zero)(ByteReader&);
  } cases[] = {
      {"U8", "", [](ByteReader& r) { return r.U8() == 0; }},
      {"U16", "\x01", [](ByteReader& r) { return r.U16() == 0; }},
      {"U32", "\x01\x02\x03", [](ByteReader& r) { return r.U32() == 0; }},
      {"U64", "\x01\x02\x03\x04\x05\x06\x07", [](ByteReader& r) { return r.U64() == 0; }},
      {"I64", "\x01\x02\x03\x04\x05\x06\x07", [](ByteReader& r) { return r.I64() == 0; }},
      {"Hash32", std::string(31, '\x01'), [](ByteReader& r) { return r.Hash32() == merkle::Hash{}; }},
      {"Raw", "ab", [](ByteReader& r) { return r.Raw(3).empty(); }},
      {"Raw of the largest size", "ab", [](ByteReader& r) { return r.Raw(~std::size_t{0}).empty(); }},
      {"Lp8 without content",
       "\x02"
       "a",
       [](ByteReader& r) { return r.Lp8().empty(); }},
      {"Lp16 with half a length", "\x01", [](ByteReader& r) { return r.Lp16().empty(); }},
      {"Lp16 without content",
       std::string("\0\x02"
                   "a",
                   3),
       [](ByteReader& r) { return r.Lp16().empty(); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ByteReader reader(c.data);
    EXPECT_TRUE(c.is_zero(reader));
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.rest(), "");
  }
}

TEST(Wire, NothingIsAtItsEnd) {
  const ByteReader reader("");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
}

}  // namespace
}  // namespace trustlog::bytes
