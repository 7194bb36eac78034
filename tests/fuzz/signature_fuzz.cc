// The strict reader of ECDSA signatures against OpenSSL's lenient one (records.md 2.2): accepted are just those that OpenSSL writes
// back as the same bytes and whose integers are in [1, n-1].
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <memory>

#include "proto/keys/ecdsa.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {
namespace {

struct Free {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};

bool IsInRange(const BIGNUM* number, const BIGNUM* order) {
  return !BN_is_zero(number) && !BN_is_negative(number) && BN_cmp(number, order) < 0;
}

bool HasFormByOpenSsl(const keys::Curve& curve, std::string_view input) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(input.data());
  const auto* next = begin;
  const std::unique_ptr<ECDSA_SIG, Free> signature(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(input.size())));
  if (signature == nullptr) return false;
  const std::unique_ptr<BIGNUM, Free> order(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(curve.order.data()), static_cast<int>(curve.order.size()), nullptr));
  if (!IsInRange(ECDSA_SIG_get0_r(signature.get()), order.get()) || !IsInRange(ECDSA_SIG_get0_s(signature.get()), order.get()))
    return false;
  std::string written(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(written.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  return written == input;
}

}  // namespace

TRUSTLOG_FUZZ_TARGET(Signature) {
  for (const auto* curve : {&keys::P256(), &keys::P384()}) {
    Expect(keys::HasEcdsaForm(*curve, input) == HasFormByOpenSsl(*curve, input), "both readers agree on the form");
  }
  ERR_clear_error();
}

}  // namespace trustlog::fuzz
