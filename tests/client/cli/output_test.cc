#include "client/cli/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

using follow::CheckCode;
using follow::CheckResult;
using ::testing::HasSubstr;

TEST(Escape, ShowsWhatWouldChangeHowOthersLook) {
  struct Case {
    const char* name;
    std::string text, shown;
  };
  const Case cases[] = {
      {"plain", "acme \xc3\xbc \xe6\x97\xa5", "acme \xc3\xbc \xe6\x97\xa5"},
      {"line feed", "a\nVERIFIED", "a\\u{a}VERIFIED"},
      {"escape sequence", "\x1b[2J", "\\u{1b}[2J"},
      {"C1 control",
       "\xc2\x9b"
       "31m",
       "\\u{9b}31m"},
      {"right-to-left override",
       "\xe2\x80\xae"
       "exe",
       "\\u{202e}exe"},
      {"isolate", "\xe2\x81\xa6", "\\u{2066}"},
      {"zero width space",
       "a\xe2\x80\x8b"
       "b",
       "a\\u{200b}b"},
      {"byte order mark", "\xef\xbb\xbf", "\\u{feff}"},
      {"tag characters", "\xf3\xa0\x81\x81", "\\u{e0041}"},
      {"not UTF-8", "a\xff\xc3", "a\\xff\\xc3"},
      {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"empty", "", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(Escape(c.text), c.shown) << c.name;
}

TEST(ShortenHashes, LeavesEverythingButHashes) {
  const std::string hash = "9f2c41d0" + std::string(52, 'a') + "a0e1";
  EXPECT_EQ(ShortenHashes("root " + hash + " at size 2048"), "root 9f2c41d0...a0e1 at size 2048");
  EXPECT_EQ(ShortenHashes(std::string(63, 'a')), std::string(63, 'a'));
  EXPECT_EQ(ShortenHashes("W" + hash), "W9f2c41d0...a0e1");
  EXPECT_EQ(ShortenHashes(""), "");
}

class OutputTest : public ::testing::Test {
 protected:
  ExitCode Report(const Verdict& verdict, OutputStyle style = {}) { return Output(out_, err_, style).Report(verdict); }
  static Verdict Good() {
    Verdict verdict;
    verdict.what = "entry 7 of log log.example/a";
    verdict.about = "commitment: member acme, principle 3";
    verdict.checks = {{"entry", CheckResult::kOk, "hashes to the leaf", std::nullopt},
                      {"statement", CheckResult::kSkipped, "not given", std::nullopt}};
    verdict.claims.Number("index", 7);
    return verdict;
  }
  static Verdict Bad() {
    Verdict verdict = Good();
    verdict.checks.push_back({"inclusion", CheckResult::kFailed, "computed 41, checkpoint has 9f", CheckCode::kProofRootMismatch});
    verdict.checks.push_back({"witnesses", CheckResult::kFailed, "1 of 3", CheckCode::kQuorumNotMet});
    return verdict;
  }
  std::ostringstream out_, err_;
};

TEST_F(OutputTest, AVerdictHasALineACheck) {
  EXPECT_EQ(Report(Good()), ExitCode::kOk);
  EXPECT_EQ(out_.str(),
            "VERIFIED  entry 7 of log log.example/a   (commitment: member acme, principle 3)\n"
            "  ok      entry             hashes to the leaf\n"
            "  skipped statement         not given\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(OutputTest, AFailureSaysWhatItMeansAndWhatToDo) {   // K4
  EXPECT_EQ(Report(Bad()), ExitCode::kQuorumOrFreshness);  // the first in the order of E5
  EXPECT_THAT(out_.str(), HasSubstr("FAILED  entry 7 of log log.example/a: too few witnesses have signed the checkpoint"));
  EXPECT_THAT(out_.str(), HasSubstr("  FAILED  inclusion         computed 41, checkpoint has 9f\n"));
  EXPECT_THAT(out_.str(), HasSubstr("\n  means   "));
  EXPECT_THAT(out_.str(), HasSubstr("code QUORUM_NOT_MET (trustlog help errors/QUORUM_NOT_MET)\n"));
}

TEST_F(OutputTest, WithoutPolicyNothingIsVerified) {  // K6
  Verdict verdict = Good();
  verdict.trusted = false;
  EXPECT_EQ(Report(verdict), ExitCode::kQuorumOrFreshness);
  EXPECT_TRUE(out_.str().starts_with("UNVERIFIED  entry 7")) << out_.str();
}

TEST_F(OutputTest, JsonHasTheSameMembersForGoodAndBad) {  // K2
  EXPECT_EQ(Report(Good(), {.json = true}), ExitCode::kOk);
  EXPECT_EQ(out_.str(),
            R"({"verified":true,"checks":[{"name":"entry","result":"ok","detail":"hashes to the leaf"},)"
            R"({"name":"statement","result":"skipped","detail":"not given"}],"claims":{"index":"7"},"unverified":{},"error":null})"
            "\n");
  out_.str("");
  EXPECT_EQ(Report(Bad(), {.json = true}), ExitCode::kQuorumOrFreshness);
  const auto json = boost::json::parse(out_.str()).as_object();
  EXPECT_FALSE(json.at("verified").as_bool());
  EXPECT_TRUE(json.at("claims").as_object().empty());  // only what is authenticated
  EXPECT_EQ(json.at("unverified").at("index").as_string(), "7");
  EXPECT_EQ(json.at("error").at("code").as_string(), "QUORUM_NOT_MET");
  EXPECT_EQ(json.at("checks").at(2).at("code").as_string(), "PROOF_ROOT_MISMATCH");
  EXPECT_FALSE(json.at("error").at("message").as_string().empty());
  EXPECT_FALSE(json.at("error").at("help").as_string().empty());
}

TEST_F(OutputTest, ErrorsGoToStderrAndInJsonToStdout) {  // K1, K2
  const auto status = bytes::Refuse(bytes::Reason::kKeyRevoked, "key \x1b[31m was revoked");
  EXPECT_EQ(Output(out_, err_, {}).Error(status), ExitCode::kNotAuthorised);
  EXPECT_EQ(out_.str(), "");
  EXPECT_TRUE(err_.str().starts_with("ERROR   key \\u{1b}[31m was revoked\n  means   ")) << err_.str();
  EXPECT_THAT(err_.str(), HasSubstr("  code    KEY_REVOKED (trustlog help errors/KEY_REVOKED)\n"));
  err_.str("");
  EXPECT_EQ(Output(out_, err_, {.json = true}).Error(status), ExitCode::kNotAuthorised);
  EXPECT_EQ(err_.str(), "");
  const auto json = boost::json::parse(out_.str()).as_object();
  EXPECT_TRUE(json.at("verified").is_null());
  EXPECT_EQ(json.at("error").at("code").as_string(), "KEY_REVOKED");
}

TEST_F(OutputTest, SuccessAndFailureNeverStartAlike) {
  Report(Good());
  Report(Bad());
  Verdict unverified = Good();
  unverified.trusted = false;
  Report(unverified);
  Output(out_, err_, {}).ItemError("a.json", bytes::Refuse(bytes::Reason::kKeyRevoked, "no"));
  std::vector<std::string> words;
  std::istringstream lines(out_.str());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(" ")) words.push_back(line.substr(0, line.find(' ')));
  }
  EXPECT_THAT(words, ::testing::ElementsAre("VERIFIED", "FAILED", "UNVERIFIED", "REFUSED"));
}

TEST_F(OutputTest, KeysAndHashesAreShortUnlessAskedFor) {
  const std::string vkey = "log.example/a+7a31c2d0+AeK0" + std::string(40, 'x') + "=", hash(64, 'a');
  Verdict verdict = Good();
  verdict.checks = {{"log signature", CheckResult::kOk, "key " + vkey + ", a+b, root " + hash, std::nullopt}};
  Report(verdict);
  EXPECT_THAT(out_.str(), HasSubstr("key log.example/a+7a31c2d0, a+b, root aaaaaaaa...aaaa\n"));
  out_.str("");
  Report(verdict, {.verbose = true});
  EXPECT_THAT(out_.str(), HasSubstr("key " + vkey + ", a+b, root " + hash + "\n"));
}

TEST_F(OutputTest, ColorIsOnlyThereWhenAskedFor) {
  Report(Good());
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("\x1b")));
  out_.str("");
  Report(Good(), {.color = true});
  EXPECT_THAT(out_.str(), HasSubstr("\x1b[32mVERIFIED\x1b[0m"));
}

TEST(JsonObject, WritesNumbersAsStringsAndBytesAsHex) {  // K2
  const merkle::Hash hash{0xab};
  const std::vector<std::string> texts = {"a", "b\""};
  const JsonObject inner = JsonObject().Flag("yes", true);
  EXPECT_EQ(
      JsonObject()
          .Number("n", 18'446'744'073'709'551'615U)
          .Hash("h", hash)
          .Time("t", 1'795'300'000)
          .Time("none", 0)
          .Text("s", "x\n\xff")
          .Texts("l", texts)
          .Object("o", inner)
          .Objects("p", std::vector{inner, inner})
          .Format(),
      R"({"n":"18446744073709551615","h":"ab00000000000000000000000000000000000000000000000000000000000000","t":"2026-11-21T22:26:40Z","none":null,)"
      "\"s\":\"x\\n\xef\xbf\xbd\",\"l\":[\"a\",\"b\\\"\"],\"o\":{\"yes\":true},\"p\":[{\"yes\":true},{\"yes\":true}]}");
  EXPECT_EQ(JsonObject().Format(), "{}");
  EXPECT_EQ(JsonObject().Append(JsonObject()).Append(inner).Append(inner).Format(), R"({"yes":true,"yes":true})");
}

}  // namespace
}  // namespace trustlog::cli
