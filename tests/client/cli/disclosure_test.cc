// disclosure build, show, verify and salt new, check: what a member keeps, what a customer is shown, and what each is refused.
#include <sys/stat.h>

#include "client/cli/sign.h"
#include "proto/attest/disclosure_json.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMember[] = "urn:tta:member:acme";
const std::string kDigest(64, 'a');

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class DisclosureTest : public CliTest {
 protected:
  // Five leaves: s-0 .. s-3 for clause c-7, s-0 again for c-8; s-1 has acknowledged.
  DisclosureTest() {
    std::string leaves;
    for (const auto& [supplier, clause] : std::vector<std::pair<std::string, std::string>>{
             {"s-0", "c-7"}, {"s-1", "c-7"}, {"s-2", "c-7"}, {"s-3", "c-7"}, {"s-0", "c-8"}}) {
      leaves += (leaves.empty() ? "" : ",") + std::string(R"({"supplier":")") + supplier + R"(","clause":")" + clause +
                R"(","clauseSha256":")" + kDigest + R"(","from":"2026-11-01T00:00:00Z")" +
                (supplier == "s-1" ? R"(,"acknowledgementSha256":")" + kDigest + "\"" : "") + "}";
    }
    WriteFile("suppliers.json", R"({"schema":"trustlog-suppliers/1","leaves":[)" + leaves + "]}");
    EXPECT_EQ(Run({"key", "new", "-o", Path("acme.key")}).exit, ExitCode::kOk);
    WriteFile("catalogue.pdf", "requirements");
  }
  boost::json::object Build(const std::string& name = "private.json") {
    const auto built = Run({"disclosure", "build", Path("suppliers.json"), "-o", Path(name), "--json"});
    EXPECT_EQ(built.exit, ExitCode::kOk) << built.out;
    return built.json();
  }
  // A flow-down over the tree of `built`, in a file; its statement id.
  std::string Flowdown(const boost::json::object& built, const std::string& name = "flowdown.json") {
    const auto text = [&built](const char* member) { return std::string(built.at(member).as_string()); };
    const auto made = Run({"statement",
                           "new",
                           "supplier-flowdown",
                           "--issuer",
                           kMember,
                           "--origin",
                           "log.example/test",
                           "--document",
                           Path("catalogue.pdf"),
                           "--set",
                           "commitment=" + kDigest,
                           "--set",
                           "principle=3",
                           "--set",
                           "requirementTitle=Clause 7",
                           "--set",
                           "supplierCount=4",
                           "--set",
                           "instrument=contract",
                           "--set",
                           "disclosureRoot=" + text("disclosureRoot"),
                           "--set",
                           "disclosureCount=" + text("disclosureCount"),
                           "--set",
                           "acknowledged=" + text("acknowledged")});
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    EXPECT_TRUE(CheckPayload(made.out).ok()) << CheckPayload(made.out).status() << made.out;
    WriteFile(name, made.out);
    return bytes::EncodeHex(attest::StatementId(made.out));
  }
  CliResult Show(const std::string& supplier, const std::string& id, const std::string& file) {
    return Run({"disclosure", "show", Path("private.json"), "--supplier", supplier, "--clause", "c-7", "--statement-id", id, "-o",
                Path(file)});
  }
};

TEST_F(DisclosureTest, FromTheListToTheCustomersVerdict) {
  const auto built = Build();
  EXPECT_EQ(built.at("disclosureCount").as_string(), "5");
  EXPECT_EQ(built.at("acknowledged").as_string(), "1");
  EXPECT_EQ(ModeOf(Path("private.json")), 0600U);
  const std::string id = Flowdown(built);
  const auto shown = Show("s-1", id, "s-1.json");
  ASSERT_EQ(shown.exit, ExitCode::kOk) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("leaf 1 of 5"));

  const auto verified = Run({"disclosure", "verify", Path("s-1.json"), "--statement", Path("flowdown.json")});
  EXPECT_EQ(verified.exit, ExitCode::kOk) << verified.out;
  EXPECT_TRUE(verified.out.starts_with(
      "MATCHES  leaf 1 of 5   (supplier s-1, clause c-7, from 2026-11-01T00:00:00Z until -, acknowledged)\n"))
      << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("skipped log"));
  const auto json = Run({"disclosure", "verify", Path("s-1.json"), "--statement", Path("flowdown.json"), "--json"}).json();
  EXPECT_TRUE(json.at("verified").as_bool());
  EXPECT_EQ(json.at("claims").at("supplier").as_string(), "s-1");
  EXPECT_EQ(json.at("claims").at("statementId").as_string(), id);
  EXPECT_TRUE(json.at("claims").at("until").is_null());
  EXPECT_TRUE(opened_.empty());  // K8

  ASSERT_EQ(Run({"sign", Path("flowdown.json"), "--key", Path("acme.key"), "-o", Path("f.dsse.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"disclosure", "verify", Path("s-1.json"), "--statement", Path("f.dsse.json")}).exit, ExitCode::kOk);
}

TEST_F(DisclosureTest, TheFileForOneCustomerHoldsNothingOfAnother) {
  const std::string id = Flowdown(Build());
  const auto tree = attest::ParsePrivateLeaves(ReadFile("private.json"));
  ASSERT_TRUE(tree.ok()) << tree.status();
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto shown =
        Run({"disclosure", "show", Path("private.json"), "--index", std::to_string(i), "--statement-id", "sha256:" + id});
    ASSERT_EQ(shown.exit, ExitCode::kOk) << shown.err;
    const std::string leaf = attest::EncodeDisclosureLeaf(tree->leaves()[i]);
    for (std::uint32_t j = 0; j < 5; ++j) {
      const bool is_own = i == j;
      EXPECT_EQ(leaf.find(bytes::AsText(tree->leaves()[j].salt)) != std::string::npos, is_own);
      EXPECT_EQ(shown.out.find(bytes::EncodeBase64(attest::EncodeDisclosureLeaf(tree->leaves()[j]))) != std::string::npos, is_own);
    }
  }
}

TEST_F(DisclosureTest, SaltsAreFreshEachTimeAndNeverOverwritten) {
  const auto first = Build(), second = Build("another.json");
  EXPECT_NE(first.at("disclosureRoot").as_string(), second.at("disclosureRoot").as_string());
  const std::string kept = ReadFile("private.json");
  EXPECT_EQ(Run({"disclosure", "build", Path("suppliers.json"), "-o", Path("private.json")}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"disclosure", "build", Path("suppliers.json"), "-o", "-"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"statement", "new", "evidence", "--origin", "o", "-o", Path("private.json")}).exit, ExitCode::kUsage);
  EXPECT_EQ(ReadFile("private.json"), kept);
  ASSERT_EQ(::mkdir(Path("dir").c_str(), 0700), 0);
  ASSERT_EQ(Run({"disclosure", "build", Path("suppliers.json"), "-o", Path("dir")}).exit, ExitCode::kOk);
  EXPECT_EQ(ModeOf(Path("dir/disclosure-private.json")), 0600U);
}

TEST_F(DisclosureTest, AnEmptyListGivesTheEmptyTree) {  // records.md 5.3
  WriteFile("suppliers.json", R"({"schema":"trustlog-suppliers/1","leaves":[]})");
  const auto built = Build();
  EXPECT_EQ(built.at("disclosureRoot").as_string(), bytes::EncodeHex(merkle::EmptyRoot()));
  EXPECT_EQ(built.at("disclosureCount").as_string(), "0");
  Flowdown(built);
}

TEST_F(DisclosureTest, WhatIsChangedFails) {  // exit 4
  const std::string id = Flowdown(Build());
  ASSERT_EQ(Show("s-1", id, "good.json").exit, ExitCode::kOk);
  const std::string good = ReadFile("good.json");
  const auto disclosure = attest::ParseDisclosure(good);
  ASSERT_TRUE(disclosure.ok());
  auto forged = *disclosure;
  forged.leaf.supplier = "s-9";
  auto unacknowledged = *disclosure;
  unacknowledged.leaf.acknowledgement = {};
  Flowdown(Build("other.json"), "other-flowdown.json");
  WriteFile("evidence.json", Run({"statement", "new", "evidence", "--issuer", kMember, "--origin", "log.example/test", "--document",
                                  Path("catalogue.pdf")})
                                 .out);
  const struct {
    const char* name;
    std::string disclosure, statement;
    const char* code;
  } cases[] = {
      {"another supplier", attest::FormatDisclosure(forged), "flowdown.json", "PROOF_ROOT_MISMATCH"},
      {"no acknowledgement", attest::FormatDisclosure(unacknowledged), "flowdown.json", "PROOF_ROOT_MISMATCH"},
      {"another place", With(good, "\"index\":1", "\"index\":2"), "flowdown.json", "PROOF_ROOT_MISMATCH"},
      {"another count", With(good, "\"count\":5", "\"count\":6"), "flowdown.json", "PROOF_ROOT_MISMATCH"},
      {"another flow-down", good, "other-flowdown.json", "STATEMENT_MISMATCH"},
      {"another kind", good, "evidence.json", "STATEMENT_MISMATCH"},
      {"no statement", good, "catalogue.pdf", "STATEMENT_MISMATCH"},
      {"no disclosure", "{}", "flowdown.json", "FILE_MALFORMED"},
      {"cut", good.substr(0, 100), "flowdown.json", "FILE_MALFORMED"},
  };
  for (const auto& test : cases) {
    const std::string file = WriteFile("case.json", test.disclosure);
    const auto result = Run({"disclosure", "verify", file, "--statement", Path(test.statement), "--json"});
    EXPECT_EQ(result.exit, ExitCode::kVerificationFailed) << test.name << result.out;
    EXPECT_EQ(result.json().at("error").at("code").as_string(), test.code) << test.name;
    EXPECT_TRUE(result.json().at("claims").as_object().empty()) << test.name;
    const auto text = Run({"disclosure", "verify", file, "--statement", Path(test.statement)});
    EXPECT_THAT(text.out + text.err, Not(HasSubstr("MATCHES"))) << test.name;
    EXPECT_THAT(text.out + text.err, Not(HasSubstr("s-9"))) << test.name;
  }
  EXPECT_EQ(Run({"disclosure", "verify", Path("good.json")}).exit, ExitCode::kUsage);
}

TEST_F(DisclosureTest, TheLeafMustBeOne) {
  const std::string id = Flowdown(Build());
  const auto show = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"disclosure", "show", Path("private.json"), "--statement-id", id});
    return Run(words);
  };
  EXPECT_EQ(show({"--supplier", "s-9", "--clause", "c-7"}).exit, ExitCode::kUsage);
  EXPECT_EQ(show({"--supplier", "s-0"}).exit, ExitCode::kUsage);
  EXPECT_EQ(show({"--index", "5"}).exit, ExitCode::kUsage);
  EXPECT_EQ(show({"--index", "4"}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"disclosure", "show", Path("private.json"), "--index", "0", "--statement-id", "42"}).exit, ExitCode::kUsage);
  WriteFile("suppliers.json", With(ReadFile("suppliers.json"), "\"c-8\"", "\"c-7\""));
  Build("twice.json");
  const auto twice = Run({"disclosure", "show", Path("twice.json"), "--supplier", "s-0", "--clause", "c-7", "--statement-id", id});
  EXPECT_EQ(twice.exit, ExitCode::kUsage);
  EXPECT_THAT(twice.err, HasSubstr("--index: 0, 4"));
  for (const std::string& bad : {std::string("{}"), With(ReadFile("private.json"), "\"count\":5", "\"count\":4")}) {
    WriteFile("bad.json", bad);
    EXPECT_EQ(Run({"disclosure", "show", Path("bad.json"), "--index", "0", "--statement-id", id}).exit, ExitCode::kUsage);
  }
  EXPECT_EQ(Run({"disclosure", "build", Path("catalogue.pdf"), "-o", Path("x")}).exit, ExitCode::kUsage);
}

// The flow-down of the worked records, whose tree the vectors have too.
TEST_F(DisclosureTest, ThatItWasLoggedIsShownByItsProof) {
  log_ = testing::SyntheticLog(testing::kVectorOrigin);
  std::optional<std::uint64_t> flowdown;
  for (auto& record : testing::VectorRecords()) {
    if (attest::PeekKind(record.statement) == attest::Kind::kSupplierFlowdown) flowdown = log_.size();
    log_.Append(std::move(record.entry), std::move(record.statement));
  }
  ASSERT_TRUE(flowdown);
  const std::uint64_t index = *flowdown;
  fetcher_.files = log_.Publish();
  variables_["TRUSTLOG_POLICY"] = WriteFile("sample.policy", log_.PolicyText());
  variables_["TRUSTLOG_URL"] = "https://log.example/";
  const auto vectors = boost::json::parse(ReadFile(std::string(TRUSTLOG_SOURCE_DIR) + "/tests/vectors/tle1-vectors.json"));
  std::vector<attest::DisclosureLeaf> leaves;
  for (const auto& leaf : vectors.at("disclosure").at("leaves").as_array())
    leaves.push_back(attest::DecodeDisclosureLeaf(bytes::DecodeBase64(std::string(leaf.as_string())).value()).value());
  const auto tree = attest::DisclosureTree::Build(std::move(leaves)).value();
  WriteFile("d.json", attest::FormatDisclosure(tree.Disclose(2, attest::StatementId(log_.statement(index)))));
  WriteFile("f.tlog-proof", log_.TlogProof(index, log_.size()));
  WriteFile("f.tle", log_.entry(index));
  WriteFile("f.json", log_.statement(index));
  const std::vector<std::string> words = {"disclosure", "verify",      Path("d.json"), "--proof",     Path("f.tlog-proof"),
                                          "--entry",    Path("f.tle"), "--statement",  Path("f.json")};
  const auto verified = Run(words);
  EXPECT_EQ(verified.exit, ExitCode::kOk) << verified.out;
  EXPECT_TRUE(verified.out.starts_with("VERIFIED  leaf 2 of 3 in entry " + std::to_string(index) + " of log ")) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("ok      disclosure"));

  std::string entry = log_.entry(index);
  entry[11] = static_cast<char>(entry[11] ^ 1);
  WriteFile("f.tle", entry);
  const auto changed = Run(words);
  EXPECT_EQ(changed.exit, ExitCode::kVerificationFailed);
  EXPECT_THAT(changed.out, HasSubstr("ok      disclosure"));
  EXPECT_TRUE(changed.out.starts_with("FAILED")) << changed.out;
  WriteFile("f.tle", log_.entry(index));

  ASSERT_EQ(Run({"proof", "get", std::to_string(index), "-o", Path("bundle.json")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"disclosure", "verify", Path("d.json"), "--proof", Path("bundle.json")}).exit, ExitCode::kOk);
  const auto other = Run({"disclosure", "verify", Path("d.json"), "--proof", Path("f.tlog-proof"), "--entry", Path("f.tle")});
  EXPECT_EQ(other.exit, ExitCode::kUsage);  // the statement is missing
}

class SaltTest : public CliTest {};

TEST_F(SaltTest, ADigestIsMadeAndCheckedAgain) {
  const std::string file = WriteFile("scope.txt", "scope: cloud services, 2026");
  const auto made = Run({"salt", "new", file, "-o", Path("scope.salt")});
  ASSERT_EQ(made.exit, ExitCode::kOk) << made.err;
  const std::string digest = made.out.substr(0, 64);
  EXPECT_EQ(made.out, digest + "\n");
  EXPECT_EQ(ModeOf(Path("scope.salt")), 0600U);
  const auto check = [&](const std::string& content, const std::string& hex) {
    return Run({"salt", "check", content, "--salt", Path("scope.salt"), "--digest", hex});
  };
  EXPECT_EQ(check(file, digest).exit, ExitCode::kOk);
  EXPECT_TRUE(check(file, digest).out.starts_with("MATCHES"));
  const auto other = check(WriteFile("other.txt", "scope: cloud services, 2027"), digest);
  EXPECT_EQ(other.exit, ExitCode::kVerificationFailed);
  EXPECT_THAT(other.err, HasSubstr("code    MISMATCH"));
  EXPECT_EQ(other.out, "");
  EXPECT_EQ(check(file, kDigest).exit, ExitCode::kVerificationFailed);
  EXPECT_EQ(check(file, "abc").exit, ExitCode::kUsage);
  EXPECT_EQ(Run({"salt", "new", file, "-o", Path("scope.salt")}).exit, ExitCode::kUsage);  // never over a salt
  EXPECT_EQ(Run({"salt", "new", Path("absent"), "-o", Path("absent.salt")}).exit, ExitCode::kUsage);
  EXPECT_FALSE(Exists("absent.salt"));
  EXPECT_NE(Run({"salt", "new", file, "-o", Path("second.salt")}).out, made.out);
  EXPECT_EQ(Run({"statement", "new", "evidence", "--origin", "o", "-o", Path("scope.salt")}).exit, ExitCode::kUsage);
}

TEST_F(SaltTest, TheDigestIsThatOfAnotherProgram) {  // python3 hmac, as in tests/proto/attest/salted_commitment_test.cc
  const std::string file = WriteFile("scope.txt", "scope: cloud services, 2026");
  WriteFile("known.salt", "trustlog-salt/1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
  const auto result = Run({"salt", "check", file, "--salt", Path("known.salt"), "--digest",
                           "3313326f37802dc35686050a003cad0acce81df3d124e75c7cbabbb79ccf8b3c", "--json"});
  EXPECT_EQ(result.exit, ExitCode::kOk) << result.out;
  EXPECT_TRUE(result.json().at("matches").as_bool());
}

TEST_F(SaltTest, WhatIsNoSaltIsRefused) {
  const std::string file = WriteFile("scope.txt", "scope");
  for (const std::string& text :
       {std::string(), std::string(64, 'a'), "trustlog-salt/1 " + std::string(63, 'a'), "trustlog-salt/2 " + std::string(64, 'a'),
        "trustlog-salt/1 " + std::string(64, 'A'), "trustlog-salt/1 " + std::string(64, 'a') + "\n\n", std::string(1000, 'x')}) {
    WriteFile("bad.salt", text);
    EXPECT_EQ(Run({"salt", "check", file, "--salt", Path("bad.salt"), "--digest", kDigest}).exit, ExitCode::kUsage) << text;
  }
}

}  // namespace
}  // namespace trustlog::cli
