#include "proto/attest/salted_commitment.h"

#include "proto/bytes/wire.h"
#include "proto/keys/hmac.h"

namespace trustlog::attest {

merkle::Hash SaltedCommitment(const Salt& salt, merkle::ByteView content) {
  return keys::HmacSha256(salt, {bytes::AsBytes("trustlog-commit/v1\n"), content});
}

}  // namespace trustlog::attest
