// WatchCheckpoints over a real channel (protocols.md G11): newest only, resumable, bounded, and gone when the caller is.
#include <atomic>
#include <thread>

#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/gate.h"
#include "tests/support/raw_http.h"

namespace trustlog::rpc {
namespace {

using std::chrono::milliseconds;

class WatchTest : public RpcTest {
 protected:
  static support::RunningLog::Options With(WatchLimits limits) {
    support::RunningLog::Options options;
    options.node.watches = limits;
    return options;
  }
  explicit WatchTest(WatchLimits limits = {}) : RpcTest(With(limits)) {}

  struct Stream {
    std::unique_ptr<::grpc::ClientContext> context = std::make_unique<::grpc::ClientContext>();
    std::unique_ptr<::grpc::ClientReader<v1::WatchCheckpointsResponse>> reader;

    v1::WatchCheckpointsResponse Next() {
      v1::WatchCheckpointsResponse response;
      EXPECT_TRUE(reader->Read(&response));
      return response;
    }
    support::Heard End() {
      v1::WatchCheckpointsResponse ignored;
      while (reader->Read(&ignored)) {
      }
      const auto status = reader->Finish();
      return support::Take(status, *context);
    }
  };
  Stream Watch(std::uint64_t after_size, bool prove = false) {
    Stream stream;
    stream.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));  // so that a test that fails ends
    v1::WatchCheckpointsRequest request;
    request.set_after_size(after_size);
    request.set_prove(prove);
    stream.reader = stub_->WatchCheckpoints(stream.context.get(), request);
    return stream;
  }
  void AddOne(std::uint64_t number) {
    v1::AddStatementResponse response;
    ASSERT_TRUE(Add(Fresh(number).envelope, response).ok());
  }
  int Watches() const {
    const auto text = support::Get(log_.admin(), "/metrics")->body;
    const auto at = text.find("\ntrustlog_watch_streams");
    return at == std::string::npos ? -1 : std::atoi(text.c_str() + text.find(' ', at) + 1);
  }
  void AwaitWatches(int wanted) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Watches() != wanted && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(Watches(), wanted);
  }
};

TEST_F(WatchTest, NewestIsSentAtOnceAndEachLargerOneWithItsProof) {
  auto stream = Watch(0, true);
  const auto first = stream.Next();
  auto head = Verified(first.checkpoint());
  EXPECT_EQ(head.size, Size());
  EXPECT_FALSE(first.has_consistency());
  for (std::uint64_t i = 1; i <= 5; ++i) {
    AddOne(i);
    const auto next = stream.Next();
    const auto newer = Verified(next.checkpoint());
    EXPECT_EQ(newer.size, Size() + i);
    ExpectProves(next.consistency(), head, newer);
    head = newer;
  }
  stream.context->TryCancel();
  EXPECT_EQ(stream.End().status.error_code(), ::grpc::StatusCode::CANCELLED);
}

TEST_F(WatchTest, ResumesBehindTheSizeThatTheCallerHas) {
  AddOne(1);
  auto behind = Watch(Size(), true);
  const auto first = behind.Next();
  EXPECT_EQ(first.checkpoint().size(), Size() + 1);
  EXPECT_EQ(first.consistency().old_size(), Size());
  auto current = Watch(Size() + 1);
  AddOne(2);
  EXPECT_EQ(current.Next().checkpoint().size(), Size() + 2) << "not the one that the caller has";
  auto without_proof = Watch(Size());
  EXPECT_FALSE(without_proof.Next().has_consistency());
}

TEST_F(WatchTest, ACancelledWatchIsGoneAtOnce) {
  std::vector<Stream> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(Watch(Size()));
  AwaitWatches(20);
  for (auto& stream : streams) {
    stream.context->TryCancel();
    EXPECT_EQ(stream.End().status.error_code(), ::grpc::StatusCode::CANCELLED);
  }
  AwaitWatches(0);
  AddOne(1);  // their waits end now, and find nobody
  EXPECT_EQ(Watch(0).Next().checkpoint().size(), Size() + 1);
}

TEST_F(WatchTest, AClientThatLeavesWithoutAWordIsGoneToo) {
  {
    auto other = support::Connect(log_.rpc());
    ::grpc::ClientContext context;
    v1::WatchCheckpointsRequest request;
    request.set_after_size(Size());
    const auto reader = other->WatchCheckpoints(&context, request);
    AwaitWatches(1);
    context.TryCancel();
    (void)reader->Finish();
  }
  AwaitWatches(0);
}

// Flow control: a stream that is not read holds one message, and nothing of the log.
TEST_F(WatchTest, AClientThatNeverReadsHoldsNobodyUp) {
  auto sleeper = Watch(0);
  AwaitWatches(1);
  for (std::uint64_t i = 1; i <= 200; ++i) AddOne(i);
  std::uint64_t last = 0;
  while (last < Size() + 200) {
    const auto size = sleeper.Next().checkpoint().size();
    EXPECT_GT(size, last);
    last = size;
  }
}

TEST_F(WatchTest, StopEndsTheStreamsWithAReason) {
  auto stream = Watch(Size());
  AwaitWatches(1);
  log_.Stop();
  const auto heard = stream.End();
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::UNAVAILABLE) << heard.status.error_message();
  EXPECT_EQ(heard.reason, "STOPPED");
}

class HeartbeatTest : public WatchTest {
 protected:
  HeartbeatTest() : WatchTest({256, milliseconds(20), std::chrono::hours(1)}) {}
};

TEST_F(HeartbeatTest, SilenceIsFilledAndTheNextCheckpointStillComes) {
  auto stream = Watch(Size());
  for (int i = 0; i < 3; ++i) {
    const auto beat = stream.Next();
    EXPECT_TRUE(beat.heartbeat());
    EXPECT_FALSE(beat.has_checkpoint());
  }
  AddOne(1);
  auto next = stream.Next();
  while (next.heartbeat()) next = stream.Next();
  EXPECT_EQ(next.checkpoint().size(), Size() + 1);
}

class AgeTest : public WatchTest {
 protected:
  AgeTest() : WatchTest({256, milliseconds(10), milliseconds(60)}) {}
};

TEST_F(AgeTest, AnOldStreamEndsAndSaysSo) {
  const auto heard = Watch(Size()).End();
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(heard.reason, "STREAM_AGE");
  AwaitWatches(0);
}

class FewWatchesTest : public WatchTest {
 protected:
  FewWatchesTest() : WatchTest({3, milliseconds(30'000), std::chrono::hours(1)}) {}
};

TEST_F(FewWatchesTest, OneTooManyIsToldWhenToComeBack) {
  std::vector<Stream> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(Watch(0));
  for (auto& stream : streams) stream.Next();
  auto fourth = Watch(0);
  const auto heard = fourth.End();
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(heard.reason, "TOO_MANY_STREAMS");
  EXPECT_EQ(heard.pushback_ms, "5000");
  streams[0].context->TryCancel();
  streams[0].End();
  AwaitWatches(2);
  EXPECT_EQ(Watch(0).Next().checkpoint().size(), Size());
}

// A cancelled watch leaves its wait behind until there is something to tell: opening and cancelling is bounded too.
TEST_F(FewWatchesTest, WaitsThatCancelledWatchesLeaveBehindAreBounded) {
  for (int i = 0; i < 4 * 3; ++i) {
    auto stream = Watch(Size());
    AwaitWatches(1);
    stream.context->TryCancel();
    EXPECT_EQ(stream.End().status.error_code(), ::grpc::StatusCode::CANCELLED);
    AwaitWatches(0);
  }
  EXPECT_EQ(Watch(Size()).End().reason, "TOO_MANY_STREAMS");
  AddOne(1);
  while (true) {
    auto stream = Watch(0);
    v1::WatchCheckpointsResponse response;
    if (stream.reader->Read(&response)) break;
    EXPECT_EQ(stream.End().reason, "TOO_MANY_STREAMS");
  }
}

}  // namespace
}  // namespace trustlog::rpc
