// What the registry costs without signature work: Check + Apply of one commitment beside SHA-256 of its statement, replay of the
// registry alone, and the memory that commitments add. Everything in one run and interleaved; prints one JSON object.
//
//   registry_bench [COMMITMENTS]      default 1,000,000
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "client/registry/registry.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/support/sample_alliance.h"

namespace {

using namespace trustlog;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kChunk = 5'000;
constexpr const char* kMembers[] = {"one", "two", "three"};
constexpr int kPrinciples = 5;
constexpr std::size_t kChains = std::size(kMembers) * kPrinciples;

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "registry_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

double Microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// The records that those under way refer to; what is older is forgotten, so that the registry's memory is what grows, if any does.
class RecentFacts final : public registry::FactSource {
 public:
  void Add(std::uint64_t index, const attest::Entry& entry) {
    facts_[entry.statement_id] = {index, std::make_shared<const attest::Entry>(entry)};
  }
  void Forget(const attest::Id& id) { facts_.erase(id); }
  absl::StatusOr<std::optional<registry::Fact>> ById(const attest::Id& id) const override {
    const auto found = facts_.find(id);
    return found == facts_.end() ? std::nullopt : std::optional(found->second);
  }
  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t) const override { return std::nullopt; }

 private:
  struct IdHash {
    std::size_t operator()(const attest::Id& id) const {
      std::size_t value = 0;
      for (unsigned i = 0; i < sizeof value; ++i) value = value << 8 | id[i];
      return value;
    }
  };
  std::unordered_map<attest::Id, registry::Fact, IdHash> facts_;
};

// Commitments of every member on every principle in turn, each renewing the one before it. Their signatures are of the right form
// only: the registry is told that they verify.
class Commitments final {
 public:
  explicit Commitments(const support::SampleAlliance& alliance) : alliance_(alliance), heads_(kChains) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const auto label = fmt::format("commitment-{}-{}", kMembers[chain / kPrinciples], chain % kPrinciples + 1);
      for (const auto& [name, record] : alliance.records()) {
        if (name == label) heads_[chain] = bytes::EncodeHex(record.id());
      }
    }
  }

  struct Made {
    registry::Replayed record;
    std::string payload;
  };
  Made Next(std::uint64_t index) {
    const std::size_t chain = count_++ % kChains;
    const char* member = kMembers[chain / kPrinciples];
    auto draft = support::CommitmentStatement(member, static_cast<int>(chain % kPrinciples) + 1, alliance_["principles"]);
    draft.variant = count_;
    if (!heads_[chain].empty()) draft.members += fmt::format(R"(,"supersedes":{{"id":"{}","change":"renewal"}})", heads_[chain]);
    Made made;
    made.payload = support::PayloadOf(draft);
    auto statement = attest::ParseStatement(made.payload, support::SampleContext());
    if (!statement.ok()) Die(statement.status());
    const auto id = attest::StatementId(made.payload);
    const auto key = support::SampleKey(draft.signers.front()).public_key().id();
    auto entry = attest::Derive(*statement, id, {{{key, std::string(64, 's')}}});
    if (!entry.ok()) Die(entry.status());
    entry->logged_at_ms = support::SampleAlliance::LoggedAtMs(alliance_.size());
    heads_[chain] = bytes::EncodeHex(id);
    made.record = {.index = index, .entry = *std::move(entry), .statement = *std::move(statement), .signatures = absl::OkStatus()};
    return made;
  }

 private:
  const support::SampleAlliance& alliance_;
  std::vector<std::string> heads_;  // hex of the newest statement id; "" before the first
  std::uint64_t count_ = 0;
};

std::int64_t BytesOf(const registry::Registry& registry) {
  const auto before = mallinfo2().uordblks;
  const registry::Registry copy(registry);
  return static_cast<std::int64_t>(mallinfo2().uordblks - before);
}

struct Rounds {
  std::vector<double> one_us, sha256_us, replay_rate;  // a value each record, each chunk, each chunk
};

void RunChunk(Commitments& commitments, registry::Registry& admitting, registry::Registry& replaying, RecentFacts& facts,
              Rounds& rounds) {
  std::vector<Commitments::Made> made;
  made.reserve(kChunk);
  for (std::uint64_t i = 0; i < kChunk; ++i) made.push_back(commitments.Next(admitting.size() + i));

  auto start = Clock::now();
  for (const auto& one : made) {
    if (merkle::Sha256(bytes::AsBytes(one.payload))[0] == 0 && one.payload.empty()) std::abort();  // keeps the digest
  }
  rounds.sha256_us.push_back(Microseconds(Clock::now() - start) / kChunk);

  for (const auto& one : made) {
    const registry::Record record{one.record.index, &*one.record.entry, std::get_if<attest::Statement>(&one.record.statement)};
    start = Clock::now();
    auto status = admitting.Check(record, facts);
    if (status.ok()) status = admitting.Apply(one.record, facts);
    rounds.one_us.push_back(Microseconds(Clock::now() - start));
    if (!status.ok()) Die(status);
    facts.Add(one.record.index, *one.record.entry);
  }
  start = Clock::now();
  for (const auto& one : made) {
    if (auto status = replaying.Apply(one.record, facts); !status.ok()) Die(status);
  }
  rounds.replay_rate.push_back(kChunk / Microseconds(Clock::now() - start) * 1e6);
  for (std::size_t i = 0; i + kChains < made.size(); ++i) facts.Forget(made[i].record.entry->statement_id);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const support::SampleAlliance alliance;
  registry::Registry admitting(support::kSampleOrigin);
  RecentFacts facts;
  for (const auto& [label, signed_record] : alliance.records()) {
    attest::Entry entry = signed_record.entry;
    entry.logged_at_ms = support::SampleAlliance::LoggedAtMs(admitting.size());
    const std::uint64_t index = admitting.size();
    if (auto status = admitting.Apply({index, entry, signed_record.statement, absl::OkStatus()}, facts); !status.ok()) Die(status);
    facts.Add(index, entry);
  }
  registry::Registry replaying(admitting);
  Commitments commitments(alliance);
  Rounds rounds;
  const auto before = BytesOf(admitting);
  while (admitting.size() < alliance.size() + count) RunChunk(commitments, admitting, replaying, facts, rounds);
  const auto grown = BytesOf(admitting) - before;
  if (!admitting.violations().empty() || !replaying.violations().empty()) {
    Die(absl::InternalError("the registry refused " + admitting.violations().front().reason));
  }
  const double one = Median(rounds.one_us), sha256 = Median(rounds.sha256_us);
  fmt::print("{{\"commitments\":{},\"checkAndApplyMicroseconds\":{:.2f},\"sha256OfStatementMicroseconds\":{:.2f},\"ratio\":{:.1f},"
             "\"replayPerSecond\":{:.0f},\"rounds\":{},\"stateBytesAdded\":{}}}\n",
             admitting.size() - alliance.size(), one, sha256, one / sha256, Median(rounds.replay_rate), rounds.sha256_us.size(),
             grown);
}
