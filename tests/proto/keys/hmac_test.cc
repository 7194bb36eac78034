// HMAC-SHA-256 against the test cases of RFC 4231.
#include "proto/keys/hmac.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::keys {
namespace {

std::string Mac(const std::string& key, const std::string& data) {
  return bytes::EncodeHex(HmacSha256(bytes::AsBytes(key), {bytes::AsBytes(data)}));
}

TEST(HmacTest, TheCasesOfRfc4231) {
  const struct {
    const char* name;
    std::string key, data;
    const char* mac;
  } cases[] = {
      {"1", std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"2", "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"3", std::string(20, '\xaa'), std::string(50, '\xdd'), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"6: a key longer than a block", std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& test : cases) EXPECT_EQ(Mac(test.key, test.data), test.mac) << test.name;
}

TEST(HmacTest, ThePartsAreOneTextAndMayBeEmpty) {
  const auto key = bytes::AsBytes("Jefe");
  const auto whole = HmacSha256(key, {bytes::AsBytes("what do ya want for nothing?")});
  EXPECT_EQ(HmacSha256(key, {bytes::AsBytes("what do ya "), {}, bytes::AsBytes("want for nothing?")}), whole);
  // python3: hmac.new(b"", b"", hashlib.sha256)
  EXPECT_EQ(Mac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace trustlog::keys
