// The public pages that are not tiles: /.well-known/trustlog.json (hints only: a client never takes a key from it without a pin),
// /policy, and one text page at / with the commands to verify. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "server/http/router.h"

namespace trustlog::web {

struct PublicFacts {
  std::string origin, vkey, type_base, urn_prefix;
  std::string public_url;  // "" = not configured
  std::string grpc_address;
  std::string policy;  // text served at /policy
  std::string contact, version;
  std::int64_t publish_interval_ms = 1'000;
  std::function<std::string()> state;  // "active" or "frozen"
};

// The document of /.well-known/trustlog.json.
std::string FormatWellKnown(const PublicFacts& facts);
void AddPublicPages(http::Router& router, PublicFacts facts);

}  // namespace trustlog::web
