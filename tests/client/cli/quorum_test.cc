#include "client/cli/quorum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "proto/keys/key.h"

namespace trustlog::cli {
namespace {

std::string Vkey(const std::string& name, std::uint8_t type) {
  const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519).value();
  return tlog::VerifierKey::Make(name, type, key.public_key())->ToString();
}

// Witnesses w1..wN of hosts that alternate between two operators, then `rules`.
tlog::Policy PolicyOf(int witnesses, const std::string& rules) {
  std::string text = "log " + Vkey("log.example/a", tlog::kTypeEd25519) + "\n";
  for (int i = 1; i <= witnesses; ++i) {
    text += fmt::format("witness w{} {} https://w{}.example/\n", i,
                        Vkey(fmt::format("w{}.{}.example/x", i, i % 2 == 0 ? "even" : "odd"), 0x04), i);
  }
  return tlog::Policy::Parse(text + rules).value();
}

TEST(MinimalQuorums, AreTheSetsOfWhichNoneMayBeMissing) {
  struct Case {
    const char* name;
    int witnesses;
    const char* rules;
    std::vector<std::set<std::string>> sets;
  };
  const Case cases[] = {
      {"none", 2, "quorum none\n", {}},
      {"one witness", 2, "quorum w2\n", {{"w2"}}},
      {"any", 2, "group g any w1 w2\nquorum g\n", {{"w1"}, {"w2"}}},
      {"two of three", 3, "group g 2 w1 w2 w3\nquorum g\n", {{"w1", "w2"}, {"w1", "w3"}, {"w2", "w3"}}},
      {"nested",
       4,
       "group a any w1 w2\ngroup b any w3 w4\ngroup g all a b\nquorum g\n",
       {{"w1", "w3"}, {"w1", "w4"}, {"w2", "w3"}, {"w2", "w4"}}},
      {"of other sizes", 3, "group a all w1 w2\ngroup g any a w3\nquorum g\n", {{"w3"}, {"w1", "w2"}}},
  };
  for (const auto& c : cases) {
    const auto quorums = MinimalQuorums(PolicyOf(c.witnesses, c.rules));
    EXPECT_TRUE(quorums.complete) << c.name;
    EXPECT_EQ(quorums.sets, c.sets) << c.name;
  }
}

TEST(MinimalQuorums, StopAtTheirLimitAndSaySo) {
  std::string members;
  for (int i = 1; i <= 40; ++i) members += fmt::format(" w{}", i);
  const auto many = MinimalQuorums(PolicyOf(40, "group g 2" + members + "\nquorum g\n"), 5);
  EXPECT_EQ(many.sets.size(), 5U);
  EXPECT_FALSE(many.complete);
  EXPECT_FALSE(MinimalQuorums(PolicyOf(40, "group g 20" + members + "\nquorum g\n")).complete);  // and does not take for ever
}

TEST(OperatorOf, IsTheEndOfTheHost) {
  const auto policy = PolicyOf(2, "quorum none\n");
  EXPECT_EQ(OperatorOf(policy, "w1"), "odd.example");
  EXPECT_EQ(OperatorOf(policy, "w2"), "even.example");
  EXPECT_EQ(OperatorOf(policy, "absent"), "");
}

}  // namespace
}  // namespace trustlog::cli
