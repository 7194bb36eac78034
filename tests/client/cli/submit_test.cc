// submit, commit, proof get by id and bench against a LogService in this process.
#include <algorithm>

#include "tests/client/cli/cli_fixture.h"
#include "tests/client/cli/fake_log_service.h"

namespace trustlog::cli {
namespace {

using testing::FakeLogService;
using testing::GrpcStatus;
using ::testing::HasSubstr;
using testing::RpcStatus;

constexpr char kMember[] = "urn:tta:member:acme";

class SubmitTest : public CliTest {
 protected:
  SubmitTest() {
    service_.log().AppendOpaque(3);
    log_ = service_.log();
    variables_["TRUSTLOG_GRPC"] = service_.target();
    variables_["TRUSTLOG_POLICY"] = WriteFile("sample.policy", log_.PolicyText());
    EXPECT_EQ(Run({"key", "new", "-o", Path("acme.key")}).exit, ExitCode::kOk);
    WriteFile("document.pdf", "a document");
  }
  std::string Signed(const std::string& name) {
    const auto made =
        Run({"import", Path("document.pdf"), "--form", "other", "--issuer", kMember, "--key", Path("acme.key"), "-o", Path(name)});
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    return Path(name);
  }
  FakeLogService service_;
};

TEST_F(SubmitTest, VerifiesTheAnswerAndSavesWhatVerifyReads) {
  const auto result = Run({"submit", Signed("a.dsse.json"), "-o", Path("out")});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.out << result.err;
  EXPECT_TRUE(result.out.starts_with("LOGGED    index 3  statement ")) << result.out;
  EXPECT_THAT(result.out,
              HasSubstr("(published at size 4, 3 of 3 witnesses)   saved " + Path("out/3.tlog-proof") + " " + Path("out/3.tle") +
                        " (entry) " + Path("out/3.json") + " (envelope, what --statement reads)\n"));
  const auto verified = Run({"verify", Path("out/3.tlog-proof"), "--entry", Path("out/3.tle"), "--statement", Path("out/3.json")});
  EXPECT_EQ(verified.exit, ExitCode::kOk) << verified.out;
  EXPECT_EQ(ReadFile("out/3.json"), ReadFile("a.dsse.json"));  // one form of an envelope (records.md 4.2)
}

TEST_F(SubmitTest, ADuplicateIsASuccess) {  // G2, K3
  const std::string file = Signed("a.dsse.json");
  ASSERT_EQ(Run({"submit", file}).exit, ExitCode::kOk);
  const auto again = Run({"submit", file, "--json"});
  EXPECT_EQ(again.exit, ExitCode::kOk);
  const auto json = again.json();
  EXPECT_EQ(json.at("index").as_string(), "3");
  EXPECT_TRUE(json.at("duplicate").as_bool());
  EXPECT_TRUE(json.at("verified").as_bool());
  EXPECT_EQ(json.at("state").as_string(), "published");
  EXPECT_EQ(json.at("claims").at("index").as_string(), "3");
}

TEST_F(SubmitTest, DurableIsSaidToBeNoProof) {
  const auto result = Run({"submit", Signed("a.dsse.json"), "--wait", "durable", "-o", Path("out")});
  EXPECT_EQ(result.exit, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("(durable, not yet published: there is no proof yet)"));
  EXPECT_TRUE(Exists("out/3.tle"));
  EXPECT_FALSE(Exists("out/3.tlog-proof"));
  EXPECT_EQ(Run({"submit", Path("a.dsse.json"), "--wait", "soon"}).exit, ExitCode::kUsage);
}

TEST_F(SubmitTest, WhatCannotBeSavedIsLoggedAllTheSame) {
  const std::string place = WriteFile("file", "x") + "/out";
  for (const std::string wait : {"published", "durable"}) {
    const auto result = Run({"submit", Signed(wait), "--wait", wait, "-o", place});
    EXPECT_EQ(result.exit, ExitCode::kOther) << wait;
    const std::string index = wait == "published" ? "3" : "4";
    EXPECT_TRUE(result.out.starts_with("LOGGED    index " + index + "  statement ")) << result.out;
    EXPECT_THAT(result.out, ::testing::Not(HasSubstr("REFUSED"))) << wait;
    EXPECT_TRUE(result.err.starts_with("ERROR   entry " + index + " is logged, but its proof could not be saved: cannot make "))
        << result.err;
    EXPECT_THAT(result.err, HasSubstr("`trustlog proof get " + index + "` gets it again"));
  }
  const auto json = Run({"submit", Path("published"), "-o", place, "--json"}).json();  // one object a file (K2)
  EXPECT_EQ(json.at("index").as_string(), "3");
  EXPECT_TRUE(json.at("verified").as_bool());
  EXPECT_EQ(json.at("error").at("code").as_string(), "NOT_WRITTEN");
}

TEST_F(SubmitTest, AServerThatBreaksTheCallOffAsItStopsIsUnavailable) {  // K9
  service_.fail = [](int) { return ::grpc::Status(::grpc::StatusCode::CANCELLED, "CANCELLED"); };
  const auto result = Run({"submit", Signed("a.dsse.json")});
  EXPECT_EQ(result.exit, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("whether it was logged is not known"));
  EXPECT_GT(service_.calls(), 1);
}

TEST_F(SubmitTest, ManyFilesGoInOneCallAndEachIsAnswered) {  // G5
  std::vector<std::string> words = {"submit"};
  for (int i = 0; i < 4; ++i) words.push_back(Signed("many" + std::to_string(i)));
  words.insert(
      words.begin() + 3,
      WriteFile("bad", R"({"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"AAAA"}]})"));
  const auto result = Run(words);
  EXPECT_EQ(result.exit, ExitCode::kRefused) << result.out;
  EXPECT_EQ(service_.calls(), 1);
  std::vector<std::string> starts;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(" ")) starts.push_back(line.substr(0, line.find("  statement")));
  }
  ASSERT_EQ(starts.size(), 5U) << result.out;
  EXPECT_EQ(starts[0], "LOGGED    index 3");
  EXPECT_EQ(starts[1], "LOGGED    index 4");
  EXPECT_THAT(starts[2], HasSubstr("REFUSED   " + Path("bad")));
  EXPECT_EQ(starts[4], "LOGGED    index 6");
  words.push_back("--json");
  const auto json = Run(words);
  std::istringstream json_lines(json.out);
  std::string line;
  int count = 0;
  while (std::getline(json_lines, line)) {
    const auto object = boost::json::parse(line).as_object();
    EXPECT_EQ(object.at("error").is_null(), count != 2) << line;
    ++count;
  }
  EXPECT_EQ(count, 5);  // NDJSON
}

TEST_F(SubmitTest, WhatWasLoggedBeforeACallFailedIsStillReported) {
  std::vector<std::string> words = {"submit", "--wait", "durable"};
  for (int i = 0; i < 1'001; ++i) words.push_back(Signed("one" + std::to_string(i)));  // one more than a call takes
  service_.fail = [](int call) {
    return call == 1 ? ::grpc::Status::OK : GrpcStatus(RpcStatus(bytes::Reason::kPublishPending, "durable at 1003"));
  };
  const auto result = Run(words);
  EXPECT_EQ(result.exit, ExitCode::kQuorumOrFreshness);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1'000);
  EXPECT_THAT(result.err, HasSubstr("durable at 1003"));
  EXPECT_THAT(result.err, HasSubstr("PUBLISH_PENDING"));
}

TEST_F(SubmitTest, ARefusalHasFourPartsAndTheLogsReason) {  // K4
  service_.fail = [](int) { return GrpcStatus(RpcStatus(bytes::Reason::kThresholdNotMet, "1 of 2 secretariat keys")); };
  const auto result = Run({"submit", Signed("a.dsse.json")});
  EXPECT_EQ(result.exit, ExitCode::kNotAuthorised);
  EXPECT_THAT(result.out, HasSubstr("REFUSED   " + Path("a.dsse.json") + ": 1 of 2 secretariat keys\n  means   "));
  EXPECT_THAT(result.out, HasSubstr("code THRESHOLD_NOT_MET (trustlog help errors/THRESHOLD_NOT_MET)\n"));
}

TEST_F(SubmitTest, AnAnswerThatDoesNotVerifyIsAFailure) {
  service_.corrupt = [](std::string& entry) { entry[11] = static_cast<char>(entry[11] ^ 1); };
  const auto result = Run({"submit", Signed("a.dsse.json"), "-o", Path("out")});
  EXPECT_EQ(result.exit, ExitCode::kVerificationFailed);
  EXPECT_TRUE(result.out.starts_with("FAILED  entry 3 ")) << result.out;
  EXPECT_FALSE(Exists("out/3.tlog-proof"));
  service_.corrupt = [](std::string& entry) {
    entry.back() = static_cast<char>(entry.back() ^ 1);
  };  // in the signature: the statement gives no such entry
  EXPECT_EQ(Run({"submit", Path("a.dsse.json")}).exit, ExitCode::kVerificationFailed);
}

TEST_F(SubmitTest, AnIndexThatTheProofDoesNotHaveIsAFailure) {
  service_.index_lie = 1;
  EXPECT_EQ(Run({"submit", Signed("a.dsse.json"), "-o", Path("out")}).exit, ExitCode::kVerificationFailed);
  EXPECT_FALSE(Exists("out/4.tlog-proof"));
}

TEST_F(SubmitTest, AnotherStatementsEntryIsAFailureEvenWithoutAProof) {
  service_.corrupt = [this](std::string& entry) { entry = service_.log().entry(3); };
  ASSERT_EQ(Run({"submit", Signed("a.dsse.json"), "--wait", "durable"}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"submit", Signed("b.dsse.json"), "--wait", "durable"}).exit, ExitCode::kVerificationFailed);
}

TEST_F(SubmitTest, RetriesAreToldWithV) {  // K9
  service_.fail = [](int call) {
    return call == 1 ? GrpcStatus(RpcStatus(bytes::Reason::kPushback, "queue full", 1)) : ::grpc::Status::OK;
  };
  const auto result = Run({"submit", Signed("a.dsse.json"), "-v"});
  EXPECT_EQ(result.exit, ExitCode::kOk) << result.out;
  EXPECT_THAT(result.err, HasSubstr("try 1 failed: queue full; the next in "));
  EXPECT_EQ(service_.calls(), 2);
}

TEST_F(SubmitTest, NothingIsSentWithoutPolicyOrWithABadEnvelope) {
  EXPECT_EQ(Run({"submit", WriteFile("x", "{}")}).exit, ExitCode::kRefused);
  const std::string file = Signed("a.dsse.json");
  variables_.erase("TRUSTLOG_POLICY");
  EXPECT_EQ(Run({"submit", file}).exit, ExitCode::kUsage);
  EXPECT_EQ(service_.calls(), 0);
  const auto skipped = Run({"submit", file, "--insecure-skip-policy"});
  EXPECT_EQ(skipped.exit, ExitCode::kQuorumOrFreshness);
  EXPECT_TRUE(skipped.out.starts_with("UNVERIFIED  ")) << skipped.out;
}

TEST_F(SubmitTest, NobodyThereIsUnavailable) {
  const auto result = Run({"submit", Signed("a.dsse.json"), "--grpc", "127.0.0.1:1", "--timeout", "600ms"});
  EXPECT_EQ(result.exit, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("the same statement gets the same index"));
  EXPECT_EQ(Run({"submit", Path("a.dsse.json"), "--grpc", "nowhere"}).exit, ExitCode::kUsage);
}

TEST_F(SubmitTest, CommitSignsAndSubmitsCommitmentsAlone) {
  WriteFile("c.json",
            Run({"statement", "new", "commitment", "--issuer", kMember, "--document", Path("document.pdf"), "--set", "principle=3",
                 "--set", "principleSet=" + std::string(64, '1'), "--set", "validUntil=2028-01-01T00:00:00Z"})
                .out);
  const auto result = Run({"commit", Path("c.json"), "--key", Path("acme.key"), "--json"});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.out;
  EXPECT_EQ(result.json().at("claims").at("kind").as_string(), "commitment");
  EXPECT_EQ(Run({"audit", "result", Path("c.json"), "--key", Path("acme.key")}).exit, ExitCode::kUsage);
  EXPECT_EQ(service_.calls(), 1);
}

// Only the audit result that corrects, only the remediation that closes.
TEST_F(SubmitTest, AuditVerbsTakeWhatTheySayAndNothingElse) {
  const std::string id(64, '1'), auditor = "urn:tta:auditor:north";
  const auto write = [&](const std::string& name, std::vector<std::string> words) {
    words.insert(words.begin(), {"statement", "new"});
    words.insert(words.end(), {"--issuer", auditor});
    const auto made = Run(words);
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    return WriteFile(name, made.out);
  };
  const auto result = [&](const std::string& name, const std::string& supersedes) {
    std::vector<std::string> words = {"audit-result", "--document", Path("document.pdf"), "--set", "engagement=" + id, "--set",
                                      std::string("member=") + kMember, "--set", "principles=[3]", "--set", "commitments=[\"" + id + "\"]",
                                      "--set", R"(criteria=[{"scheme":"bsi-c5","version":"2020"}])", "--set", "assurance=limited",
                                      "--set", "outcome=conformant", "--set", "validUntil=2028-01-01T00:00:00Z"};
    if (!supersedes.empty()) words.insert(words.end(), {"--set", "supersedes=" + supersedes});
    return write(name, words);
  };
  const auto remediation = [&](const std::string& name, const std::string& state) {
    return write(name, {"remediation", "--set", "target=" + id, "--about", kMember, "--set", "finding=1", "--set", "state=" + state});
  };
  const std::string plain = result("plain", ""), renewal = result("renewal", R"({"id":")" + id + R"(","change":"renewal"})"),
                    correction = result("correction", R"({"id":")" + id + R"(","change":"correction"})"),
                    closed = remediation("closed", "closed"), reopened = remediation("reopened", "reopened");
  const struct {
    const char *name, *verb;
    std::string file;
    ExitCode exit;
  } cases[] = {
      {"a result", "result", plain, ExitCode::kOk},
      {"a correction as a result", "result", correction, ExitCode::kOk},
      {"a correction", "correct", correction, ExitCode::kOk},
      {"nothing to correct", "correct", plain, ExitCode::kUsage},
      {"a renewal", "correct", renewal, ExitCode::kUsage},
      {"another kind", "correct", closed, ExitCode::kUsage},
      {"a finding closed", "close-finding", closed, ExitCode::kOk},
      {"a finding reopened", "close-finding", reopened, ExitCode::kUsage},
      {"a result in its place", "close-finding", plain, ExitCode::kUsage},
  };
  for (const auto& test : cases) {
    const int calls = service_.calls();
    const auto run = Run({"audit", test.verb, test.file, "--key", Path("acme.key"), "--json"});
    EXPECT_EQ(run.exit, test.exit) << test.name << run.out;
    EXPECT_EQ(service_.calls() - calls, test.exit == ExitCode::kOk ? 1 : 0) << test.name;
  }
}

TEST_F(SubmitTest, RetractNamesExactlyTheSubjectsOfWhatItWithdraws) {  // records.md 5.3
  const auto made = Run({"import", Path("document.pdf"), "--form", "other", "--issuer", kMember, "--about", "urn:tta:member:one", "--about",
                         "urn:tta:member:two", "--key", Path("acme.key"), "-o", Path("e.dsse.json")});
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  ASSERT_EQ(Run({"submit", Path("e.dsse.json")}).exit, ExitCode::kOk);
  const std::string id = bytes::EncodeHex(attest::StatementId(service_.log().statement(3)));
  const auto retracted = Run({"retract", id, "--reason", "error", "--from", "2027-01-01T00:00:00Z", "--key", Path("acme.key"), "-o",
                              Path("out"), "--json"});
  ASSERT_EQ(retracted.exit, ExitCode::kOk) << retracted.out << retracted.err;
  const auto claims = retracted.json().at("claims").as_object();
  EXPECT_EQ(claims.at("kind").as_string(), "retraction");
  EXPECT_EQ(claims.at("code").as_string(), "error");
  EXPECT_EQ(claims.at("issuer").as_string(), kMember);
  EXPECT_EQ(boost::json::serialize(claims.at("subjects")), R"(["urn:tta:member:one","urn:tta:member:two"])");
  EXPECT_EQ(claims.at("refs").at(0).at("id").as_string(), id);
  EXPECT_EQ(claims.at("validFrom").as_string(), "2027-01-01T00:00:00Z");
  EXPECT_TRUE(Exists("out/4.tlog-proof"));
  EXPECT_EQ(Run({"retract", "3", "--reason", "error", "--issuer", "urn:tta:secretariat", "--key", Path("acme.key")}).exit, ExitCode::kOk);

  const std::uint64_t size = service_.log().size();
  EXPECT_EQ(Run({"retract", "3", "--reason", "whim", "--key", Path("acme.key")}).exit, ExitCode::kRefused);
  EXPECT_EQ(Run({"retract", std::string(64, 'b'), "--reason", "error", "--key", Path("acme.key")}).exit, ExitCode::kNotFound);
  EXPECT_EQ(Run({"retract", "x", "--reason", "error", "--key", Path("acme.key")}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"retract", "0", "--reason", "error", "--key", Path("acme.key")}).exit, ExitCode::kVerificationFailed);  // no entry of ours
  EXPECT_EQ(service_.log().size(), size);
}

TEST_F(SubmitTest, DataOfAPersonIsToldBeforeItIsSent) {  // records.md section 9
  WriteFile("c.json", Run({"statement", "new", "commitment", "--issuer", kMember, "--document", Path("document.pdf"), "--set",
                           "principle=3", "--set", "principleSet=" + std::string(64, '1'), "--set", "validUntil=2028-01-01T00:00:00Z",
                           "--set", "contact=jane@example.com"})
                          .out);
  const auto result = Run({"commit", Path("c.json"), "--key", Path("acme.key")});
  EXPECT_THAT(result.err, HasSubstr("warning: predicate.contact looks like data of a person"));
}

TEST_F(SubmitTest, ProofsAreFoundByStatementId) {
  const auto submitted = Run({"submit", Signed("a.dsse.json"), "--json"}).json();
  const std::string id(submitted.at("statementId").as_string());
  EXPECT_EQ(Run({"proof", "get", "sha256:" + id, "-o", Path("b.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"verify", Path("b.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"show", id, "--json"}).json().at("claims").at("index").as_string(), "3");
  const auto absent = Run({"proof", "get", std::string(64, 'a'), "--json"});
  EXPECT_EQ(absent.exit, ExitCode::kNotFound);
  EXPECT_EQ(absent.json().at("error").at("code").as_string(), "ENTRY_NOT_FOUND");
}

TEST_F(SubmitTest, BenchVerifiesEveryAnswerAndWritesItsFigures) {
  const auto result =
      Run({"bench", "submit", "--key", Path("acme.key"), "--issuer", kMember, "--duration", "50ms", "--out", Path("bench.json")});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.out << result.err;
  EXPECT_TRUE(result.out.starts_with("BENCH     submit: ")) << result.out;
  const auto figures = boost::json::parse(ReadFile("bench.json")).as_object();
  for (const char* name : {"entriesPerSecond", "p50Ms", "p99Ms", "emptyCallMs", "verificationsPerSecond"}) {
    EXPECT_GT(figures.at(name).as_double(), 0) << name;
  }
  const auto batch =
      Run({"bench", "batch", "--items", "5", "--key", Path("acme.key"), "--issuer", kMember, "--duration", "50ms", "--json"});
  ASSERT_EQ(batch.exit, ExitCode::kOk) << batch.out;
  EXPECT_EQ(std::stoul(std::string(batch.json().at("entries").as_string())) % 5, 0U);
  service_.corrupt = [](std::string& entry) { entry[11] = static_cast<char>(entry[11] ^ 1); };
  EXPECT_EQ(Run({"bench", "submit", "--key", Path("acme.key"), "--issuer", kMember, "--duration", "50ms"}).exit,
            ExitCode::kVerificationFailed);
  EXPECT_EQ(Run({"bench", "submit", "--key", Path("acme.key"), "--issuer", kMember, "--clients", "0"}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace trustlog::cli
