// What every start and every restored copy is asked first: does the right edge of the tree hash to the head, and does the last
// bundle hash to its leaves (reliability.md 3.3)?
#pragma once

#include "absl/status/status.h"
#include "storage/storage.h"

namespace trustlog::storage {

// DataLoss: no. Other errors are those of the reads. Reads about a dozen tiles and one bundle.
[[nodiscard]] absl::Status CheckRightEdge(const LogReader& reader);

}  // namespace trustlog::storage
