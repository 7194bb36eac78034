// The signer: the only holder of the log key, with its own durable memory of the last head that it signed (the mark). It signs a
// head only if that head is exactly its mark's tree grown by entries that it hashed itself. Publisher thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/compact_range.h"
#include "merkle/tile.h"

namespace trustlog::signer {

class Signer {
 public:
  virtual ~Signer() = default;
  virtual const std::string& vkey() const = 0;
  virtual merkle::TreeHead Mark() const = 0;
  // Moves the mark along a checkpoint that carries this log's own signature and is proven to extend the mark: `proof` is the
  // consistency proof, `range` the compact range of its size. FailedPrecondition: not ours, smaller, or not proven. Unknown: the
  // mark could not be written.
  [[nodiscard]] virtual absl::Status Follow(std::string_view signed_checkpoint, std::span<const merkle::Hash> proof,
                                            const merkle::CompactRange& range) = 0;
  // Hashes entries [begin, begin + n) onto the mark's tree. `begin` == the mark's size drops what was fed before, so an ended tick
  // leaves nothing behind. InvalidArgument: a gap.
  [[nodiscard]] virtual absl::Status Feed(std::uint64_t begin, std::span<const std::string_view> entries) = 0;
  // The signed note of `head`. FailedPrecondition: `head` is not exactly mark + fed entries. The mark is on disk before a signature
  // is returned; Unknown: it could not be written: release nothing, stop.
  virtual absl::StatusOr<std::string> Sign(const merkle::TreeHead& head) = 0;
};

}  // namespace trustlog::signer
