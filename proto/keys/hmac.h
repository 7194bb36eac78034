// HMAC-SHA-256 (RFC 2104, FIPS 198-1). Pure and thread-safe.
#pragma once

#include <initializer_list>

#include "merkle/hash.h"

namespace trustlog::keys {

// Over the parts one after the other, none of which is copied.
merkle::Hash HmacSha256(merkle::ByteView key, std::initializer_list<merkle::ByteView> parts);

}  // namespace trustlog::keys
