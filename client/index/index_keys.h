// Under which keys an entry is found (records.md 8.1): a pure function of the entry, void ones included. A key is text, its type
// before the first ':', its value after it. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "merkle/hash.h"
#include "proto/attest/entry.h"

namespace trustlog::index {

inline constexpr std::string_view kIndexFunction = "trustlog-index/1";

// "kind:16", "issuer:urn:tta:member:sap", "subject-principle:urn:tta:member:sap#3" ...: ascending, each once.
std::vector<std::string> IndexKeys(const attest::Entry& entry);

// One key of each type.
std::string SubjectKey(std::string_view urn);
std::string SubjectPrincipleKey(std::string_view urn, std::uint8_t principle);
std::string IssuerKey(std::string_view urn);
std::string KindKey(attest::Kind kind);
std::string RefKey(const attest::Id& id);
std::string ArtifactKey(const merkle::Hash& digest);
std::string SignerKey(const keys::KeyId& id);
std::string ExpiryKey(std::int64_t valid_until);  // of its month.   REQUIRES: attest::kMinTime <= valid_until <= attest::kMaxTime

}  // namespace trustlog::index
