// What an accepted record changes (records.md 6.6, column transition). Internal to client/registry.
#pragma once

#include <optional>

#include "client/registry/case.h"

namespace trustlog::registry {

// Every record: size, time, the record it supersedes, and the head where it belongs to a chain.
void Follow(State& state, const Record& record, const std::optional<ChainKey>& chain);

// By kind, after Follow.   REQUIRES: the rules took `record`; its statement is not withheld.
void BeginLog(State& state, const Record& record);          // 0
void AddPrincipleSet(State& state, const Record& record);   // 2
void AddParty(State& state, const Record& record);          // 3
void AddKey(State& state, const Record& record);            // 4
void AddAccreditation(State& state, const Record& record);  // 8

}  // namespace trustlog::registry
