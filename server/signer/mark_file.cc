#include "server/signer/mark_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "merkle/hash.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/wire.h"

namespace trustlog::signer {
namespace {

constexpr std::string_view kMagic = "TLMARK1\n";
constexpr std::size_t kDigestAt = kSlotBytes - 32;

std::string MarkPath(const std::string& directory) { return directory + "/mark"; }

}  // namespace

std::string FormatSlot(const Mark& mark) {
  bytes::ByteWriter writer;
  writer.Raw(kMagic).U64(mark.sequence).Lp16(mark.origin).Hash32(mark.key_id).Hash32(mark.store_id).U64(mark.range.size());
  writer.U8(static_cast<std::uint8_t>(mark.range.hashes().size()));
  for (const auto& hash : mark.range.hashes()) writer.Hash32(hash);
  writer.I64(mark.last_time_ms);
  std::string slot = writer.Take();
  slot.resize(kDigestAt, '\0');  // 64 hashes and the longest origin take 2,400 bytes
  const auto digest = merkle::Sha256(bytes::AsBytes(slot));
  slot.append(bytes::AsText(digest));
  return slot;
}

absl::StatusOr<Mark> ParseSlot(std::string_view slot) {
  if (slot.size() != kSlotBytes) return absl::DataLossError("mark slot of another length");
  const auto digest = merkle::Sha256(bytes::AsBytes(slot.substr(0, kDigestAt)));
  if (slot.substr(kDigestAt) != bytes::AsText(digest)) return absl::DataLossError("mark slot digest differs");
  bytes::ByteReader reader(slot.substr(0, kDigestAt));
  Mark mark;
  const bool magic = reader.Raw(kMagic.size()) == kMagic;
  mark.sequence = reader.U64();
  mark.origin = std::string(reader.Lp16());
  mark.key_id = reader.Hash32();
  mark.store_id = reader.Hash32();
  const std::uint64_t size = reader.U64();
  std::vector<merkle::Hash> hashes(reader.U8());
  for (auto& hash : hashes) hash = reader.Hash32();
  mark.last_time_ms = reader.I64();
  const auto range = merkle::CompactRange::FromHashes(size, hashes);
  const bool zeros = reader.rest().find_first_not_of('\0') == std::string_view::npos;
  if (!magic || !reader.ok() || !range.has_value() || !zeros) return absl::DataLossError("mark slot malformed");
  mark.range = *range;
  return mark;
}

absl::Status MarkFile::Create(const std::string& directory, const Mark& first) {
  if (const auto made = bytes::MakeDirectories(directory, 0700); !made.ok()) return made.status();
  const std::string path = MarkPath(directory);
  const bytes::Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.ok()) {
    return absl::FailedPreconditionError(errno == EEXIST ? fmt::format("{} exists already: a log's mark is made once", path)
                                                         : fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  }
  // Slot 1 stays invalid until the first Write: its place is taken on disk, so a full disk cannot stop a later mark.
  std::string both = FormatSlot(first);
  both.resize(2 * kSlotBytes, '\0');
  auto status = bytes::WriteAllAt(file.get(), both, 0) && fsync(file.get()) == 0
                    ? bytes::SyncDirectory(directory)
                    : absl::UnknownError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::StatusOr<std::unique_ptr<MarkFile>> MarkFile::Open(const std::string& directory) {
  const std::string path = MarkPath(directory);
  const int fd = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    const auto text = fmt::format("cannot open the signer's mark {}: {}", path, std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(text) : absl::FailedPreconditionError(text);
  }
  const int lock = open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  const auto fail = [&](absl::Status status) {
    close(fd);
    if (lock >= 0) close(lock);
    return status;
  };
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return fail(absl::FailedPreconditionError(fmt::format("the mark {} is in use by another process", path)));
  }
  std::string both(2 * kSlotBytes + 1, '\0');
  const ssize_t n = pread(fd, both.data(), both.size(), 0);
  if (n != 2 * static_cast<ssize_t>(kSlotBytes))
    return fail(absl::DataLossError(fmt::format("{} has not {} bytes", path, 2 * kSlotBytes)));
  const std::string_view all = both;
  const std::string_view texts[2] = {all.substr(0, kSlotBytes), all.substr(kSlotBytes, kSlotBytes)};
  absl::StatusOr<Mark> slots[2] = {ParseSlot(texts[0]), ParseSlot(texts[1])};
  if (!slots[0].ok() && !slots[1].ok()) return fail(absl::DataLossError(fmt::format("no valid slot in {}", path)));
  const int newest = !slots[0].ok() ? 1 : !slots[1].ok() ? 0 : slots[1]->sequence > slots[0]->sequence ? 1 : 0;
  // A second slot that was never written is all zeros: not torn.
  const bool torn = !slots[1 - newest].ok() && texts[1 - newest].find_first_not_of('\0') != std::string_view::npos;
  return std::unique_ptr<MarkFile>(new MarkFile(fd, lock, *std::move(slots[newest]), newest, torn));
}

MarkFile::MarkFile(int file, int lock, Mark current, int current_slot, bool torn)
    : file_(file), lock_(lock), current_(std::move(current)), current_slot_(current_slot), opened_torn_(torn) {}

MarkFile::~MarkFile() {
  close(file_);
  close(lock_);
}

absl::Status MarkFile::Write(Mark next) {
  next.sequence = current_.sequence + 1;
  const int slot = 1 - current_slot_;
  if (!bytes::WriteAllAt(file_, FormatSlot(next), slot * static_cast<off_t>(kSlotBytes)) || fdatasync(file_) != 0) {
    return absl::UnknownError(fmt::format("the signer's mark could not be written: {}", std::strerror(errno)));
  }
  current_ = std::move(next);
  current_slot_ = slot;
  return absl::OkStatus();
}

}  // namespace trustlog::signer
