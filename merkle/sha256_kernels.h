// The kernels by themselves, for sha256_batch.cc alone (and hash.cc for the plain digest). Thread-safe.
#pragma once

#include "merkle/hash.h"
#include "merkle/sha256_batch.h"

namespace trustlog::merkle {

// SHA-256(prefix | data) by OpenSSL.
Hash OpenSslSha256(ByteView prefix, ByteView data);

const Sha256Kernel& PortableKernel();

// nullptr: not x86-64, or the CPU lacks SHA-NI, SSE4.1 or SSSE3.
const Sha256Kernel* ShaNiKernel();

}  // namespace trustlog::merkle
