// The registry over any sequence of entries, as a monitor replays a log that lies. An input is a sequence of
//   u8 1 = with statement, else withheld | lp16 entry | with statement: lp16 payload
// whose signatures count as verified. The seeds are histories of tests/support/sample_alliance.h in this form.
#include <string>
#include <utility>

#include "client/registry/draft.h"
#include "client/registry/memory_facts.h"
#include "client/registry/registry.h"
#include "client/registry/snapshot.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::registry {
namespace {

constexpr char kOrigin[] = "log.example/sample-alliance";

std::string Bytes(const Registry& registry) { return FormatSnapshot({registry.size(), {}}, registry); }

Replayed Read(bytes::ByteReader& in, const Registry& registry) {
  Replayed replayed;
  replayed.index = registry.size();
  const bool with_statement = in.U8() == 1;
  replayed.entry = attest::DecodeEntry(in.Lp16());
  if (!with_statement) return replayed;
  const auto payload = in.Lp16();
  auto statement = attest::ParseStatement(payload, registry.context());
  if (!statement.ok()) {
    replayed.statement = Malformed{statement.status()};
  } else if (!replayed.entry.ok() || attest::StatementId(payload) != replayed.entry->statement_id) {
    replayed.statement = Malformed{absl::DataLossError("another digest")};
  } else {
    replayed.statement = *std::move(statement);
  }
  return replayed;
}

// What a log takes in a replay, a server takes too, with the same effect.
void ExpectAdmitted(Registry before, const Registry& after, const Replayed& replayed, const FactSource& facts) {
  Draft draft(before);
  const Record record{replayed.index, &*replayed.entry, std::get_if<attest::Statement>(&replayed.statement)};
  fuzz::Expect(before.Check(record, facts).ok() && draft.Add(record, facts).ok(),
               "a record is taken in a replay and not by a draft");
  before.Absorb(std::move(draft));
  fuzz::Expect(Bytes(before) == Bytes(after), "a record has another effect in a draft");
}

void Replay(std::string_view input) {
  Registry registry(kOrigin);
  MemoryFacts facts;
  bytes::ByteReader in(input);
  while (!in.AtEnd() && in.ok()) {
    const auto replayed = Read(in, registry);
    const Registry before = registry;
    const auto violations = registry.violations().size();
    fuzz::Expect(registry.Apply(replayed, facts).ok(), "a replay stops");
    fuzz::Expect(registry.size() == before.size() + 1, "a record is not counted");
    if (registry.violations().size() == violations) ExpectAdmitted(before, registry, replayed, facts);
    if (replayed.entry.ok()) facts.Add(replayed.index, *replayed.entry);
  }
  const auto bytes = Bytes(registry);
  const auto again = ParseSnapshot(bytes, kOrigin);
  fuzz::Expect(again.ok() && Bytes(again->registry) == bytes, "a snapshot does not come back");
}

}  // namespace
}  // namespace trustlog::registry

TRUSTLOG_FUZZ_TARGET(Registry) { trustlog::registry::Replay(input); }
