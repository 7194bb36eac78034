// The front itself (protocols.md section 3 and 7, reliability.md 3.9): ports, floods, health, reflection, many callers at once, an
// orderly end.
#include "server/grpc/grpc_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <sys/resource.h>

#include <atomic>
#include <map>
#include <thread>

#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/child_process.h"
#include "tests/support/gate.h"
#include "tests/support/raw_http.h"

namespace trustlog::rpc {
namespace {

using std::chrono::milliseconds;

class GrpcServerTest : public RpcTest {
 protected:
  GrpcServerTest() = default;
  explicit GrpcServerTest(support::RunningLog::Options options) : RpcTest(std::move(options)) {}

  // One call by its full name, bytes in, bytes out; as far as these tests need it, protobuf by hand.
  ::grpc::Status Call(const std::string& method, const std::string& request, std::string& response) {
    const auto channel = ::grpc::CreateChannel(log_.rpc(), ::grpc::InsecureChannelCredentials());
    ::grpc::GenericStub stub(channel);
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    ::grpc::CompletionQueue queue;
    const ::grpc::Slice slice(request);
    ::grpc::ByteBuffer out(&slice, 1), in;
    auto reader = stub.PrepareUnaryCall(&context, method, out, &queue);
    reader->StartCall();
    ::grpc::Status status;
    reader->Finish(&in, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    std::vector<::grpc::Slice> slices;
    if (in.Dump(&slices).ok()) {
      for (const auto& part : slices) response.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
    return status;
  }
  // grpc.health.v1: "SERVING", "NOT_SERVING", or the refusal's code.
  std::string Health(const std::string& service) {
    std::string request = service.empty() ? "" : std::string("\x0a") + static_cast<char>(service.size()) + service;
    std::string response;
    const auto status = Call("/grpc.health.v1.Health/Check", request, response);
    if (!status.ok()) return std::to_string(status.error_code());
    return response == "\x08\x01" ? "SERVING" : response == "\x08\x02" ? "NOT_SERVING" : response;
  }
};

TEST_F(GrpcServerTest, HealthIsToldForReadsAndForWrites) {
  const auto services = {"", "trustlog.v1.LogService", "trustlog.v1.RegistryService", "trustlog.write"};
  for (const auto* service : services) EXPECT_EQ(Health(service), "SERVING") << service;
  EXPECT_EQ(Health("no.such.Service"), std::to_string(::grpc::StatusCode::NOT_FOUND));
  log_.node().Drain();
  for (const auto* service : services) EXPECT_EQ(Health(service), "NOT_SERVING") << service;
  v1::AddStatementResponse response;
  EXPECT_TRUE(Add(Fresh(1).envelope, response).ok()) << "a node that drains still answers";
}

TEST_F(GrpcServerTest, AFailedStepEndsWritesInHealth) {
  log_.storage().Fail(support::Call::kAppend, support::Fault::kUnknownNotDone);
  v1::AddStatementResponse response;
  EXPECT_EQ(Add(Fresh(1).envelope, response).reason, "OUTCOME_UNKNOWN");
  EXPECT_TRUE(log_.node().failed());
  log_.node().Update();
  EXPECT_EQ(Health("trustlog.write"), "NOT_SERVING");
}

// The reflection protocol by hand: list_services, field 7 of a request.
TEST_F(GrpcServerTest, ReflectionNamesTheServices) {
  std::string response;
  const std::string list = std::string("\x3a\x01*", 3);
  EXPECT_TRUE(Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", list, response).ok());
  EXPECT_NE(response.find("trustlog.v1.LogService"), std::string::npos);
  EXPECT_NE(response.find("trustlog.v1.RegistryService"), std::string::npos);
}

TEST_F(GrpcServerTest, ASecondServerOnTheSamePortFails) {
  auto config = log_.config();
  metrics::Metrics metrics("test", "log.example", "memory");
  const auto acceptor = runtime::Acceptor::Listen(log_.rpc(), {});
  EXPECT_TRUE(absl::IsFailedPrecondition(acceptor.status())) << acceptor.status();
}

TEST_F(GrpcServerTest, UnknownMethodsAreUnimplemented) {
  std::string response;
  EXPECT_EQ(Call("/trustlog.v1.LogService/DropTable", "", response).error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, ACallThatComesTooLateIsRefusedWithDetailsOrByTheClientItself) {
  v1::GetCheckpointResponse response;
  const auto heard = support::Ask(*stub_, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response, milliseconds(1));
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GrpcServerTest, BytesThatAreNoHttp2AreClosedAndTheNextCallIsServed) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(64, '\0'),
                                   std::string("\x16\x03\x01\x02\x00", 5) + std::string(512, 'x'),
                                   std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string(9, '\xff')}) {
    support::RawConnection connection(log_.rpc());
    connection.Send(bytes);
    connection.EndSending();
    EXPECT_TRUE(connection.Closed());
  }
  v1::GetCheckpointResponse response;
  EXPECT_TRUE(support::Ask(*stub_, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response).ok());
}

// The server sees a close a little later, so a place is free a little later.
bool IsServedSoon(const std::string& address) {
  ::grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::GetCheckpointResponse response;
  return support::Connect(address)->GetCheckpoint(&context, {}, &response).ok();
}

class FewConnectionsTest : public GrpcServerTest {
 protected:
  static support::RunningLog::Options Few() {
    support::RunningLog::Options options;
    options.configure = [](server::Config& config) { config.rpc.max_connections = config.rpc.max_connections_per_address = 8; };
    return options;
  }
  FewConnectionsTest() : GrpcServerTest(Few()) {}
};

// CVE-2023-4785: a flood of connections killed gRPC's own listener for good.
TEST_F(FewConnectionsTest, AFloodIsClosedAtTheDoorAndHonestCallsGoOn) {
  v1::GetCheckpointResponse response;
  ASSERT_TRUE(support::Ask(*stub_, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response).ok());
  std::vector<support::RawConnection> flood;
  for (int i = 0; i < 7; ++i) flood.emplace_back(log_.rpc());
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(support::RawConnection(log_.rpc()).Closed()) << i;
  }
  EXPECT_TRUE(support::Ask(*stub_, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response).ok()) << "who is in stays in";
  flood.clear();
  EXPECT_TRUE(IsServedSoon(log_.rpc()));
}

// The same with no descriptors left at all, in a process of its own.
TEST(GrpcServerFlood, DescriptorsRunOutAndTheListenerLives) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the undefined-behaviour sanitizer asks for descriptors of its own, and takes their lack for a bad object";
#endif
  if (!support::IsChild()) {
    EXPECT_EQ(support::RunThisTestInAChild({}), 0);
    return;
  }
  support::RunningLog log;
  const auto stub = support::Connect(log.rpc());
  v1::GetCheckpointResponse response;
  ASSERT_TRUE(support::Ask(*stub, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response).ok());
  const rlimit limit{120, 120};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  // Client and server share the process's descriptors: connections until neither gets one.
  std::vector<support::RawConnection> flood;
  for (int i = 0; i < 200; ++i) flood.emplace_back(log.rpc());
  EXPECT_TRUE(support::Ask(*stub, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), response).ok());
  flood.clear();
  EXPECT_TRUE(IsServedSoon(log.rpc()));
}

TEST_F(GrpcServerTest, ManyCallersAtOnceAreAllAnsweredRightly) {
  constexpr int kThreads = 16;
  constexpr int kCalls = 200;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &wrong] {
      const auto stub = support::Connect(log_.rpc());
      const auto expect = [&wrong](bool holds) {
        if (!holds) ++wrong;
      };
      for (int i = 0; i < kCalls; ++i) {
        switch (i % 5) {
          case 0: {
            v1::AddStatementRequest request;
            *request.mutable_envelope() = support::ToMessage(Fresh(static_cast<std::uint64_t>(t * kCalls + i)).envelope);
            request.set_wait(i % 2 == 0 ? v1::WAIT_DURABLE : v1::WAIT_PUBLISHED);
            v1::AddStatementResponse response;
            expect(support::Ask(*stub, &Stub::AddStatement, request, response).ok());
            expect(!response.outcome().duplicate() && response.outcome().index() >= Size());
            break;
          }
          case 1: {
            v1::GetInclusionProofRequest request;
            *request.mutable_selector() = ByIndex(static_cast<std::uint64_t>(i) % Size());
            v1::GetInclusionProofResponse response;
            expect(support::Ask(*stub, &Stub::GetInclusionProof, request, response).ok());
            expect(response.as_of().tree_size() == response.proof().tree_size());
            break;
          }
          case 2: {
            v1::GetCheckpointRequest request;
            request.set_prove_from(Size());
            v1::GetCheckpointResponse response;
            expect(support::Ask(*stub, &Stub::GetCheckpoint, request, response).ok());
            expect(response.consistency().new_size() == response.checkpoint().size());
            break;
          }
          case 3: {
            v1::AddStatementsRequest request;
            request.set_wait(v1::WAIT_DURABLE);
            *request.add_envelopes() = support::ToMessage(The("genesis").envelope);
            request.add_envelopes();
            v1::AddStatementsResponse response;
            expect(support::Ask(*stub, &Stub::AddStatements, request, response).ok());
            expect(response.results(0).outcome().duplicate() && response.results(1).has_refusal());
            break;
          }
          default: {
            v1::ListEntriesRequest request;
            request.set_page_size(20);
            v1::ListEntriesResponse response;
            expect(support::Ask(*stub, &Stub::ListEntries, request, response).ok());
            expect(response.entries_size() == 20);
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(log_.node().integrated_size(), Size() + kThreads * kCalls / 5);
}

// T5: nobody waits for ever, and nobody is told "accepted" of what is not there.
TEST_F(GrpcServerTest, StopUnderLoadAnswersEveryCallerAndKeepsWhatItAccepted) {
  constexpr int kThreads = 8;
  std::atomic<bool> stopped{false};
  std::atomic<int> accepted{0};
  std::atomic<int> unanswered{0};
  std::vector<std::map<std::string, std::uint64_t>> acknowledged(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto stub = support::Connect(log_.rpc());
      for (int i = 0; !stopped; ++i) {
        v1::AddStatementRequest request;
        *request.mutable_envelope() = support::ToMessage(Fresh(static_cast<std::uint64_t>(1'000'000 * t + i)).envelope);
        request.set_wait(i % 2 == 0 ? v1::WAIT_DURABLE : v1::WAIT_PUBLISHED);
        v1::AddStatementResponse response;
        const auto heard = support::Ask(*stub, &Stub::AddStatement, request, response, std::chrono::seconds(60));
        if (heard.ok()) {
          acknowledged[static_cast<std::size_t>(t)][response.outcome().statement_id()] = response.outcome().index();
          ++accepted;
        } else if (heard.status.error_code() == ::grpc::StatusCode::DEADLINE_EXCEEDED) {
          ++unanswered;
        } else if (heard.status.error_code() == ::grpc::StatusCode::CANCELLED) {
          // gRPC's own answer to a call that reaches a server after its Shutdown: no handler has seen it
          EXPECT_EQ(heard.reason, "");
        } else if (heard.status.error_code() != ::grpc::StatusCode::UNAVAILABLE) {
          ADD_FAILURE() << heard.reason << " " << heard.status.error_message();
        }
      }
    });
  }
  while (accepted < 100) std::this_thread::yield();
  log_.Stop();
  stopped = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(unanswered, 0);
  log_.Start([](support::FaultyStorage& storage) { EXPECT_FALSE(storage.opened_unclean()); });
  const auto stub = support::Connect(log_.rpc());
  for (const auto& ledger : acknowledged) {
    for (const auto& [id, index] : ledger) {
      v1::GetEntryRequest request;
      *request.mutable_selector() = ById(id);
      v1::GetEntryResponse response;
      ASSERT_TRUE(support::Ask(*stub, &Stub::GetEntry, request, response).ok()) << id;
      EXPECT_EQ(response.entry().index(), index);
    }
  }
}

}  // namespace
}  // namespace trustlog::rpc
