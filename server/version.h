// The version of the programs, in one place for the server.
#pragma once

#include <string_view>

namespace trustlog::server {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace trustlog::server
