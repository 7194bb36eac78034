// A process's standard streams, before its work and after it: what is meant for them goes nowhere else, and what they did not take
// is known. Called by main, while there is one thread.
#pragma once

#include <optional>
#include <string>

namespace trustlog::bytes {

// Each of the descriptors 0 to 2 that is closed is taken, so that no file opened later gets its number and with it the lines meant
// for a terminal. It is open the wrong way round: reading 0 and writing 1 or 2 fail as they would have.
void HoldStandardStreams();

// Flushes std::cout and stdout. nullopt: everything was taken, or the reader went away (`| head -1`): it wants no more. Else why.
std::optional<std::string> LostOutput();

}  // namespace trustlog::bytes
