// Work on many independent items at once: signatures, statements. Internal to this folder.
#pragma once

#include <cstddef>
#include <functional>

namespace trustlog::follow {

// Calls work(i) once for each i in [0, count), on as many threads as there are cores, and returns when all of them have.
// `work` must not throw and must be safe on several threads for different i.
void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace trustlog::follow
