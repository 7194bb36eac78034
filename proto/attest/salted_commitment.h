// Salted commitments (records.md 5.6): HMAC-SHA-256(key = salt, "trustlog-commit/v1\n" | content), for a digest of what could be
// guessed. The party keeps salt and content; without the salt the digest says nothing, with it the content is bound. Pure and
// thread-safe.
#pragma once

#include "merkle/hash.h"

namespace trustlog::attest {

using Salt = merkle::Hash;  // 32 random bytes, used for one content only

merkle::Hash SaltedCommitment(const Salt& salt, merkle::ByteView content);

}  // namespace trustlog::attest
