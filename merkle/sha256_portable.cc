// The kernel that runs everywhere: OpenSSL's SHA256_Init, _Update, _Final, one message after the other.
//
// These calls are deprecated in favour of EVP, which costs a context and a fetched digest a hash: 1.4 to 4 times as much for
// a node. They stay in every OpenSSL 3.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "merkle/sha256_kernels.h"

namespace trustlog::merkle {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafPrefix = {0x00};  // RFC 6962 section 2.1
constexpr std::array<std::uint8_t, 1> kNodePrefix = {0x01};

void LeavesOneByOne(std::span<const ByteView> entries, std::span<Hash> out) {
  for (std::size_t i = 0; i < entries.size(); ++i) out[i] = OpenSslSha256(kLeafPrefix, entries[i]);
}

void NodesOneByOne(std::span<const Hash> children, std::span<Hash> parents) {
  for (std::size_t i = 0; i < parents.size(); ++i) {
    // Two neighbours in the array are 64 bytes in a row.
    parents[i] = OpenSslSha256(kNodePrefix, {children[2 * i].data(), 2 * sizeof(Hash)});
  }
}

}  // namespace

Hash OpenSslSha256(ByteView prefix, ByteView data) {
  SHA256_CTX context;
  Hash hash;
  // These return 1 always: they neither allocate nor fetch.
  SHA256_Init(&context);
  SHA256_Update(&context, prefix.data(), prefix.size());
  SHA256_Update(&context, data.data(), data.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

void OpenSslCompress(std::array<std::uint32_t, 8>& state, const std::uint8_t* block) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::ranges::copy(state, context.h);
  SHA256_Transform(&context, block);
  std::copy_n(context.h, state.size(), state.begin());
}

const Sha256Kernel& PortableKernel() {
  static constexpr Sha256Kernel kKernel = {"portable", &LeavesOneByOne, &NodesOneByOne};
  return kKernel;
}

}  // namespace trustlog::merkle
