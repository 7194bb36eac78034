#include "client/registry/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "merkle/hash.h"
#include "proto/bytes/wire.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {
namespace {

using support::kSampleOrigin;
using support::SampleAlliance;

const SampleAlliance& Alliance() {
  static const SampleAlliance alliance;
  return alliance;
}

// The whole alliance, then a void record, a fall of time, a rotated key and corrections: every table has a row.
Ledger EveryTable() {
  auto ledger = Ledger::Before(Alliance(), "");
  auto refused =
      ledger.AsReplayed(Sign(support::CommitmentStatement("one", 4, Alliance()["principles"])), SampleAlliance::LoggedAtMs(30));
  refused.signatures = bytes::Refuse(bytes::Reason::kSignatureInvalid, "x");
  ledger.Log(refused);
  ledger.Log(
      ledger.AsReplayed(Sign(support::EvidenceStatement("two", Alliance()["commitment-two-1"])), SampleAlliance::LoggedAtMs(29)));
  ledger.Take(
      Sign(Superseding(support::ResultStatement(Alliance()["engagement"], "conformant"), Alliance()["result"], "correction")),
      SampleAlliance::LoggedAtMs(31));
  ledger.Take(Sign(Superseding(support::AccreditationStatement("south", "two"), Alliance()["accredit-south"], "renewal")),
              SampleAlliance::LoggedAtMs(32));
  return ledger;
}

std::string Formatted(const Registry& registry) { return FormatSnapshot({registry.size(), merkle::Hash{7}}, registry); }

TEST(Snapshot, ComesBackAsItWas) {
  for (const Ledger& ledger : {Ledger(), Ledger::Before(Alliance(), "principles"), Ledger::Before(Alliance(), ""), EveryTable()}) {
    const auto bytes = Formatted(ledger.registry);
    const auto read = ParseSnapshot(bytes, kSampleOrigin);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->origin, kSampleOrigin);
    EXPECT_EQ(read->head, (merkle::TreeHead{ledger.registry.size(), merkle::Hash{7}}));
    EXPECT_EQ(Formatted(read->registry), bytes);
    EXPECT_EQ(read->registry.size(), ledger.registry.size());
    EXPECT_EQ(read->registry.key_set_version(), ledger.registry.key_set_version());
    EXPECT_TRUE(std::ranges::equal(read->registry.violations(), ledger.registry.violations()));
  }
}

// State grows with parties, keys and corrections, not with entries.
TEST(Snapshot, DoesNotGrowWithRenewals) {
  auto ledger = Ledger::Before(Alliance(), "");
  auto head = Alliance()["commitment-two-1"];
  const auto renew = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      auto renewal = Superseding(support::CommitmentStatement("two", 1, Alliance()["principles"]), head, "renewal");
      renewal.variant = ledger.registry.size();
      head = Sign(renewal);
      ledger.Take(head, SampleAlliance::LoggedAtMs(ledger.registry.size()));
    }
  };
  renew(1);
  const auto before = Formatted(ledger.registry).size();
  renew(200);
  EXPECT_LE(Formatted(ledger.registry).size(), before + 16) << "a longer size and time, no more";
}

TEST(Snapshot, GoesOnAsTheOriginalWould) {
  for (std::uint64_t cut = 0; cut <= Alliance().size(); ++cut) {
    Ledger ledger, resumed;
    for (std::uint64_t i = 0; i < Alliance().size(); ++i) {
      if (i == cut) {
        auto read = ParseSnapshot(Formatted(ledger.registry), kSampleOrigin);
        ASSERT_TRUE(read.ok()) << read.status();
        resumed = {std::move(read->registry), ledger.facts};
      }
      ledger.Take(Alliance().records()[i].record, SampleAlliance::LoggedAtMs(i));
      if (i >= cut) resumed.Take(Alliance().records()[i].record, SampleAlliance::LoggedAtMs(i));
    }
    if (cut == Alliance().size()) resumed.registry = std::move(ParseSnapshot(Formatted(ledger.registry), kSampleOrigin)->registry);
    EXPECT_EQ(resumed.Bytes(), ledger.Bytes()) << cut;
  }
}

TEST(Snapshot, IsRefusedWhenAnyByteIsAnother) {
  const auto bytes = Formatted(EveryTable().registry);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    ASSERT_EQ(ParseSnapshot(damaged, kSampleOrigin).status().code(), absl::StatusCode::kDataLoss) << i;
  }
}

TEST(Snapshot, IsRefusedWhenCutOrLengthened) {
  const auto bytes = Formatted(EveryTable().registry);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(ParseSnapshot(bytes.substr(0, size), kSampleOrigin).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(ParseSnapshot(bytes + '\0', kSampleOrigin).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Snapshot, IsRefusedByAnotherLog) {
  EXPECT_EQ(ParseSnapshot(Formatted(EveryTable().registry), "log.example/other").status().code(), absl::StatusCode::kDataLoss);
}

// A digest is no proof of a well-formed body: these were made with the right one.
TEST(Snapshot, IsRefusedWhenItsBodyIsNotOfTheLayout) {
  const auto seal = [](std::string body) {
    const auto digest = merkle::Sha256(bytes::AsBytes(body));
    return body.append(bytes::AsText(digest));
  };
  const auto bytes = Formatted(EveryTable().registry);
  const auto body = bytes.substr(0, bytes.size() - 32);
  ASSERT_TRUE(ParseSnapshot(seal(body), kSampleOrigin).ok());
  EXPECT_FALSE(ParseSnapshot(seal(body + '\0'), kSampleOrigin).ok());
  for (std::size_t size = std::string_view("trustlog-registry/1\n").size(); size < body.size(); size += 7) {
    ASSERT_EQ(ParseSnapshot(seal(body.substr(0, size)), kSampleOrigin).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  auto other_size = body;
  other_size[other_size.size() - 33] ^= 1;  // the head's size is not the state's
  EXPECT_FALSE(ParseSnapshot(seal(other_size), kSampleOrigin).ok());
}

}  // namespace
}  // namespace trustlog::registry
