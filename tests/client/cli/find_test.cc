// find against a RegistryService in this process.
#include <grpcpp/grpcpp.h>

#include "merkle/hash.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/client/cli/cli_fixture.h"
#include "tests/client/cli/fake_log_service.h"
#include "trustlog/v1/registry.grpc.pb.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;

// Answers with the hits of one digest, one a page.
class FakeRegistry final : public v1::RegistryService::Service {
 public:
  FakeRegistry() {
    ::grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeRegistry() override { server_->Shutdown(std::chrono::system_clock::now()); }
  const std::string& target() const { return target_; }

  std::string digest;
  std::vector<v1::Hit> hits;
  bool repeats_itself = false;
  std::vector<std::string> asked;

  ::grpc::Status FindByDigest(::grpc::ServerContext*, const v1::FindByDigestRequest* request,
                              v1::FindByDigestResponse* response) override {
    asked.push_back(request->sha256());
    response->mutable_as_of()->set_tree_size(42);
    if (request->sha256().size() != 64)
      return testing::GrpcStatus(testing::RpcStatus(bytes::Reason::kArgumentInvalid, "no digest"));
    if (request->sha256() != digest) return ::grpc::Status::OK;
    const std::size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    *response->add_hits() = hits[at];
    if (repeats_itself) {
      response->set_next_page_token("0");
    } else if (at + 1 < hits.size()) {
      response->set_next_page_token(std::to_string(at + 1));
    }
    return ::grpc::Status::OK;
  }

 private:
  std::string target_;
  std::unique_ptr<::grpc::Server> server_;
};

v1::Hit HitOf(std::uint64_t index, const std::string& role, const std::string& kind, const std::string& issuer) {
  v1::Hit hit;
  hit.set_index(index);
  hit.set_statement_id(std::string(64, 'e'));
  hit.set_role(role);
  hit.set_kind(kind);
  hit.set_issuer(issuer);
  return hit;
}

class FindTest : public CliTest {
 protected:
  FindTest() {
    variables_["TRUSTLOG_GRPC"] = registry_.target();
    registry_.digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes("a document")));
    registry_.hits = {HitOf(7, "statement", "commitment", "urn:tta:member:one"),
                      HitOf(31, "artifact", "evidence", "urn:tta:member:\x1b[31m")};
  }
  FakeRegistry registry_;
};

TEST_F(FindTest, ListsTheEntriesOfADigest) {
  for (const auto& digest : {registry_.digest, "sha256:" + registry_.digest}) {
    const auto result = Run({"find", digest});
    EXPECT_EQ(result.exit, ExitCode::kOk) << result.err;
    EXPECT_EQ(result.out,
              "entry 7        statement  commitment             urn:tta:member:one\n"
              "entry 31       artifact   evidence               urn:tta:member:\\u{1b}[31m\n");
    EXPECT_THAT(result.err, HasSubstr("2 found below size 42; this is the log's word"));
  }
}

TEST_F(FindTest, HashesAFileOrStdin) {
  WriteFile("document.pdf", "a document");
  EXPECT_EQ(Run({"find", Path("document.pdf")}).exit, ExitCode::kOk);
  EXPECT_EQ(Run({"find", "-"}, "a document").exit, ExitCode::kOk);
  EXPECT_EQ(registry_.asked.front(), registry_.digest);
  EXPECT_EQ(Run({"find", Path("absent.pdf")}).exit, ExitCode::kUsage);
}

TEST_F(FindTest, JsonIsOneLineAHit) {
  const auto result = Run({"find", registry_.digest, "--json"});
  EXPECT_EQ(result.exit, ExitCode::kOk);
  std::istringstream lines(result.out);
  std::vector<boost::json::object> hits;
  for (std::string line; std::getline(lines, line);) hits.push_back(boost::json::parse(line).as_object());
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].at("index").as_string(), "7");
  EXPECT_EQ(hits[0].at("role").as_string(), "statement");
  EXPECT_EQ(hits[0].at("kind").as_string(), "commitment");
  EXPECT_EQ(hits[0].at("issuer").as_string(), "urn:tta:member:one");
  EXPECT_EQ(hits[0].at("treeSize").as_string(), "42");
  EXPECT_TRUE(hits[0].at("verified").is_null()) << "nothing was";
}

TEST_F(FindTest, NothingFoundIsExitThree) {
  const std::string other(64, '0');
  const auto text = Run({"find", other});
  EXPECT_EQ(text.exit, ExitCode::kNotFound);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("no entry below size 42"));
  const auto json = Run({"find", other, "--json"});
  EXPECT_EQ(json.exit, ExitCode::kNotFound);
  EXPECT_EQ(json.json().at("error").at("code").as_string(), "ENTRY_NOT_FOUND");
}

TEST_F(FindTest, AServerThatTurnsInACircleIsLeft) {
  registry_.repeats_itself = true;
  EXPECT_EQ(Run({"find", registry_.digest}).exit, ExitCode::kOther);
}

TEST_F(FindTest, WithoutAServerItIsAUsageError) {
  variables_.erase("TRUSTLOG_GRPC");
  EXPECT_EQ(Run({"find", registry_.digest}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace trustlog::cli
