// Bundles as a client reads them: up to 256 byte strings, each with a big-endian u16 length (A15). In statement bundles length 0
// means withheld. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "merkle/tile.h"

namespace trustlog::tlog {

// The `width` strings, borrowed from `bundle`; nullopt: not exactly that many, bytes left over, or a width outside 1..256.
std::optional<std::vector<std::string_view>> ParseBundle(std::string_view bundle, std::uint16_t width);

// REQUIRES: at most 256 items of at most 65,535 bytes.
std::string FormatBundle(std::span<const std::string_view> items);

// A hash tile as served: width x 32 bytes; nullopt: another length, or a width outside 1..256.
std::optional<std::vector<merkle::Hash>> ParseTile(std::string_view tile, std::uint16_t width);
std::string FormatTile(std::span<const merkle::Hash> hashes);

}  // namespace trustlog::tlog
