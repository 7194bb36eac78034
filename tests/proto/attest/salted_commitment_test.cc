// Salted commitments (records.md 5.6).
#include "proto/attest/salted_commitment.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

std::string Commit(const Salt& salt, const std::string& content) {
  return bytes::EncodeHex(SaltedCommitment(salt, bytes::AsBytes(content)));
}

// python3: hmac.new(salt, b"trustlog-commit/v1\n" + content, hashlib.sha256).hexdigest()
TEST(SaltedCommitmentTest, IsWhatPythonsHmacSays) {
  Salt counting{}, ones{};
  for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<std::uint8_t>(i);
  ones.fill(0xff);
  EXPECT_EQ(Commit(counting, "scope: cloud services, 2026"), "3313326f37802dc35686050a003cad0acce81df3d124e75c7cbabbb79ccf8b3c");
  EXPECT_EQ(Commit(ones, ""), "a4e0d57a61c1e8d2650972b075d5e3343bf596526491ecf09cd4088fe0f11d51");
  EXPECT_EQ(Commit(Salt{}, std::string(1000, 'a')), "25e5bd4ddb5b52e2708e7902825e2e624c25191ac8bdd9860d438b0955f32e87");
}

TEST(SaltedCommitmentTest, EveryBitOfSaltAndContentCounts) {
  const Salt salt{1};
  const std::string content = "content", expected = Commit(salt, content);
  for (std::size_t bit = 0; bit < 8 * salt.size(); ++bit) {
    Salt other = salt;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << bit % 8));
    EXPECT_NE(Commit(other, content), expected) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * content.size(); ++bit) {
    std::string other = content;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Commit(salt, other), expected) << bit;
  }
}

}  // namespace
}  // namespace trustlog::attest
