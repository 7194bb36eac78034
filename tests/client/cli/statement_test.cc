// key, statement, sign, cosign, the secretariat's statements, and the illustration: everything that is made offline.
#include "proto/attest/statement.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "client/cli/illustration.h"
#include "client/cli/sign.h"
#include "client/cli/statement_template.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMember[] = "urn:tta:member:acme";

class StatementTest : public CliTest {
 protected:
  StatementTest() {
    EXPECT_EQ(Run({"key", "new", "-o", Path("acme.key")}).exit, ExitCode::kOk);
    WriteFile("document.pdf", "a document");
  }
  CliResult New(std::vector<std::string> words) {
    words.insert(words.begin(), {"statement", "new"});
    words.insert(words.end(), {"--origin", "log.example/test"});
    return Run(words);
  }
  std::vector<std::string> Evidence() const { return {"evidence", "--issuer", kMember, "--document", Path("document.pdf")}; }
};

TEST_F(StatementTest, KeysAreWrittenOnceAndTheSecretIsNeverPrinted) {
  for (const std::string alg : {"ed25519", "p256", "p384"}) {
    const auto made = Run({"key", "new", "--alg", alg, "-o", Path(alg)});
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    EXPECT_EQ(made.out.size(), 65U);
    EXPECT_THAT(made.out + made.err, Not(HasSubstr("PRIVATE")));
    struct stat info {};
    ASSERT_EQ(::stat(Path(alg).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    for (const std::string& file : {alg, alg + ".pub"}) {
      const auto shown = Run({"key", "show", Path(file), "--json"});
      EXPECT_EQ(std::string(shown.json().at("keyId").as_string()) + "\n", made.out) << file;
    }
    EXPECT_EQ(Run({"key", "new", "--alg", alg, "-o", Path(alg)}).exit, ExitCode::kUsage);
  }
  EXPECT_EQ(Run({"key", "new", "--alg", "rsa", "-o", Path("rsa")}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"key", "show", Path("document.pdf")}).exit, ExitCode::kUsage);
}

TEST_F(StatementTest, ASecretIsKeptOffTheDisk) {  // reliability.md 3.10
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers look into their own process";
#endif
  const auto kept = [] {
    struct rlimit core {};
    return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
  };
  const std::string statement = WriteFile("s.json", New(Evidence()).out);
  const std::vector<std::string> commands[] = {
      {"key", "new", "-o", Path("another.key")}, {"key", "show", Path("acme.key")}, {"sign", statement, "--key", Path("acme.key")}};
  for (const auto& words : commands) {
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    EXPECT_FALSE(kept());
    EXPECT_EQ(Run(words).exit, ExitCode::kOk) << words[0] << words[1];
    EXPECT_TRUE(kept()) << words[0] << words[1];
  }
}

TEST_F(StatementTest, OutputReplacesNoKeyAndNoInput) {
  const std::string key = ReadFile("acme.key");
  const std::string statement = WriteFile("s.json", New(Evidence()).out);
  WriteFile("note.key", "PRIVATE+KEY+log.example+00000000+AAAA\n");
  ASSERT_EQ(::symlink(Path("acme.key").c_str(), Path("link").c_str()), 0);
  ASSERT_EQ(Run({"sign", statement, "--key", Path("acme.key"), "-o", Path("s.dsse.json")}).exit, ExitCode::kOk);
  struct Case {
    const char* name;
    std::vector<std::string> words;
    const char* says;
  };
  const Case cases[] = {
      {"sign over its key", {"sign", statement, "--key", Path("acme.key"), "-o", Path("acme.key")}, "would be lost"},
      {"sign over its statement", {"sign", statement, "--key", Path("acme.key"), "-o", Path("./s.json")}, "would be lost"},
      {"cosign over its key", {"cosign", Path("s.dsse.json"), "--key", Path("b.key"), "-o", Path("b.key")}, "private key"},
      {"a form over a key", {"statement", "new", "evidence", "--origin", "o", "-o", Path("acme.key")}, "private key"},
      {"a form over a link to a key", {"statement", "new", "evidence", "--origin", "o", "-o", Path("link")}, "private key"},
      {"a form over a note's key", {"statement", "new", "evidence", "--origin", "o", "-o", Path("note.key")}, "private key"},
      {"a form over a directory", {"statement", "new", "evidence", "--origin", "o", "-o", directory_.path()}, "cannot write"},
      {"a secret to stdout", {"key", "new", "-o", "-"}, "never goes to standard output"},
  };
  ASSERT_EQ(Run({"key", "new", "-o", Path("b.key")}).exit, ExitCode::kOk);
  for (const auto& c : cases) {
    const auto result = Run(c.words);
    EXPECT_EQ(result.exit, ExitCode::kUsage) << c.name;
    EXPECT_THAT(result.err, HasSubstr(c.says)) << c.name;
  }
  EXPECT_EQ(ReadFile("acme.key"), key);
  EXPECT_NE(::access("-", F_OK), 0);
  EXPECT_EQ(Run({"cosign", Path("s.dsse.json"), "--key", Path("b.key"), "-o", Path("s.dsse.json")}).exit, ExitCode::kOk);
}

TEST_F(StatementTest, OutputGoesThroughWhatIsNoFile) {
  const auto write = [this](const std::string& name) {
    return Run({"statement", "new", "evidence", "--origin", "o", "-o", Path(name)}).exit;
  };
  const auto type = [this](const std::string& name) {
    struct stat info {};
    EXPECT_EQ(::lstat(Path(name).c_str(), &info), 0) << name;
    return info.st_mode & S_IFMT;
  };
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = ::open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(write("pipe"), ExitCode::kOk);
  char byte = 0;
  EXPECT_EQ(::read(reader, &byte, 1), 1);
  ::close(reader);
  EXPECT_EQ(type("pipe"), static_cast<mode_t>(S_IFIFO));

  ASSERT_EQ(::chmod(WriteFile("there", "x").c_str(), 0640), 0);
  for (const std::string target : {"there", "not-there"}) {
    ASSERT_EQ(::symlink(target.c_str(), Path("to-" + target).c_str()), 0);
    EXPECT_EQ(write("to-" + target), ExitCode::kOk) << target;
    EXPECT_EQ(type("to-" + target), static_cast<mode_t>(S_IFLNK)) << target;
    EXPECT_THAT(ReadFile(target), HasSubstr("predicateType")) << target;
  }
  struct stat info {};
  ASSERT_EQ(::stat(Path("there").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
}

TEST_F(StatementTest, EvidenceIsCompleteAsItComes) {
  const auto made = New(Evidence());
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  const auto statement = CheckPayload(made.out);
  ASSERT_TRUE(statement.ok()) << statement.status();
  EXPECT_EQ(statement->kind, attest::Kind::kEvidence);
  EXPECT_EQ(statement->log_origin, "log.example/test");
  EXPECT_EQ(statement->issuer, kMember);
  EXPECT_EQ(statement->issued_at, kNow);
  EXPECT_EQ(statement->subjects.front().name, "document.pdf");
  EXPECT_EQ(statement->subjects.front().sha256, merkle::Sha256(bytes::AsBytes("a document")));
  EXPECT_EQ(std::get<attest::Evidence>(statement->predicate).about, std::vector<std::string>{kMember});
  EXPECT_NE(New(Evidence()).out, made.out);  // another nonce
}

TEST_F(StatementTest, AKindThatDoesNotExistIsNamedWithThoseThatDo) {
  const auto unknown = New({"frob"});
  EXPECT_EQ(unknown.exit, ExitCode::kUsage);
  EXPECT_THAT(unknown.err, HasSubstr("commitment"));
}

TEST_F(StatementTest, MembersAreMergedFromFilesAndWords) {
  WriteFile("predicate.json", R"({"principle":1,"scope":{"exclusions":[]},"contact":"trust@example.com"})");
  const auto made = New({"commitment", "--issuer", kMember, "--document", Path("document.pdf"), "--predicate",
                         Path("predicate.json"), "--set", "principle=3", "--set", "principleSet=" + std::string(64, '1'), "--set",
                         "validUntil=2027-01-01T00:00:00Z", "--set", "scope.products=[\"anvils\"]", "--set", "level=basic"});
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  const auto statement = CheckPayload(made.out);
  ASSERT_TRUE(statement.ok()) << statement.status() << made.out;
  EXPECT_EQ(std::get<attest::Commitment>(statement->predicate).principle, 3);
  EXPECT_EQ(std::get<attest::Commitment>(statement->predicate).level, "basic");
  EXPECT_THAT(made.out, HasSubstr(R"("products":["anvils"])"));
  EXPECT_EQ(New({"commitment", "--set", "nonsense"}).exit, ExitCode::kUsage);
  EXPECT_EQ(New({"commitment", "--set", "validFrom.x=1"}).exit, ExitCode::kUsage);
  EXPECT_EQ(New({"commitment", "--predicate", WriteFile("bad.json", "[1]")}).exit, ExitCode::kUsage);
  EXPECT_EQ(New({"commitment", "--predicate", WriteFile("bad.json", "{\"a\":1.5}")}).exit, ExitCode::kUsage);
}

TEST_F(StatementTest, SignSignsTheBytesAsTheyAre) {
  WriteFile("s.json", New(Evidence()).out);
  const auto result = Run({"sign", Path("s.json"), "--key", Path("acme.key"), "-o", Path("s.dsse.json")});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.err;
  const auto envelope = attest::ParseEnvelope(ReadFile("s.dsse.json"));
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->payload, ReadFile("s.json"));
  const auto key = ReadKey(Path("acme.key"));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(envelope->signatures.front().keyid, bytes::EncodeHex(key->public_key().id()));
  EXPECT_TRUE(
      key->public_key().Verify(attest::Pae(attest::kPayloadType, envelope->payload), envelope->signatures.front().sig).ok());
  EXPECT_THAT(result.out, HasSubstr(bytes::EncodeHex(attest::StatementId(envelope->payload))));
  EXPECT_EQ(Run({"sign", "-", "--key", Path("acme.key")}, ReadFile("s.json")).out,
            ReadFile("s.dsse.json"));  // Ed25519 is deterministic
  EXPECT_TRUE(opened_.empty());        // K8
}

TEST_F(StatementTest, SignsManyUnderOneSignatureEachProvableAlone) {
  std::filesystem::create_directory(Path("many"));
  for (int i = 0; i < 5; ++i) WriteFile("many/s" + std::to_string(i) + ".json", New(Evidence()).out);
  WriteFile("many/notes.txt", "not a statement");
  WriteFile("many/old.dsse.json", "not a statement either");
  WriteFile("one.json", New(Evidence()).out);
  const auto result =
      Run({"sign", "--batch", Path("one.json"), Path("many"), "--key", Path("acme.key"), "-o", Path("out/signed"), "--json"});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.json().at("statements").as_string(), "6");
  const auto plain = ReadKey(Path("acme.key"))->public_key();
  const auto key = keys::PublicKey::FromSpki(plain.spki(), keys::Algorithm::kEd25519Batch).value();
  std::set<std::string> inner;
  for (const std::string name : {"one", "s0", "s1", "s2", "s3", "s4"}) {
    const auto envelope = attest::ParseEnvelope(ReadFile("out/signed/" + name + ".dsse.json"));
    ASSERT_TRUE(envelope.ok()) << name << envelope.status();
    EXPECT_EQ(envelope->payload, ReadFile(name == "one" ? "one.json" : "many/" + name + ".json"));
    ASSERT_EQ(envelope->signatures.size(), 1U);
    EXPECT_EQ(envelope->signatures[0].keyid, bytes::EncodeHex(plain.id()));
    EXPECT_TRUE(key.Verify(attest::Pae(attest::kPayloadType, envelope->payload), envelope->signatures[0].sig).ok()) << name;
    inner.insert(keys::ParseBatchSignature(envelope->signatures[0].sig)->inner);
  }
  EXPECT_EQ(inner.size(), 1U);
  EXPECT_FALSE(Exists("out/signed/old.dsse.json"));
  EXPECT_TRUE(opened_.empty());  // K8
}

TEST_F(StatementTest, SignsNothingOfABatchThatIsNotWhole) {
  const std::string good = WriteFile("good.json", New(Evidence()).out);
  const std::string bad = WriteFile("bad.json", "{}");
  std::filesystem::create_directory(Path("empty"));
  std::filesystem::create_directory(Path("other"));
  const std::string same = WriteFile("same.json", ReadFile("good.json"));
  const std::string namesake = WriteFile("other/good.json", New(Evidence()).out);
  ASSERT_EQ(Run({"key", "new", "--alg", "p384", "-o", Path("p384.key")}).exit, ExitCode::kOk);
  const std::string key = Path("acme.key"), out = Path("out");
  const struct {
    const char* name;
    std::vector<std::string> words;
    std::string says;
  } kCases[] = {
      {"several without --batch", {"sign", good, namesake, "--key", key, "-o", out}, "--batch"},
      {"no folder for the envelopes", {"sign", "--batch", good, "--key", key}, "-o DIR"},
      {"two keys", {"sign", "--batch", good, "--key", key, "--key", Path("p384.key"), "-o", out}, "one key"},
      {"a key without a batch form", {"sign", "--batch", good, "--key", Path("p384.key"), "-o", out}, "sign no batches"},
      {"a bad statement after a good one", {"sign", "--batch", good, bad, "--key", key, "-o", out}, "bad.json: "},
      {"one that is not there", {"sign", "--batch", good, Path("none.json"), "--key", key, "-o", out}, "none.json"},
      {"one twice", {"sign", "--batch", good, same, "--key", key, "-o", out}, "the same statement"},
      {"two of one name", {"sign", "--batch", good, namesake, "--key", key, "-o", out}, "would both become"},
      {"an empty folder", {"sign", "--batch", Path("empty"), "--key", key, "-o", out}, "holds no statement"},
      {"stdin", {"sign", "--batch", "-", "--key", key, "-o", out}, "not stdin"},
      {"a file for a folder", {"sign", "--batch", good, "--key", key, "-o", bad}, "bad.json"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto result = Run(c.words);
    EXPECT_NE(result.exit, ExitCode::kOk);
    EXPECT_THAT(result.err, HasSubstr(c.says));
    EXPECT_FALSE(std::filesystem::exists(out)) << "nothing is written";
  }
}

TEST_F(StatementTest, SignRefusesWhatALogWouldRefuse) {
  const std::string good = New(Evidence()).out;
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  struct Case {
    const char* name;
    std::string payload;
    int exit;
    const char* code;
  };
  const Case cases[] = {
      {"no JSON", "nonsense", 9, "STATEMENT_MALFORMED"},
      {"a member twice", with("\"form\": \"other\"", "\"form\": \"other\", \"form\": \"vsa\""), 9, "DUPLICATE_MEMBER"},
      {"another kind", with("/evidence/v1", "/frob/v1"), 9, "KIND_UNKNOWN"},
      {"another form", with("\"other\"", "\"frob\""), 9, "SCHEMA_VIOLATION"},
      {"a placeholder", with(kMember, "<urn>"), 9, "SCHEMA_VIOLATION"},
  };
  for (const auto& c : cases) {
    const auto result = Run({"sign", "-", "--key", Path("acme.key"), "--json"}, c.payload);
    EXPECT_EQ(static_cast<int>(result.exit), c.exit) << c.name;
    EXPECT_EQ(result.json().at("error").at("code").as_string(), c.code) << c.name;
  }
  EXPECT_EQ(Run({"sign", "-", "--key", Path("absent.key")}, good).exit, ExitCode::kUsage);
  const auto personal = Run({"sign", "-", "--key", Path("acme.key")},
                            with("\"form\": \"other\"", "\"form\": \"other\", \"summary\": {\"en\": \"ask jane@example.com\"}"));
  EXPECT_EQ(personal.exit, ExitCode::kOk);
  EXPECT_THAT(personal.err, HasSubstr("looks like data of a person"));
}

TEST_F(StatementTest, CosignAddsASignature) {
  ASSERT_EQ(Run({"key", "new", "--alg", "p256", "-o", Path("second.key")}).exit, ExitCode::kOk);
  WriteFile("s.json", New(Evidence()).out);
  ASSERT_EQ(Run({"sign", Path("s.json"), "--key", Path("acme.key"), "-o", Path("s.dsse.json")}).exit, ExitCode::kOk);
  const auto result = Run({"cosign", Path("s.dsse.json"), "--key", Path("second.key")});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.err;
  const auto envelope = attest::ParseEnvelope(ReadFile("s.dsse.json"));
  ASSERT_EQ(envelope->signatures.size(), 2U);
  EXPECT_LT(envelope->signatures[0].keyid, envelope->signatures[1].keyid);
  EXPECT_EQ(envelope->payload, ReadFile("s.json"));
  const auto again = Run({"cosign", Path("s.dsse.json"), "--key", Path("second.key")});
  EXPECT_EQ(again.exit, ExitCode::kUsage);
  EXPECT_THAT(again.err, HasSubstr("has signed"));
  EXPECT_EQ(Run({"cosign", Path("s.json"), "--key", Path("second.key")}).exit, ExitCode::kRefused);
}

TEST_F(StatementTest, ImportSignsEvidenceOfAFile) {
  const auto result =
      Run({"import", Path("document.pdf"), "--form", "sbom", "--media-type", "application/pdf", "--issuer", kMember, "--about",
           kMember, "--about", "urn:tta:member:other", "--origin", "log.example/test", "--key", Path("acme.key")});
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.err;
  const auto envelope = attest::ParseEnvelope(result.out);
  ASSERT_TRUE(envelope.ok());
  const auto statement = CheckPayload(envelope->payload);
  ASSERT_TRUE(statement.ok()) << statement.status();
  const auto& evidence = std::get<attest::Evidence>(statement->predicate);
  EXPECT_EQ(evidence.form, "sbom");
  EXPECT_EQ(evidence.about.size(), 2U);
}

class ImportTest : public StatementTest {
 protected:
  // An in-toto statement of others in an envelope signed by foreign.key.
  ImportTest() {
    EXPECT_EQ(Run({"key", "new", "--alg", "p256", "-o", Path("foreign.key")}).exit, ExitCode::kOk);
    const std::string payload = R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a.bin","digest":{"sha256":")" +
                                std::string(64, 'a') + R"("}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}})";
    const auto key = ReadKey(Path("foreign.key"));
    WriteFile("provenance.json", SignPayload(payload, {&*key}).value());
  }
  CliResult Import(const std::string& file, std::vector<std::string> words) {
    words.insert(words.begin(), {"import", file, "--issuer", kMember, "--origin", "log.example/test", "--key", Path("acme.key")});
    return Run(words);
  }
  // The predicate of the statement in an envelope.
  static boost::json::object PredicateIn(const std::string& envelope) {
    return boost::json::parse(attest::ParseEnvelope(envelope).value().payload).at("predicate").as_object();
  }
};

TEST_F(ImportTest, SaysWhatTheFileIsAndWhatItSpeaksOf) {
  const auto made = Import(Path("provenance.json"), {"--form", "slsa-provenance"});
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  EXPECT_THAT(made.err, HasSubstr("1 envelope, 1 subject by sha256; signatures not checked (--verify-key)"));
  const auto predicate = PredicateIn(made.out);
  EXPECT_EQ(predicate.at("mediaType").as_string(), "application/vnd.dsse.envelope.v1+json");
  EXPECT_EQ(boost::json::serialize(predicate.at("foreignSubjects")),
            R"([{"name":"a.bin","sha256":")" + std::string(64, 'a') + R"("}])");
  EXPECT_EQ(boost::json::serialize(predicate.at("checked")), R"({"by":"trustlog import","result":"not-checked"})");
  const auto statement = CheckPayload(attest::ParseEnvelope(made.out)->payload);
  ASSERT_TRUE(statement.ok()) << statement.status();
  EXPECT_EQ(statement->subjects.front().sha256, merkle::Sha256(bytes::AsBytes(ReadFile("provenance.json"))));
}

TEST_F(ImportTest, SaysValidOnlyOfWhatItVerified) {
  const auto valid = Import(Path("provenance.json"), {"--form", "slsa-provenance", "--verify-key", Path("foreign.key.pub")});
  ASSERT_EQ(valid.exit, ExitCode::kOk) << valid.err;
  const std::string id(Run({"key", "show", Path("foreign.key.pub"), "--json"}).json().at("keyId").as_string());
  EXPECT_EQ(boost::json::serialize(PredicateIn(valid.out).at("checked")),
            R"({"by":"trustlog import, key )" + id + R"(","result":"valid"})");

  const struct {
    const char* name;
    std::string file, key;
    ExitCode exit;
  } cases[] = {
      {"another key", Path("provenance.json"), Path("acme.key.pub"), ExitCode::kVerificationFailed},
      {"nothing signed in it", Path("document.pdf"), Path("foreign.key.pub"), ExitCode::kVerificationFailed},
      {"no key", Path("provenance.json"), Path("document.pdf"), ExitCode::kUsage},
      {"no file", Path("absent"), Path("foreign.key.pub"), ExitCode::kUsage},
  };
  for (const auto& test : cases) {
    const auto made = Import(test.file, {"--form", "other", "--verify-key", test.key, "-o", Path("never.json")});
    EXPECT_EQ(made.exit, test.exit) << test.name << made.err;
    EXPECT_FALSE(Exists("never.json")) << test.name;
  }
}

TEST_F(ImportTest, TheUserHasTheLastWord) {
  const auto made =
      Import(Path("provenance.json"), {"--form", "other", "--media-type", "text/x-mine", "--set", "foreignSubjects=[]", "--set",
                                       R"(checked={"by":"our lab","result":"invalid"})"});
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  const auto predicate = PredicateIn(made.out);
  EXPECT_EQ(predicate.at("mediaType").as_string(), "text/x-mine");
  EXPECT_TRUE(predicate.at("foreignSubjects").as_array().empty());
  EXPECT_EQ(predicate.at("checked").at("result").as_string(), "invalid");
}

TEST_F(ImportTest, AScittStatementIsCose) {
  const std::string file = WriteFile("s.cose", std::string("\xd2\x84\x43\xa1\x01\x26\xa0\x40\x40", 9));
  EXPECT_EQ(PredicateIn(Import(file, {"--form", "scitt-statement"}).out).at("mediaType").as_string(),
            "application/scitt-statement+cose");
  EXPECT_EQ(PredicateIn(Import(file, {"--form", "other"}).out).at("mediaType").as_string(),
            "application/cose; cose-type=\"cose-sign1\"");
  EXPECT_EQ(PredicateIn(Import(Path("document.pdf"), {"--form", "other"}).out).at("mediaType").as_string(),
            "application/octet-stream");
  EXPECT_EQ(Import(file, {"--form", "frob"}).exit, ExitCode::kRefused);
}

// Files that others made, whole: whatever they hold, the statement about them is one that a log takes.
TEST_F(ImportTest, EveryRealFileBecomesAStatement) {
  const std::filesystem::path shared = TRUSTLOG_SHARED_DATA;
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no " << shared;
  std::size_t files = 0;
  for (const auto* folder : {"attestations", "vectors/envelopes-invalid", "vectors/oscal", "vectors/standards-cdx"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(shared / folder)) {
      if (!entry.is_regular_file()) continue;
      const auto made = Import(entry.path(), {"--form", "other"});
      ASSERT_EQ(made.exit, ExitCode::kOk) << entry.path() << made.err;
      EXPECT_TRUE(CheckPayload(attest::ParseEnvelope(made.out)->payload).ok()) << entry.path();
      ++files;
    }
  }
  EXPECT_GE(files, 70U);
  const auto google = shared / "attestations/google-cloud";
  const auto verified = Import(google / "gcb-v0.3-gcloud-container-github-tag.json",
                               {"--form", "slsa-provenance", "--verify-key", google / "keys/global-pae-provenanceSigner_1.key"});
  ASSERT_EQ(verified.exit, ExitCode::kOk) << verified.err;
  EXPECT_EQ(PredicateIn(verified.out).at("checked").at("result").as_string(), "valid");
}

TEST_F(StatementTest, TheSecretariatsStatementsAreComplete) {
  const std::string pub = Path("acme.key.pub");
  const std::vector<std::string> origin = {"--origin", "log.example/test"};
  struct Case {
    const char* name;
    std::vector<std::string> words;
    attest::Kind kind;
  };
  ASSERT_EQ(Run({"key", "new", "-o", Path("b.key")}).exit, ExitCode::kOk);
  ASSERT_EQ(Run({"key", "new", "-o", Path("c.key")}).exit, ExitCode::kOk);
  const Case cases[] = {
      {"genesis",
       {"genesis", "new", "--root", pub, "--secretariat", Path("b.key.pub"), "--operator", Path("c.key.pub")},
       attest::Kind::kGenesis},
      {"admission", {"member", "admit", kMember, "--name", "Acme \"SE\"", "--country", "DE"}, attest::Kind::kPartyAdmission},
      {"accreditation",
       {"auditor", "accredit", "urn:tta:auditor:north", "--principles", "1,3", "--by", "A board", "--until",
        "2028-01-01T00:00:00Z"},
       attest::Kind::kAuditorAccreditation},
      {"registration", {"key", "register", pub, "--issuer", kMember, "--purposes", "sign,admin"}, attest::Kind::kKeyRegistration},
      {"withdrawal", {"member", "withdraw", kMember, "--reason", "merger"}, attest::Kind::kPartyWithdrawal},
      {"rotation",
       {"key", "rotate", Path("b.key.pub"), "--replaces", pub, "--overlap-until", "2027-01-01T00:00:00Z", "--issuer", kMember},
       attest::Kind::kKeyRegistration},
      {"revocation", {"key", "revoke", pub, "--reason", "lost", "--issuer", kMember}, attest::Kind::kKeyRevocation},
      {"revocation by the secretariat",
       {"key", "revoke", std::string(64, '1'), "--reason", "compromised", "--invalid-since", "17", "--party", kMember, "--issuer",
        "urn:tta:secretariat"},
       attest::Kind::kKeyRevocation},
      {"batch key", {"key", "register", pub + ":ed25519-batch", "--issuer", kMember}, attest::Kind::kKeyRegistration},
  };
  for (auto c : cases) {
    c.words.insert(c.words.end(), origin.begin(), origin.end());
    const auto made = Run(c.words);
    ASSERT_EQ(made.exit, ExitCode::kOk) << c.name << made.err;
    const auto statement = CheckPayload(made.out);
    ASSERT_TRUE(statement.ok()) << c.name << statement.status() << made.out;
    EXPECT_EQ(statement->kind, c.kind) << c.name;
  }
  const auto twice =
      Run({"genesis", "new", "--root", pub, "--secretariat", pub, "--operator", pub, "--origin", "log.example/test"});
  EXPECT_FALSE(CheckPayload(twice.out).ok());  // no key twice: sign says so
  EXPECT_EQ(Run({"principles", "new", "--origin", "log.example/test"}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"member", "admit", kMember}).exit, ExitCode::kUsage);  // no origin, no policy
}

TEST_F(StatementTest, KeyVerbsSayWhichKeyAndSinceWhen) {
  const std::string id(Run({"key", "show", Path("acme.key.pub"), "--json"}).json().at("keyId").as_string());
  ASSERT_EQ(Run({"key", "new", "-o", Path("b.key")}).exit, ExitCode::kOk);
  const auto predicate = [](const CliResult& made) {
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    return CheckPayload(made.out).value().predicate;
  };
  const auto rotated = std::get<attest::KeyRegistration>(
      predicate(Run({"key", "rotate", Path("b.key.pub"), "--replaces", id, "--overlap-until", "2027-01-01T00:00:00Z", "--issuer",
                     kMember, "--origin", "o", "--purposes", "sign"})));
  EXPECT_EQ(bytes::EncodeHex(rotated.replaces->key_id), id);
  EXPECT_EQ(rotated.replaces->overlap_until, 1'798'761'600);
  EXPECT_NE(bytes::EncodeHex(rotated.key.key.id()), id);
  EXPECT_EQ(rotated.purposes, std::vector<std::string>{"sign"});
  const auto revoked =
      std::get<attest::KeyRevocation>(predicate(Run({"key", "revoke", Path("acme.key.pub"), "--reason", "compromised",
                                                     "--invalid-since", "0", "--issuer", kMember, "--origin", "o"})));
  EXPECT_EQ(bytes::EncodeHex(revoked.key_id), id);
  EXPECT_EQ(revoked.party, kMember);
  EXPECT_EQ(revoked.invalid_since, 0U);
  const auto withdrawn = std::get<attest::PartyWithdrawal>(
      predicate(Run({"member", "withdraw", kMember, "--reason", "merger", "--from", "2027-01-01T00:00:00Z", "--origin", "o"})));
  EXPECT_EQ(withdrawn.valid_from, 1'798'761'600);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"key", "revoke", Path("absent"), "--reason", "lost", "--origin", "o"},
        {"key", "rotate", Path("b.key.pub"), "--replaces", "42", "--overlap-until", "x", "--origin", "o"},
        {"key", "revoke", id, "--reason", "lost", "--invalid-since", "x", "--origin", "o"},
        {"member", "withdraw", kMember, "--origin", "o"}}) {
    EXPECT_EQ(Run(words).exit, ExitCode::kUsage) << words[1];
  }
}

TEST_F(StatementTest, CheckLooksAsSignDoesAndNeedsNoKey) {
  const std::string text = New(Evidence()).out;
  const auto good = Run({"statement", "check", "-", "--json"}, text);
  EXPECT_EQ(good.exit, ExitCode::kOk) << good.out;
  EXPECT_EQ(good.json().at("kind").as_string(), "evidence");
  EXPECT_EQ(good.json().at("statementId").as_string(), bytes::EncodeHex(attest::StatementId(text)));
  EXPECT_FALSE(good.json().contains("personalData"));
  const auto envelope = Run({"sign", "-", "--key", Path("acme.key")}, text).out;
  EXPECT_EQ(Run({"statement", "check", "-"}, envelope).out, Run({"statement", "check", "-"}, text).out);
  std::string personal = text;
  personal.insert(personal.find("\"form\""), "\"summary\": {\"en\": \"ask jane@example.com\"}, ");
  const auto told = Run({"statement", "check", "-", "--json"}, personal);
  EXPECT_EQ(told.exit, ExitCode::kOk) << told.out;
  EXPECT_EQ(told.json().at("personalData").as_string(), "predicate.summary.en");
  EXPECT_THAT(told.err, HasSubstr("looks like data of a person"));
  EXPECT_EQ(Run({"statement", "check", "-"}, New({"commitment"}).out).exit, ExitCode::kRefused);
  EXPECT_EQ(Run({"statement", "check", "-"}, "nonsense").exit, ExitCode::kRefused);
  EXPECT_TRUE(opened_.empty());  // K8
}

TEST_F(StatementTest, TheIllustrationIsWhatALogTakes) {
  const std::string file = std::string(TRUSTLOG_SOURCE_DIR) + "/deploy/examples/illustration.json";
  const std::vector<std::string> words = {"illustration",          "build", file,        "--keys", Path("keys"), "--origin",
                                          "TEST-tta.example/2026", "-o",    Path("out"), "--json"};
  const auto result = Run(words);
  ASSERT_EQ(result.exit, ExitCode::kOk) << result.out;
  EXPECT_TRUE(Exists("out/000-genesis.dsse.json"));
  EXPECT_TRUE(Exists("keys/example-one.key"));
  const auto records = boost::json::parse(ReadFile(file)).at("records").as_array().size();
  EXPECT_EQ(std::stoul(std::string(result.json().at("written").as_string())), records);  // all of them
  const auto expected = ReadFile(Path("out/expected-verdicts.tsv"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n')),
            boost::json::parse(ReadFile(file)).at("expect").as_array().size());
  EXPECT_EQ(Run(words).exit, ExitCode::kUsage);  // keys are made afresh
}

TEST_F(StatementTest, AnIllustrationThatContradictsItselfIsRefused) {
  struct Case {
    const char* name;
    const char* json;
    int exit;
  };
  const Case cases[] = {
      {"no JSON", "nonsense", 2},
      {"no records", R"({"typeBase":"https://a.example"})", 2},
      {"no kind", R"({"typeBase":"https://a.example","records":[{"label":"a","kind":"frob","signers":[],"predicate":{}}]})", 2},
      {"unknown label",
       R"({"typeBase":"https://a.example","records":[{"label":"a","kind":"genesis","signers":[],"predicate":{"x":{"$id":"b"}}}]})",
       2},
      {"unknown signer",
       R"({"typeBase":"https://a.example","records":[{"label":"a","kind":"genesis","signers":["b"],"predicate":{"issuer":"i"}}]})",
       2},
      {"schema",
       R"({"typeBase":"https://a.example","records":[{"label":"a","kind":"genesis","signers":[],"predicate":{"issuer":"i"}}]})", 9},
  };
  int number = 0;
  for (const auto& c : cases) {
    const auto built = BuildIllustration(c.json, {"log.example/test", Path("keys" + std::to_string(number++)), kNow});
    EXPECT_EQ(static_cast<int>(ExitCodeOf(built.status())), c.exit) << c.name << built.status();
  }
}

}  // namespace
}  // namespace trustlog::cli
