// The only factory of storage engines: "sqlite:PATH" -> an implementation. "postgres://..." is refused plainly in this version.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/checkpoint_store.h"
#include "storage/key_index.h"
#include "storage/storage.h"

namespace trustlog::storage {

// A store in use by this process alone (lock file held until destruction). `log` for the sequencer thread, `reader` for all others
// (its reads do not wait for a commit), `checkpoints` thread-safe.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual LogWriter& log() = 0;
  virtual const LogReader& reader() const = 0;
  virtual CheckpointStore& checkpoints() = 0;
  // Bytes free on the volume and bytes in use, for health and metrics.
  virtual absl::StatusOr<std::uint64_t> FreeBytes() const = 0;
  virtual absl::StatusOr<std::uint64_t> UsedBytes() const = 0;
  // True if the last process that wrote to the store did not call CloseCleanly (or there was none).
  virtual bool opened_unclean() const = 0;
  // Last act of an orderly stop: WAL checkpointed, clean-stop record written and synced. Nothing may be called after it.
  [[nodiscard]] virtual absl::Status CloseCleanly() = 0;
};

struct StorageOptions {
  // Test builds only (TRUSTLOG_FAILPOINTS), see failpoint.h: called by name at each point that the storage passes; a status that is
  // not OK is the outcome of that step. Never called by other builds.
  std::function<absl::Status(std::string_view point)> failpoint;
};

// The new store is open and empty. FailedPrecondition: something exists at that place, or it is no place for a store. An error leaves
// no database there.
// InvalidArgument: a URL of another form, an engine that is not built in.
absl::StatusOr<std::unique_ptr<Storage>> CreateStorage(std::string_view url, const Identity& identity, StorageOptions options = {});
// Every file that a store at `url` may consist of, the database first, as absolute paths: for who must tell or undo what was made.
absl::StatusOr<std::vector<std::string>> FilesOf(std::string_view url);
// Never creates. NotFound: nothing there, or something that never was a store. FailedPrecondition: in use by another process,
// another schema, a network file system or settings that cannot be had. DataLoss: the right edge does not hash to the head, or the
// last bundle not to its leaves. Unknown: the disk did not take what the last process left.
absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(std::string_view url, StorageOptions options = {});
// The index beside the store at `url`, for the process that holds that store. Whatever is there and is not of this identity, or
// cannot be used, is replaced by an empty one: deleting the file is safe. Not OK: none can be made.
absl::StatusOr<std::unique_ptr<KeyIndex>> OpenKeyIndex(std::string_view url, const KeyIndexIdentity& identity);

}  // namespace trustlog::storage
