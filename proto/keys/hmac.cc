#include "proto/keys/hmac.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace trustlog::keys {
namespace {

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

}  // namespace

merkle::Hash HmacSha256(merkle::ByteView key, std::initializer_list<merkle::ByteView> parts) {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_new(mac.get()));
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest.data(), digest.size()),
                                   OSSL_PARAM_construct_end()};
  // An empty key has a place all the same: a null one would mean "the key set before".
  constexpr unsigned char kNoKey = 0;
  bool done = EVP_MAC_init(context.get(), key.empty() ? &kNoKey : key.data(), key.size(), parameters) == 1;
  for (const auto& part : parts) done = done && EVP_MAC_update(context.get(), part.data(), part.size()) == 1;
  merkle::Hash out{};
  std::size_t size = 0;
  done = done && EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 && size == out.size();
  if (!done) std::abort();  // no memory, or a library without SHA-256: there is no code to return
  return out;
}

}  // namespace trustlog::keys
