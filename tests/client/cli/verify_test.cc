// verify, show, proof, checkpoint, evidence, policy, fsck and monitor over a synthetic log.
#include "client/follow/checkpoint_check.h"
#include "client/follow/evidence.h"
#include "client/follow/proof_bundle.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/hex.h"
#include "proto/tlog/tlog_proof.h"
#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::SyntheticLog;

constexpr std::uint64_t kIndex = 8;  // the commitment of records.md 3.3

class VerifyTest : public CliTest {
 protected:
  VerifyTest() {
    ServeSampleLog(10);  // 20 entries
    variables_["TRUSTLOG_POLICY"] = Path("sample.policy");
    WriteFile("8.tle", log_.entry(kIndex));
    WriteFile("8.tlog-proof", log_.TlogProof(kIndex, 20));
    WriteFile("8.statement", log_.statement(kIndex));
    variables_.erase("TRUSTLOG_URL");  // verify reads files
  }
  std::vector<std::string> Words(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"verify", Path("8.tlog-proof"), "--entry", Path("8.tle")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // The same ten records, then others.
  static SyntheticLog Fork() {
    SyntheticLog fork = testing::SampleLog(0);
    for (std::uint64_t i = 0; i < 10; ++i) {
      const auto record = testing::EvidenceRecord(100 + i);
      fork.Append(record.entry, record.statement);
    }
    return fork;
  }
  // One bit of `part` where it stands in a file of the log.
  void Flip(const std::string& path, const std::string& part) {
    std::string& file = fetcher_.files.at(path);
    char& byte = file.at(file.find(part) + 11);
    byte = static_cast<char>(byte ^ 1);
  }
  void SetUrl() { variables_["TRUSTLOG_URL"] = "https://log.example/"; }
};

TEST_F(VerifyTest, SaysVerifiedWithEveryCheck) {
  const auto result = Run(Words({"--statement", Path("8.statement")}));
  EXPECT_EQ(result.exit, ExitCode::kOk);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(
      result.out.starts_with("VERIFIED  entry 8 of log log.example/test-vectors   (commitment: member example-one, principle 3)\n"))
      << result.out;
  for (const char* line :
       {"  ok      entry             leaf hash e938ce5f...dce7\n", "  ok      log signature     ", "  ok      witnesses         ",
        "  ok      inclusion         ", "  skipped consistency       no saved checkpoint\n", "  ok      statement         "}) {
    EXPECT_THAT(result.out, HasSubstr(line));
  }
  EXPECT_TRUE(opened_.empty());  // K8
}

TEST_F(VerifyTest, TakesAnEnvelopeForTheStatementAndABundleForAllOfIt) {
  const auto entry = attest::DecodeEntry(log_.entry(kIndex)).value();
  WriteFile("8.json", attest::FormatEnvelope(log_.statement(kIndex), entry.signatures) + "\n");
  const auto envelope = Run(Words({"--statement", Path("8.json")}));
  EXPECT_EQ(envelope.exit, ExitCode::kOk) << envelope.out;
  EXPECT_THAT(envelope.out, HasSubstr("  ok      statement         "));
  WriteFile("bundle.json", follow::FormatProofBundle(
                               {kIndex, log_.entry(kIndex), log_.statement(kIndex), log_.TlogProof(kIndex, 20), std::nullopt}));
  const auto bundle = Run({"verify", Path("bundle.json")});
  EXPECT_EQ(bundle.exit, ExitCode::kOk) << bundle.out << bundle.err;
  EXPECT_THAT(bundle.out, HasSubstr("  ok      statement         "));
}

TEST_F(VerifyTest, ExitCodesFollowTheChecks) {
  SyntheticLog other("log.example/other", 5);
  other.AppendOpaque(20);
  std::string changed = log_.entry(kIndex);
  changed[11] = static_cast<char>(changed[11] ^ 1);
  struct Case {
    const char* name;
    std::string proof, entry, statement;
    std::vector<std::string> words;
    int exit;
    const char* code;
  };
  const std::string proof = log_.TlogProof(kIndex, 20), entry = log_.entry(kIndex);
  const auto with_witnesses = [&](int witnesses) {
    return tlog::FormatTlogProof(kIndex, log_.Inclusion(kIndex, 20), log_.Checkpoint(20, SyntheticLog::kTime, witnesses));
  };
  const Case cases[] = {
      {"good", proof, entry, "", {}, 0, ""},
      {"changed entry", proof, changed, "", {}, 4, "PROOF_ROOT_MISMATCH"},
      {"no proof", "nonsense", entry, "", {}, 4, "FILE_MALFORMED"},
      {"no bundle", "{\"schema\":1}", entry, "", {}, 4, "FILE_MALFORMED"},
      {"no entry", proof, "nonsense", "", {}, 4, "FILE_MALFORMED"},
      {"another statement", proof, entry, log_.statement(9), {}, 4, "STATEMENT_MISMATCH"},
      {"another log", other.TlogProof(kIndex, 20), entry, "", {}, 2, "OTHER_LOG"},
      {"one witness", with_witnesses(1), entry, "", {}, 6, "QUORUM_NOT_MET"},
      {"fresh enough", proof, entry, "", {"--max-age", "5m"}, 0, ""},
      {"too old", proof, entry, "", {"--max-age", "10s"}, 6, "CHECKPOINT_STALE"},
      {"without policy", proof, entry, "", {"--insecure-skip-policy"}, 6, ""},
      {"without policy, changed", proof, changed, "", {"--insecure-skip-policy"}, 4, "PROOF_ROOT_MISMATCH"},
  };
  for (const auto& c : cases) {
    WriteFile("8.tlog-proof", c.proof);
    WriteFile("8.tle", c.entry);
    std::vector<std::string> more = c.words;
    if (!c.statement.empty()) more.insert(more.end(), {"--statement", WriteFile("8.statement", c.statement)});
    const auto text = Run(Words(more));
    EXPECT_EQ(static_cast<int>(text.exit), c.exit) << c.name << "\n" << text.out << text.err;
    more.push_back("--json");
    const auto result = Run(Words(more));
    EXPECT_EQ(static_cast<int>(result.exit), c.exit) << c.name;
    const auto json = result.json();
    if (*c.code == '\0') {
      EXPECT_TRUE(json.at("error").is_null()) << c.name << result.out;
    } else {
      EXPECT_EQ(json.at("error").at("code").as_string(), c.code) << c.name << result.out;
      EXPECT_TRUE(json.at("claims").as_object().empty()) << c.name;
    }
  }
}

TEST_F(VerifyTest, AFailureSaysWhatToDo) {
  std::string changed = log_.entry(kIndex);
  changed[11] = static_cast<char>(changed[11] ^ 1);
  WriteFile("8.tle", changed);
  const auto result = Run(Words());
  EXPECT_TRUE(result.out.starts_with(
      "FAILED  entry 8 of log log.example/test-vectors: the inclusion proof does not lead to the signed root"))
      << result.out;
  EXPECT_THAT(
      result.out,
      HasSubstr("  means   this file was changed, or it belongs to another entry. It does not show that the log misbehaved.\n"));
  EXPECT_THAT(result.out, HasSubstr("  do      fetch the proof again: trustlog proof get 8        code PROOF_ROOT_MISMATCH "
                                    "(trustlog help errors/PROOF_ROOT_MISMATCH)\n"));
}

TEST_F(VerifyTest, NothingIsClaimedThatTheProofDoesNotSay) {
  WriteFile("8.tlog-proof", "nonsense");
  const auto text = Run(Words());
  EXPECT_EQ(text.exit, ExitCode::kVerificationFailed);
  EXPECT_TRUE(text.out.starts_with("FAILED  an entry whose proof cannot be read: ")) << text.out;
  EXPECT_THAT(text.out, Not(HasSubstr("log.example/test-vectors:")));
  const auto said = Run(Words({"--json"})).json().at("unverified").as_object();
  EXPECT_FALSE(said.contains("index") || said.contains("origin")) << boost::json::serialize(said);

  SyntheticLog other("log.example/other");
  other.AppendOpaque(20);
  WriteFile("8.tlog-proof", other.TlogProof(kIndex, 20));
  const auto foreign = Run(Words());
  EXPECT_EQ(foreign.exit, ExitCode::kUsage);
  EXPECT_TRUE(foreign.out.starts_with("FAILED  entry 8 of log log.example/other: it is of another log")) << foreign.out;
}

TEST_F(VerifyTest, ClaimsAreTheEntrysFields) {
  const auto json = Run(Words({"--json"})).json();
  EXPECT_TRUE(json.at("verified").as_bool());
  const auto& claims = json.at("claims").as_object();
  EXPECT_EQ(claims.at("index").as_string(), "8");
  EXPECT_EQ(claims.at("kind").as_string(), "commitment");
  EXPECT_EQ(claims.at("issuer").as_string(), "urn:tta:member:example-one");
  EXPECT_EQ(claims.at("principles").at(0).as_string(), "3");
  EXPECT_EQ(claims.at("loggedAt").as_string(), "2026-11-01T09:00:13Z");
  EXPECT_EQ(claims.at("validUntil").as_string(), "2028-11-01T00:00:00Z");
  EXPECT_EQ(claims.at("statementId").as_string(), "d89f92bb6e82558e36d6c4cef7ca3a1c7aed96c971cacefde9057e3baa75f45b");
  EXPECT_EQ(claims.at("treeSize").as_string(), "20");
}

TEST_F(VerifyTest, UsageErrorsNameWhatIsMissing) {
  EXPECT_THAT(Run({"verify", Path("8.tlog-proof")}).err, HasSubstr("--entry FILE is missing"));
  EXPECT_THAT(Run({"verify", Path("absent")}).err, HasSubstr("cannot read " + Path("absent")));
  EXPECT_THAT(Run(Words({"--max-age", "soon"})).err, HasSubstr("\"soon\" is not a duration"));
  EXPECT_EQ(Run(Words({"--max-age", "soon"})).exit, ExitCode::kUsage);
  variables_.erase("TRUSTLOG_POLICY");
  EXPECT_EQ(Run(Words()).exit, ExitCode::kUsage);
  WriteFile("broken.policy", "log nonsense\n");
  EXPECT_EQ(Run(Words({"--policy", Path("broken.policy")})).exit, ExitCode::kUsage);
}

TEST_F(VerifyTest, AForkAgainstTheSavedCheckpointIsSavedAsEvidenceFirst) {  // E11
  SetUrl();
  ASSERT_EQ(Run({"checkpoint", "get"}).exit, ExitCode::kOk);
  const SyntheticLog fork = Fork();
  WriteFile("8.tlog-proof", fork.TlogProof(kIndex, 20));
  const auto result = Run(Words({"--json"}));
  EXPECT_EQ(result.exit, ExitCode::kMisbehaviourProven) << result.out;
  const auto json = result.json();
  EXPECT_EQ(json.at("error").at("code").as_string(), "FORK_PROVEN");
  const std::string evidence(json.at("evidence").as_string());
  const auto check = Run({"evidence", "verify", evidence});
  EXPECT_EQ(check.exit, ExitCode::kOk) << check.err;
  EXPECT_TRUE(check.out.starts_with("PROVEN  ")) << check.out;
  EXPECT_EQ(Run({"evidence", "verify", WriteFile("bad.json", "{}")}).exit, ExitCode::kVerificationFailed);
  EXPECT_EQ(Run(Words({"--no-state"})).exit, ExitCode::kOk);  // this client has no memory then
}

TEST_F(VerifyTest, ProofGetFetchesByTilesAndSavesWhatVerifies) {
  SetUrl();
  const auto proof = Run({"proof", "get", "8"});
  EXPECT_EQ(proof.exit, ExitCode::kOk) << proof.err;
  EXPECT_EQ(proof.out, log_.TlogProof(kIndex, 20));  // stdout is the proof and nothing else (K1)
  EXPECT_EQ(Run({"proof", "get", "8", "-o", Path("out/")}).exit, ExitCode::kOk);
  EXPECT_EQ(ReadFile("out/8.tle"), log_.entry(kIndex));
  EXPECT_EQ(Run({"verify", Path("out/8.tlog-proof"), "--entry", Path("out/8.tle"), "--statement", Path("out/8.json")}).exit,
            ExitCode::kOk);
  EXPECT_EQ(Run({"proof", "get", "8", "-o", Path("b.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"verify", Path("b.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"proof", "get", "20"}).exit, ExitCode::kNotFound);
  EXPECT_EQ(Run({"proof", "get", "20", "--json"}).json().at("error").at("code").as_string(), "INDEX_OUT_OF_RANGE");
  EXPECT_EQ(Run({"proof", "get", "nine"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"proof", "get", std::string(64, 'a')}).exit, ExitCode::kUsage);  // an id needs a call
  EXPECT_EQ(Run({"proof", "get", "8", "--insecure-skip-policy"}).exit, ExitCode::kQuorumOrFreshness);
  Flip("tile/entries/000.p/20", log_.entry(kIndex));
  EXPECT_EQ(Run({"proof", "get", "8", "-o", Path("bad.json")}).exit, ExitCode::kVerificationFailed);
  EXPECT_FALSE(Exists("bad.json"));
  fetcher_.fail = [](const std::string&) { return std::optional(absl::UnavailableError("no answer")); };
  EXPECT_EQ(Run({"proof", "get", "8"}).exit, ExitCode::kUnavailable);
}

TEST_F(VerifyTest, ProofShowVerifiesNothingAndSaysSo) {
  const auto result = Run({"proof", "show", Path("8.tlog-proof")});
  EXPECT_EQ(result.exit, ExitCode::kOk);
  EXPECT_TRUE(result.out.starts_with("proof     entry 8 of log log.example/test-vectors, not verified\nsize      20\n"))
      << result.out;
  EXPECT_EQ(Run({"proof", "show", Path("8.tlog-proof"), "--json"}).json().at("treeSize").as_string(), "20");
  EXPECT_EQ(Run({"proof", "show", Path("8.tle")}).exit, ExitCode::kVerificationFailed);
  EXPECT_EQ(Run({"proof", "show", "-"}, log_.TlogProof(kIndex, 20)).exit, ExitCode::kOk);  // K5: stdin
}

TEST_F(VerifyTest, ShowPrintsAnEntryOnlyAfterItVerified) {
  SetUrl();
  const auto text = Run({"show", "8"});
  EXPECT_EQ(text.exit, ExitCode::kOk) << text.err;
  EXPECT_TRUE(text.out.starts_with("VERIFIED  ")) << text.out;
  EXPECT_THAT(text.out, HasSubstr("  valid       2026-11-01T00:00:00Z .. 2028-11-01T00:00:00Z\n"));
  EXPECT_THAT(text.out, HasSubstr("\"nonce\":\"28r23_Byv800w30M4ZEZZw\""));
  EXPECT_EQ(Run({"show", "8", "--raw"}).out, log_.entry(kIndex));
  EXPECT_EQ(Run({"show", "8", "--json"}).json().at("claims").at("statement").as_string(), log_.statement(kIndex));
  Flip("tile/statements/000.p/20", log_.statement(kIndex));
  const auto changed = Run({"show", "8"});
  EXPECT_NE(changed.exit, ExitCode::kOk);
  EXPECT_THAT(changed.out, Not(HasSubstr("nonce")));
}

TEST_F(VerifyTest, CheckpointGetRemembersAndProvesGrowth) {  // E10
  SetUrl();
  fetcher_.files = log_.Publish(11);
  EXPECT_THAT(Run({"checkpoint", "get"}).out, HasSubstr("the first one seen"));
  fetcher_.files = log_.Publish(20);
  const auto grown = Run({"checkpoint", "get", "-o", Path("20")});
  EXPECT_THAT(grown.out, HasSubstr("grown from your saved one, proved"));
  EXPECT_EQ(ReadFile("20"), fetcher_.files["checkpoint"]);
  fetcher_.files["checkpoint"] = log_.Checkpoint(11);
  EXPECT_THAT(Run({"checkpoint", "get"}).out, HasSubstr("older than your saved one"));
  EXPECT_EQ(Run({"checkpoint", "get", "-o", "-"}).out, fetcher_.files["checkpoint"]);
  fetcher_.files.erase("checkpoint");
  const auto none = Run({"checkpoint", "get", "--json"});
  EXPECT_EQ(none.exit, ExitCode::kNotFound);
  EXPECT_EQ(none.json().at("error").at("code").as_string(), "CHECKPOINT_NOT_FOUND");
}

TEST_F(VerifyTest, CheckpointVerifyIsOffline) {
  EXPECT_EQ(Run({"checkpoint", "verify", WriteFile("c", log_.Checkpoint(20))}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"checkpoint", "verify", WriteFile("c", log_.Checkpoint(20, SyntheticLog::kTime, 1))}).exit,
            ExitCode::kQuorumOrFreshness);
  EXPECT_EQ(Run({"checkpoint", "verify", WriteFile("c", "nonsense")}).exit, ExitCode::kVerificationFailed);
  EXPECT_TRUE(opened_.empty());
}

TEST_F(VerifyTest, CheckpointCompareTellsGrowthFromAFork) {
  const SyntheticLog fork = Fork();
  const std::string a = WriteFile("a", log_.Checkpoint(17)), b = WriteFile("b", log_.Checkpoint(20));
  const std::string forked_17 = WriteFile("f17", fork.Checkpoint(17)), forked_20 = WriteFile("f20", fork.Checkpoint(20));
  struct Case {
    const char* name;
    std::string one, other;
    int exit;
  };
  SetUrl();
  const Case cases[] = {{"growth", a, b, 0},
                        {"growth, other order", b, a, 0},
                        {"the same", b, b, 0},
                        {"equal size", b, forked_20, 5},
                        {"smaller fork", forked_17, b, 5}};
  for (const auto& c : cases) {
    const auto result = Run({"checkpoint", "compare", c.one, c.other, "--json"});
    EXPECT_EQ(static_cast<int>(result.exit), c.exit) << c.name << result.out << result.err;
    if (c.exit != 5) continue;
    const std::string evidence(result.json().at("evidence").as_string());
    EXPECT_EQ(Run({"evidence", "verify", evidence}).exit, ExitCode::kOk) << c.name;
  }
}

TEST_F(VerifyTest, FsckFindsWhatWasChanged) {
  testing::WriteFiles(fetcher_.files, Path("exported"));
  const auto whole = Run({"fsck", "--dir", Path("exported")});
  EXPECT_EQ(whole.exit, ExitCode::kOk) << whole.err;
  EXPECT_TRUE(whole.out.starts_with("WHOLE  log log.example/test-vectors, size 20: 20 entries")) << whole.out;
  fetcher_.files["tile/0/000.p/20"][40] ^= 1;
  const auto damaged = Run({"fsck", "--url", "https://log.example/", "--json", "--no-state"});
  EXPECT_EQ(damaged.exit, ExitCode::kVerificationFailed);
  std::vector<std::string> paths;
  const auto found = damaged.json();
  for (const auto& item : found.at("damage").as_array()) paths.emplace_back(item.at("path").as_string());
  EXPECT_THAT(paths, ::testing::Contains("tile/entries/000.p/20")) << damaged.out;
  EXPECT_NE(found.at("damageCount").as_string(), "0");
}

TEST_F(VerifyTest, MonitorFollowsFromWhereItEnded) {
  SetUrl();
  fetcher_.files = log_.Publish(14);
  const auto first = Run({"monitor", "once"});
  EXPECT_EQ(first.exit, ExitCode::kOk) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("CLEAN  log log.example/test-vectors, size 14: entries [0, 14) followed"));
  EXPECT_THAT(first.out, ::testing::ContainsRegex("\nregistry [0-9a-f]{64}\n$"));
  fetcher_.files = log_.Publish(20);
  const auto second = Run({"monitor", "once", "--entries", "--json"});
  std::istringstream lines(second.out);
  std::vector<std::string> events;
  for (std::string line; std::getline(lines, line);) events.emplace_back(boost::json::parse(line).at("event").as_string());
  EXPECT_THAT(events, ::testing::ElementsAre("entry", "entry", "entry", "entry", "entry", "entry", "run"));  // NDJSON
  EXPECT_EQ(Run({"monitor", "once", "--no-state"}).exit, ExitCode::kUsage);
}

TEST_F(VerifyTest, PolicyCheckNamesMinimalQuorums) {  // E8
  const auto result = Run({"policy", "check"});
  EXPECT_EQ(result.exit, ExitCode::kOk);
  for (const char* quorum : {"quorum    w1 w2\n", "quorum    w1 w3\n", "quorum    w2 w3\n"})
    EXPECT_THAT(result.out, HasSubstr(quorum));
  const auto none = Run({"policy", "check", WriteFile("none.policy", "log " + log_.Vkey() + "\nquorum none\n"), "--json"}).json();
  EXPECT_EQ(none.at("warnings").as_array().size(), 1U);
  const auto made = Run({"policy", "new", "--vkey", log_.Vkey(), "--url", "https://log.example/"});
  EXPECT_EQ(made.exit, ExitCode::kOk);
  EXPECT_EQ(Run({"policy", "check", "-"}, made.out).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"policy", "new", "--vkey", log_.Vkey(), "--witness", "w1"}).exit, ExitCode::kUsage);
  EXPECT_TRUE(opened_.empty());
}

TEST_F(VerifyTest, LogDescribePrintsTheServersWordAsUnverified) {  // A21
  SetUrl();
  fetcher_.files[".well-known/trustlog.json"] =
      R"({"schema":1,"origin":"log.example/test-vectors","vkeys":[")" + log_.Vkey() + R"("],"contact":""})";
  fetcher_.files["policy"] = log_.PolicyText();
  EXPECT_EQ(Run({"log", "describe", "--format", "logs-v0"}).out, "logs/v0\n\nvkey " + log_.Vkey() + "\nqpd 86400\n");
  EXPECT_EQ(Run({"log", "describe"}).out, fetcher_.files[".well-known/trustlog.json"]);
  EXPECT_THAT(Run({"log", "describe", "--format", "policy"}).err, HasSubstr("UNVERIFIED"));
  variables_.erase("TRUSTLOG_POLICY");
  EXPECT_THAT(Run({"log", "describe", "--format", "logs-v0"}).err, HasSubstr("UNVERIFIED"));
  EXPECT_EQ(Run({"log", "describe", "--format", "frob"}).exit, ExitCode::kUsage);
}

TEST_F(VerifyTest, HelpExplainsEveryCode) {
  const auto help = Run({"help", "errors/PROOF_ROOT_MISMATCH"});
  EXPECT_EQ(help.exit, ExitCode::kOk);
  EXPECT_TRUE(help.out.starts_with("PROOF_ROOT_MISMATCH\n  means   ")) << help.out;
  EXPECT_EQ(Run({"help", "errors/FROB"}).exit, ExitCode::kUsage);
  EXPECT_THAT(Run({"help", "errors"}).out, HasSubstr("KEY_UNKNOWN\n"));
  EXPECT_THAT(Run({"help", "key", "new"}).out, HasSubstr("trustlog key new"));
  EXPECT_EQ(Run({"help", "frob"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"version"}).out, "trustlog 0.1.0\n");
}

}  // namespace
}  // namespace trustlog::cli
