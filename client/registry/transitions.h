// What an accepted record changes (records.md 6.6, column transition). Internal to client/registry.
#pragma once

#include <optional>
#include <string>

#include "client/registry/case.h"

namespace trustlog::registry {

// Every record: size, time, the record it supersedes, and the head where it belongs to a chain.
void Follow(State& state, const Record& record, const std::optional<ChainKey>& chain);

// By kind, after Follow.   REQUIRES: the rules took `record`; its statement is not withheld, but where said.
void BeginLog(State& state, const Record& record);          // 0
void ChangeRoles(State& state, const Record& record);       // 1
void AddPrincipleSet(State& state, const Record& record);   // 2
void AddParty(State& state, const Record& record);          // 3
void AddKey(State& state, const Record& record);            // 4
void RevokeKey(State& state, const Record& record);         // 5
void Withdraw(State& state, const Record& record);          // 6
void AddStatus(State& state, const Record& record);         // 7
void AddAccreditation(State& state, const Record& record);  // 8
void Retract(State& state, const Record& record);           // 21; reads the entry alone
void AddNotice(State& state, const Record& record);         // 32
void AddIndexHead(State& state, const Record& record);      // 33
void AddLogEvent(State& state, const Record& record);       // 35

// The nonce of the index-head statement with this size and root (8.4).
std::string IndexHeadNonce(const attest::IndexHead& head);

}  // namespace trustlog::registry
