#include "proto/tlog/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;
using Names = std::set<std::string>;

std::string LogLine(std::uint8_t number = 100) {
  return "log " + SampleVkey("log.example/" + std::to_string(number), kTypeEd25519, number).ToString() + "\n";
}

std::string WitnessVkey(std::uint8_t number) {
  return SampleVkey("w" + std::to_string(number) + ".example", kTypeCosignatureV1, number).ToString();
}

std::string WitnessLine(std::string_view name, std::uint8_t number) {
  return fmt::format("witness {} {} https://w{}.example/witness\n", name, WitnessVkey(number), number);
}

// The example of tlog-policy, with keys.
std::string Example() {
  std::string text = "# the example of the specification\n" + LogLine() + "\n";
  for (std::uint8_t i = 1; i <= 3; ++i) text += WitnessLine("X" + std::to_string(i), i);
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (std::uint8_t i = 1; i <= 3; ++i) text += WitnessLine("Y" + std::to_string(i), static_cast<std::uint8_t>(10 + i));
  return text + "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
}

// Calls `visit` with each subset of `names`.
void ForEachSubset(const std::vector<std::string>& names, const std::function<void(const Names&)>& visit) {
  for (unsigned bits = 0; bits < 1U << names.size(); ++bits) {
    Names subset;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((bits >> i & 1) != 0) subset.insert(names[i]);
    }
    visit(subset);
  }
}

TEST(Policy, E6ReadsTheExampleOfTheSpecification) {
  const auto policy = Policy::Parse(Example());
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->logs().size(), 1U);
  EXPECT_EQ(policy->logs()[0].vkey.name(), "log.example/100");
  EXPECT_EQ(policy->logs()[0].url, "");
  ASSERT_EQ(policy->witnesses().size(), 6U);
  EXPECT_EQ(policy->witnesses()[0].name, "X1");
  EXPECT_EQ(policy->witnesses()[0].vkey.ToString(), WitnessVkey(1));
  EXPECT_EQ(policy->witnesses()[0].url, "https://w1.example/witness");
  ASSERT_EQ(policy->groups().size(), 3U);
  EXPECT_EQ(policy->groups()[0].threshold, 2U);
  EXPECT_EQ(policy->groups()[1].threshold, 1U);
  EXPECT_EQ(policy->groups()[2].threshold, 2U);
  EXPECT_EQ(policy->groups()[2].members, (std::vector<std::string>{"X-witnesses", "Y-witnesses"}));
  EXPECT_EQ(policy->quorum(), "X-and-Y");
  EXPECT_EQ(policy->Keys().size(), 7U);
  EXPECT_EQ(policy->Keys()[0], policy->logs()[0].vkey);
  EXPECT_EQ(policy->Keys()[6], policy->witnesses()[5].vkey);
}

TEST(Policy, E6EverySubsetOfTheExampleIsJudgedAsItsTextSays) {
  const auto policy = Policy::Parse(Example()).value();
  int quorums = 0;
  ForEachSubset({"X1", "X2", "X3", "Y1", "Y2", "Y3"}, [&](const Names& names) {
    const auto has = [&](const std::string& name) { return names.contains(name) ? 1 : 0; };
    const bool expected = has("X1") + has("X2") + has("X3") >= 2 && has("Y1") + has("Y2") + has("Y3") >= 1;
    EXPECT_EQ(policy.IsQuorum(names), expected);
    EXPECT_EQ(policy.CouldReachQuorum(names), expected);
    quorums += expected ? 1 : 0;
  });
  EXPECT_EQ(quorums, 28);
}

// Shipped policies: one group a jurisdiction below a k-of-n group with k >= 2.
TEST(Policy, E8WitnessesOfOneJurisdictionAreNeverAQuorum) {
  std::string text = LogLine();
  for (std::uint8_t i = 1; i <= 6; ++i) text += WitnessLine("w" + std::to_string(i), i);
  text += "group de any w1 w2\ngroup se any w3 w4\ngroup us any w5 w6\ngroup two-of-three 2 de se us\nquorum two-of-three\n";
  const auto policy = Policy::Parse(text);
  ASSERT_TRUE(policy.ok()) << policy.status();
  ForEachSubset({"w1", "w2", "w3", "w4", "w5", "w6"}, [&](const Names& names) {
    const auto any = [&](const char* a, const char* b) { return names.contains(a) || names.contains(b) ? 1 : 0; };
    EXPECT_EQ(policy->IsQuorum(names), any("w1", "w2") + any("w3", "w4") + any("w5", "w6") >= 2);
  });
  EXPECT_FALSE(policy->IsQuorum({"w1", "w2"}));
}

TEST(Policy, NamesOfGroupsAndStrangersAreNoWitnesses) {
  const auto policy = Policy::Parse(Example()).value();
  EXPECT_FALSE(policy.IsQuorum({"X-and-Y"}));
  EXPECT_FALSE(policy.IsQuorum({"X-witnesses", "Y-witnesses"}));
  EXPECT_FALSE(policy.IsQuorum({"X1", "x2", "Z", "Y1"}));
  EXPECT_FALSE(policy.IsQuorum({}));
}

TEST(Policy, E6QuorumNoneIsAlwaysReached) {
  const auto policy = Policy::Parse(LogLine() + "quorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->quorum(), "none");
  EXPECT_TRUE(policy->IsQuorum({}));
}

TEST(Policy, E6QuorumOfOneWitness) {
  const auto policy = Policy::Parse(LogLine() + WitnessLine("a", 1) + WitnessLine("b", 2) + "quorum a\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->IsQuorum({"a"}));
  EXPECT_FALSE(policy->IsQuorum({"b"}));
}

TEST(Policy, E6ReadsEveryAllowedLayout) {
  const std::string w = "witness a " + WitnessVkey(1);
  struct Case {
    std::string_view name;
    std::string text;
  };
  const Case cases[] = {
      {"blanks and tabs", " \t" + LogLine() + "\t" + w + " \t \nquorum\t  a\t\n"},
      {"empty lines and comments", "\n \t\n# x\n#\n" + LogLine() + w + "\n\nquorum a\n\n# end"},
      {"comment behind blanks", " \t# indented\n" + LogLine() + w + "\nquorum a\n"},
      {"no line feed at the end", LogLine() + w + "\nquorum a"},
      {"log line last", w + "\nquorum a\n" + LogLine()},
      {"letters beyond ASCII",
       "# caf\xe9 \xff\n" + LogLine() + "witness w\xc3\xa9\x80 " + WitnessVkey(1) + " http://\xfc/\nquorum w\xc3\xa9\x80\n"},
      {"number sign within an item", LogLine() + "witness a#1 " + WitnessVkey(1) + " https://w/#x\nquorum a#1\n"},
      {"two logs", LogLine(100) + LogLine(101) + "quorum none\n"},
      {"numbers as names", LogLine() + "witness 2 " + WitnessVkey(1) + "\ngroup 1 1 2\nquorum 1\n"},
      {"group of one", LogLine() + w + "\ngroup g all a\nquorum g\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto policy = Policy::Parse(c.text);
    EXPECT_TRUE(policy.ok()) << policy.status();
  }
}

// What tlog-policy says of the Kelvin sign.
TEST(Policy, E6NamesAreOctetsAndNotLetters) {
  EXPECT_FALSE(Policy::Parse(LogLine() + "witness K " + WitnessVkey(1) + "\nquorum \xe2\x84\xaa\n").ok());
}

TEST(Policy, RefusesWhatIsNotAPolicyAndNamesTheLine) {
  const std::string log = LogLine();
  const std::string a = WitnessLine("a", 1);
  const std::string b = WitnessLine("b", 2);
  const std::string log_as_witness = SampleVkey("w1.example", kTypeEd25519, 1).ToString();
  const std::string cosigner_form = "write \"" + WitnessVkey(1) + "\"";
  std::string many_logs;
  std::string many_witnesses;
  std::string many_names;
  for (int i = 0; i < 257; ++i) {
    const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519).value();
    many_logs += "log " + VerifierKey::Make("l", kTypeEd25519, key.public_key()).value().ToString() + "\n";
    many_witnesses +=
        fmt::format("witness n{} {}\n", i, VerifierKey::Make("w", kTypeCosignatureV1, key.public_key()).value().ToString());
    if (i < 256) many_names += fmt::format(" n{}", i);
  }
  std::string many_groups = many_witnesses.substr(0, many_witnesses.rfind("witness"));
  const std::string all_of_256 = log + many_groups + "group g all" + many_names + "\nquorum g\n";
  for (int i = 0; i < 256; ++i) many_groups += fmt::format("group g{} any n{}\n", i, i);
  many_groups += "group g256 any g0\n";
  struct Case {
    std::string_view name;
    std::string text;
    std::string_view says;
  };
  const Case cases[] = {
      {"nothing", "", "no log line"},
      {"E7 no log", a + "quorum a\n", "no log line"},
      {"E6 no quorum", log + a, "no quorum line"},
      {"E6 two quorums", log + a + "quorum a\nquorum a\n", "line 4: a second quorum"},
      {"E6 quorum none twice", log + "quorum none\nquorum none\n", "line 3: a second quorum"},
      {"E6 quorum of nothing", log + "quorum\n", "line 2: not"},
      {"E6 quorum of two names", log + a + b + "quorum a b\n", "line 4: not"},
      {"E6 quorum not defined", log + "quorum a\n", "line 2: \"a\" is not defined"},
      {"E6 quorum before its name", log + "quorum a\n" + a, "line 2: \"a\" is not defined"},
      {"E6 unknown keyword", log + "quorom none\n", "line 2: \"quorom\""},
      {"E6 keyword in capitals", log + "QUORUM none\n", "line 2: \"QUORUM\""},
      {"E6 CR LF", log + "quorum none\r\n", "line 2: octet 0x0d"},
      {"E6 NUL", log + std::string("quorum none\0\n", 13), "line 2: octet 0x00"},
      {"E6 form feed", log + "\fquorum none\n", "line 2: octet 0x0c"},
      {"E6 escape in a comment", log + "# \x1b[31m\nquorum none\n", "line 2: octet 0x1b"},
      {"E6 delete", log + "# \x7f\nquorum none\n", "line 2: octet 0x7f"},
      {"E6 byte order mark", "\xef\xbb\xbf" + log + "quorum none\n", "line 1: \"\\xef\\xbb\\xbflog\""},
      {"E6 comment behind a line", log + "quorum none # all right\n", "line 2: \"#\": a comment must"},
      {"E6 comment in a URL's place", log + a.substr(0, a.find(" https")) + " #comment\nquorum a\n", "line 2: \"#comment\""},
      {"E6 no-break space", log + "quorum\xc2\xa0none\n", "line 2: \"quorum\\xc2\\xa0none\""},
      {"E6 log without key", "log\nquorum none\n", "line 1: not \"log vkey [url]\""},
      {"E6 log with four items", log.substr(0, log.size() - 1) + " u v\nquorum none\n", "line 1: not \"log vkey [url]\""},
      {"E6 log key twice", log + log + "quorum none\n", "line 2: the public key of log"},
      {"E6 log key under another name", log + "log " + SampleVkey("other", kTypeEd25519, 100).ToString() + "\nquorum none\n",
       "line 2: the public key of log"},
      {"E6 log key of a witness's type", "log " + WitnessVkey(1) + "\nquorum none\n", "line 1: a log key of type 0x04"},
      {"E6 log key that is none", "log log.example\nquorum none\n", "line 1: \"log.example\""},
      {"E6 witness without key", log + "witness a\nquorum none\n", "line 2: not \"witness name vkey [url]\""},
      {"E6 witness with five items", log + "witness a " + WitnessVkey(1) + " u v\nquorum a\n",
       "line 2: not \"witness name vkey [url]\""},
      {"E6 witness name twice", log + a + WitnessLine("a", 2) + "quorum a\n", "line 3: \"a\" is defined twice"},
      {"E6 witness key twice", log + a + WitnessLine("b", 1) + "quorum a\n", "line 3: the public key of witness \"a\" again"},
      {"E6 witness key twice under another key name",
       log + a + "witness b " + SampleVkey("b.example", kTypeCosignatureV1, 1).ToString() + "\nquorum a\n",
       "line 3: the public key"},
      {"E7 witness key of a log's type", log + "witness a " + log_as_witness + "\nquorum a\n", cosigner_form},
      {"E7 keyword as witness", log + WitnessLine("none", 1) + "quorum none\n", "line 2: \"none\" is a keyword"},
      {"E7 keyword as group", log + a + "group any any a\nquorum a\n", "line 3: \"any\" is a keyword"},
      {"E6 group without members", log + a + "group g all\nquorum a\n", "line 3: not \"group"},
      {"E6 group with the name of a witness", log + a + b + "group a any b\nquorum a\n", "line 4: \"a\" is defined twice"},
      {"E6 group twice", log + a + b + "group g any a\ngroup g any b\nquorum g\n", "line 5: \"g\" is defined twice"},
      {"E6 member not defined", log + a + "group g any a b\nquorum g\n", "line 3: \"b\" is not defined"},
      {"E6 member defined below", log + "group g any a\n" + a + "quorum g\n", "line 2: \"a\" is not defined"},
      {"E6 group in itself", log + a + "group g any a g\nquorum g\n", "line 3: \"g\" is not defined"},
      {"E6 none as member", log + a + "group g any a none\nquorum g\n", "line 3: \"none\" is not defined"},
      {"E6 member twice in a group", log + a + "group g any a a\nquorum g\n", "line 3: \"a\" is in a group already"},
      {"E6 member of two groups", log + a + b + "group g any a\ngroup h all a b\nquorum h\n",
       "line 5: \"a\" is in a group already"},
      {"E6 threshold 0", log + a + "group g 0 a\nquorum g\n", "line 3: \"0\" is not"},
      {"E6 threshold above the members", log + a + b + "group g 3 a b\nquorum g\n", "line 4: \"3\" is not"},
      {"E6 threshold with a leading zero", log + a + "group g 01 a\nquorum g\n", "line 3: \"01\" is not"},
      {"E6 threshold with a sign", log + a + "group g +1 a\nquorum g\n", "line 3: \"+1\" is not"},
      {"E6 threshold of 2^64 + 1", log + a + "group g 18446744073709551617 a\nquorum g\n", "line 3: "},
      {"E6 threshold in a word", log + a + "group g most a\nquorum g\n", "line 3: \"most\" is not"},
      {"E7 threshold of 256", all_of_256, "a threshold of 256: at most 255"},
      {"E6 257 logs", many_logs + "quorum none\n", "line 257: more than 256 logs"},
      {"E6 257 witnesses", log + many_witnesses + "quorum n0\n", "line 258: more than 256 witnesses"},
      {"E6 257 groups", log + many_groups + "quorum g0\n", "line 514: more than 256 groups"},
      {"name that turns the direction of text", log + "quorum \xe2\x80\xaexyz\n", "\\xe2\\x80\\xaexyz"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto policy = Policy::Parse(c.text);
    ASSERT_FALSE(policy.ok());
    EXPECT_EQ(bytes::ReasonOf(policy.status()), Reason::kArgumentInvalid);
    const std::string message(policy.status().message());
    EXPECT_NE(message.find(c.says), std::string::npos) << message;
    EXPECT_TRUE(IsPrintableAscii(message)) << message;
  }
}

TEST(Policy, E7EachKeywordIsRefusedAsAName) {
  for (const std::string_view word : {"log", "witness", "group", "any", "all", "none", "quorum"}) {
    EXPECT_FALSE(Policy::Parse(LogLine() + WitnessLine(word, 1) + "quorum none\n").ok()) << word;
    EXPECT_FALSE(Policy::Parse(LogLine() + WitnessLine("a", 1) + fmt::format("group {} any a\nquorum none\n", word)).ok()) << word;
  }
}

TEST(Policy, E7TheSuggestedWitnessKeyIsAccepted) {
  const auto refused =
      Policy::Parse(LogLine() + "witness a " + SampleVkey("w1.example", kTypeEd25519, 1).ToString() + "\nquorum a\n");
  const std::string message(refused.status().message());
  const auto from = message.find("w1.example+");
  ASSERT_NE(from, std::string::npos) << message;
  const auto suggested = message.substr(from, message.find('"', from) - from);
  EXPECT_TRUE(Policy::Parse(LogLine() + "witness a " + suggested + "\nquorum a\n").ok()) << suggested;
}

TEST(Policy, A7AnMlDsaKeyIsNamedAsNotBuiltIn) {
  const std::string key(1312, 'k');
  const auto vkey =
      fmt::format("w+{:08x}+{}", ComputeKeyId("w", kTypeMlDsa44, bytes::AsBytes(key)), bytes::EncodeBase64("\x06" + key));
  for (const std::string& line : {"log " + vkey, "witness w " + vkey}) {
    const auto policy = Policy::Parse(LogLine() + line + "\nquorum none\n");
    EXPECT_EQ(bytes::ReasonOf(policy.status()), Reason::kAlgorithmNotBuiltIn);
    EXPECT_TRUE(policy.status().message().substr(0, 8) == "line 2: ") << policy.status();
  }
}

TEST(Policy, E6ReadsAtLeast32AndUpTo256OfEachKind) {
  std::string text;
  std::string names;
  for (int i = 0; i < 256; ++i) {
    const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519).value();
    text += "log " + VerifierKey::Make("l", kTypeEd25519, key.public_key()).value().ToString() + "\n";
    text += fmt::format("witness n{} {}\n", i, VerifierKey::Make("w", kTypeCosignatureV1, key.public_key()).value().ToString());
  }
  // a chain: each group holds a witness and the group before it
  text += "group g0 all n0\n";
  Names all = {"n0"};
  for (int i = 1; i < 256; ++i) {
    text += fmt::format("group g{} all n{} g{}\n", i, i, i - 1);
    all.insert(fmt::format("n{}", i));
  }
  const auto policy = Policy::Parse(text + "quorum g255\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->IsQuorum(all));
  all.erase("n0");
  EXPECT_FALSE(policy->IsQuorum(all));
}

TEST(Policy, E7WhatIsWrittenIsReadAsTheSamePolicy) {
  const std::string text = LogLine() + WitnessLine("a", 1) + "witness b " + WitnessVkey(2) + "\n" + WitnessLine("c", 3) +
                           WitnessLine("d", 4) + "group g all a\ngroup h any b c\ngroup i 2 g h d\nquorum i\n";
  const auto policy = Policy::Parse(text);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->Format(), text);  // this one is in the order in which we write
  const auto example = Policy::Parse(Example()).value();
  const auto again = Policy::Parse(example.Format());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->Format(), example.Format());
  EXPECT_EQ(example.Format().find('#'), std::string::npos);
}

TEST(Policy, EveryPrefixAndEveryChangedBitIsRefusedOrReadFaithfully) {
  const std::string text = LogLine() + WitnessLine("a", 1) + WitnessLine("b", 2) + "group g all a b\nquorum g\n";
  const auto original = Policy::Parse(text).value();
  const auto keys_of = [](const Policy& policy) { return policy.Keys(); };
  ForEachDamage(text, [&](const std::string& damaged) {
    const auto policy = Policy::Parse(damaged);
    if (!policy.ok()) return;
    // No damage makes another key trusted or a smaller set a quorum: only names, URLs and blanks may have changed.
    EXPECT_EQ(keys_of(*policy), keys_of(original)) << damaged;
    EXPECT_FALSE(policy->IsQuorum({policy->witnesses()[0].name})) << damaged;
    EXPECT_FALSE(policy->IsQuorum({policy->witnesses()[1].name})) << damaged;
    EXPECT_EQ(Policy::Parse(policy->Format()).value().Format(), policy->Format());
  });
}

}  // namespace
}  // namespace trustlog::tlog
