#include "server/signer/mark_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "merkle/hash.h"
#include "proto/bytes/wire.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::signer {
namespace {

merkle::CompactRange RangeOf(std::uint64_t size) {
  merkle::CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i) range.Append(merkle::HashLeaf(bytes::AsBytes("entry " + std::to_string(i))));
  return range;
}

Mark SampleMark(std::uint64_t size) {
  Mark mark;
  mark.sequence = 41;
  mark.origin = "log.example/mark";
  mark.key_id.fill(0x11);
  mark.store_id.fill(0x22);
  mark.range = RangeOf(size);
  mark.last_time_ms = 1'793'523'600'000;
  return mark;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// `body` up to the digest, with the digest that makes it whole.
std::string WithDigest(std::string body) {
  body.resize(kSlotBytes - 32, '\0');
  const auto digest = merkle::Sha256(bytes::AsBytes(body));
  return body.append(bytes::AsText(digest));
}

TEST(MarkSlot, IsLaidOutAsTheProtocolSays) {
  const auto mark = SampleMark(3);
  bytes::ByteWriter expected;
  expected.Raw("TLMARK1\n").U64(41).Lp16("log.example/mark").Raw(std::string(32, '\x11')).Raw(std::string(32, '\x22')).U64(3).U8(2);
  expected.Hash32(merkle::HashNode(merkle::HashLeaf(bytes::AsBytes("entry 0")), merkle::HashLeaf(bytes::AsBytes("entry 1"))));
  expected.Hash32(merkle::HashLeaf(bytes::AsBytes("entry 2")));
  expected.I64(1'793'523'600'000);
  const auto slot = FormatSlot(mark);
  EXPECT_EQ(slot, WithDigest(expected.Take()));
  EXPECT_EQ(slot.size(), kSlotBytes);
}

TEST(MarkSlot, IsReadBackAsItWasWritten) {
  for (const std::uint64_t size : {0, 1, 2, 3, 255, 256, 257, 1'000}) {
    const auto mark = SampleMark(size);
    const auto read = ParseSlot(FormatSlot(mark));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, mark);
  }
  auto longest = SampleMark(1);
  longest.origin = std::string(255, 'o');
  longest.range = *merkle::CompactRange::FromHashes(~std::uint64_t{0}, std::vector<merkle::Hash>(64, merkle::EmptyRoot()));
  EXPECT_EQ(*ParseSlot(FormatSlot(longest)), longest);
}

TEST(MarkSlot, RefusesEveryChangedByte) {
  const auto slot = FormatSlot(SampleMark(5));
  for (std::size_t i = 0; i < slot.size(); ++i) {
    auto changed = slot;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    EXPECT_TRUE(absl::IsDataLoss(ParseSlot(changed).status())) << "byte " << i;
  }
}

TEST(MarkSlot, RefusesWhatIsNotASlotThoughItsDigestIsRight) {
  const auto slot = FormatSlot(SampleMark(5));
  const auto body = slot.substr(0, kSlotBytes - 32);
  const auto with = [&](std::size_t at, std::string_view bytes) {
    return WithDigest(std::string(body).replace(at, bytes.size(), bytes));
  };
  const std::size_t size_at = 8 + 8 + 2 + 16 + 64;  // magic, sequence, length and text of the origin, two ids
  const struct {
    const char* name;
    std::string slot;
  } kCases[] = {
      {"empty", ""},
      {"one byte short", slot.substr(1)},
      {"one byte long", slot + '\0'},
      {"all zero", std::string(kSlotBytes, '\0')},
      {"all zero with a digest", WithDigest("")},
      {"another magic", with(0, "TLMARK2\n")},
      {"an origin longer than the slot", with(16, "\xff\xff")},
      {"a hash too few for the size", with(size_at, std::string_view("\0\0\0\0\0\0\0\7", 8))},
      {"a hash too many for the size", with(size_at, std::string_view("\0\0\0\0\0\0\0\4", 8))},
      {"255 hashes", with(size_at + 8, "\xff")},
      {"something after the last field", with(body.size() - 1, "x")},
  };
  for (const auto& c : kCases) EXPECT_TRUE(absl::IsDataLoss(ParseSlot(c.slot).status())) << c.name;
}

class MarkFileTest : public ::testing::Test {
 protected:
  std::string directory() const { return temporary_.path() + "/mark"; }
  std::string path() const { return directory() + "/mark"; }
  // Two written slots: of size 1, then of size 2.
  void MakeTwo() {
    ASSERT_TRUE(MarkFile::Create(directory(), SampleMark(0)).ok());
    auto file = MarkFile::Open(directory());
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Write(SampleMark(1)).ok());
    ASSERT_TRUE((*file)->Write(SampleMark(2)).ok());
  }
  void ChangeByte(std::size_t at) {
    auto bytes = ReadFile(path());
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    WriteFile(path(), bytes);
  }

  const support::TemporaryDirectory temporary_;
};

TEST_F(MarkFileTest, IsMadeOnceWithItsPlaceTakenAndForItsOwnerAlone) {
  ASSERT_TRUE(MarkFile::Create(directory(), SampleMark(0)).ok());
  EXPECT_EQ(std::filesystem::file_size(path()), 2 * kSlotBytes);
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  const auto before = ReadFile(path());
  EXPECT_TRUE(absl::IsFailedPrecondition(MarkFile::Create(directory(), SampleMark(7))));
  EXPECT_EQ(ReadFile(path()), before);
}

TEST_F(MarkFileTest, IsMadeWithTheDirectoriesAboveItOrNotAtAll) {
  const auto deep = temporary_.path() + "/a/b/mark";
  ASSERT_EQ(MarkFile::Create(deep, SampleMark(0)), absl::OkStatus());
  EXPECT_TRUE(MarkFile::Open(deep).ok());
  WriteFile(temporary_.path() + "/file", "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(MarkFile::Create(temporary_.path() + "/file/mark", SampleMark(0))));
}

TEST_F(MarkFileTest, IsNeverMadeByOpening) {
  EXPECT_TRUE(absl::IsNotFound(MarkFile::Open(directory()).status()));
  std::filesystem::create_directory(directory());
  EXPECT_TRUE(absl::IsNotFound(MarkFile::Open(directory()).status()));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(MarkFileTest, SlotsAreWrittenInTurnWithRisingSequenceNumbers) {
  ASSERT_TRUE(MarkFile::Create(directory(), SampleMark(0)).ok());
  auto file = MarkFile::Open(directory());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE((*file)->opened_torn());
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const auto before = ReadFile(path());
    ASSERT_TRUE((*file)->Write(SampleMark(i)).ok());
    EXPECT_EQ((*file)->current().sequence, 41 + i);
    const auto after = ReadFile(path());
    const std::size_t written = i % 2 * kSlotBytes, other = kSlotBytes - written;
    EXPECT_EQ(after.substr(written, kSlotBytes), FormatSlot((*file)->current())) << i;
    EXPECT_EQ(after.substr(other, kSlotBytes), before.substr(other, kSlotBytes)) << i;
  }
}

TEST_F(MarkFileTest, TheNewestSlotCounts) {
  MakeTwo();
  const auto file = MarkFile::Open(directory());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->current().range, RangeOf(2));
  EXPECT_FALSE((*file)->opened_torn());
}

TEST_F(MarkFileTest, WithATornSlotTheOlderOneCountsAndIsNotOverwrittenFirst) {
  MakeTwo();  // slot 0 holds size 2, slot 1 size 1
  ChangeByte(100);
  auto file = MarkFile::Open(directory());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->opened_torn());
  EXPECT_EQ((*file)->current().range, RangeOf(1));
  const auto before = ReadFile(path());
  ASSERT_TRUE((*file)->Write(SampleMark(2)).ok());
  EXPECT_EQ(ReadFile(path()).substr(kSlotBytes), before.substr(kSlotBytes));
}

TEST_F(MarkFileTest, RefusesTwoBadSlotsAndFilesOfAnotherLength) {
  MakeTwo();
  const auto good = ReadFile(path());
  ChangeByte(100);
  ChangeByte(kSlotBytes + 100);
  EXPECT_TRUE(absl::IsDataLoss(MarkFile::Open(directory()).status()));
  for (const std::size_t length : {std::size_t{0}, kSlotBytes, 2 * kSlotBytes - 1, 2 * kSlotBytes + 1}) {
    auto bytes = good;
    bytes.resize(length, '\0');
    WriteFile(path(), bytes);
    EXPECT_TRUE(absl::IsDataLoss(MarkFile::Open(directory()).status())) << length;
  }
}

TEST_F(MarkFileTest, RefusesASecondOpenerUntilTheFirstIsGone) {
  MakeTwo();
  auto first = MarkFile::Open(directory());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(MarkFile::Open(directory()).status()));
  first->reset();
  EXPECT_TRUE(MarkFile::Open(directory()).ok());
}

TEST_F(MarkFileTest, RefusesASymbolicLink) {
  MakeTwo();
  std::filesystem::rename(path(), temporary_.path() + "/elsewhere");
  std::filesystem::create_symlink(temporary_.path() + "/elsewhere", path());
  EXPECT_TRUE(absl::IsFailedPrecondition(MarkFile::Open(directory()).status()));
}

}  // namespace
}  // namespace trustlog::signer
