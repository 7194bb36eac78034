// The kernels by themselves, for sha256_batch.cc alone (and hash.cc for the plain digest). Thread-safe.
#pragma once

#include "merkle/hash.h"
#include "merkle/sha256_batch.h"

namespace trustlog::merkle {

// SHA-256(prefix | data) by OpenSSL.
Hash OpenSslSha256(ByteView prefix, ByteView data);

// One 64-byte block into the state of FIPS 180-4, by OpenSSL: for a lane that is left alone.
void OpenSslCompress(std::array<std::uint32_t, 8>& state, const std::uint8_t* block);

const Sha256Kernel& PortableKernel();

// nullptr: not x86-64, or CPU or operating system lack AVX2.
const Sha256Kernel* Avx2Kernel();

// nullptr: not x86-64, or CPU or operating system lack AVX-512 F, BW or VL.
const Sha256Kernel* Avx512Kernel();

// nullptr: not x86-64, or the CPU lacks SHA-NI, or it or the operating system AVX.
const Sha256Kernel* ShaNiKernel();

}  // namespace trustlog::merkle
