// Reading over a real channel (protocols.md G9, G10): every answer speaks of one snapshot, and what it claims is proved by its
// bytes.
#include <functional>
#include <limits>

#include "proto/attest/dsse.h"
#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/gate.h"

namespace trustlog::rpc {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

class ReadTest : public RpcTest {
 protected:
  template <typename Response, typename Request>
  Response Get(::grpc::Status (Stub::*method)(::grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    const auto heard = support::Ask(*stub_, method, request, response);
    EXPECT_TRUE(heard.ok()) << heard.reason << " " << heard.status.error_message();
    return response;
  }
  template <typename Response, typename Request>
  support::Heard Refused(::grpc::Status (Stub::*method)(::grpc::ClientContext*, const Request&, Response*),
                         const Request& request) {
    Response response;
    return support::Ask(*stub_, method, request, response);
  }
  v1::Checkpoint Newest() { return Get(&Stub::GetCheckpoint, v1::GetCheckpointRequest()).checkpoint(); }
  std::string EntryAt(std::uint64_t index) {
    v1::GetEntryRequest request;
    *request.mutable_selector() = ByIndex(index);
    return Get(&Stub::GetEntry, request).entry().entry();
  }
  // The root at `size`, from the entries themselves.
  merkle::TreeHead HeadOf(std::uint64_t size) {
    merkle::CompactRange range;
    for (std::uint64_t i = 0; i < size; ++i) range.Append(merkle::HashLeaf(bytes::AsBytes(EntryAt(i))));
    return range.Head();
  }
  void Grow(std::uint64_t count, std::uint64_t first = 100) {
    std::vector<attest::Envelope> envelopes;
    for (std::uint64_t i = 0; i < count; ++i) envelopes.push_back(Fresh(first + i).envelope);
    v1::AddStatementsResponse response;
    ASSERT_TRUE(AddAll(envelopes, response).ok());
  }
};

TEST_F(ReadTest, CheckpointIsSignedAndProvesGrowth) {
  const auto before = Newest();
  const auto old_head = Verified(before);
  EXPECT_EQ(old_head.size, Size());
  Grow(5);
  v1::GetCheckpointRequest request;
  request.set_prove_from(before.size());
  const auto grown = Get(&Stub::GetCheckpoint, request);
  ExpectProves(grown.consistency(), old_head, Verified(grown.checkpoint()));

  request.set_prove_from(grown.checkpoint().size());
  const auto same = Get(&Stub::GetCheckpoint, request);
  EXPECT_TRUE(same.has_consistency());
  EXPECT_EQ(same.consistency().hashes_size(), 0) << "G9: an empty proof at the newest size";
  request.set_prove_from(0);
  EXPECT_FALSE(Get(&Stub::GetCheckpoint, request).has_consistency());
  request.set_prove_from(same.checkpoint().size() + 1);
  const auto heard = Refused<v1::GetCheckpointResponse>(&Stub::GetCheckpoint, request);
  EXPECT_EQ(heard.reason, "SIZE_NOT_PUBLISHED");
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(heard.info.metadata().at("published"), std::to_string(same.checkpoint().size()));
}

TEST_F(ReadTest, EntryIsFoundByIndexAndByIdWithItsStatementIfAsked) {
  for (std::uint64_t index = 0; index < Size(); ++index) {
    const auto& record = log_.alliance().records()[index].record;
    const std::string id = bytes::EncodeHex(record.id());
    v1::GetEntryRequest request;
    *request.mutable_selector() = ByIndex(index);
    const auto by_index = Get(&Stub::GetEntry, request);
    EXPECT_EQ(by_index.entry().index(), index);
    EXPECT_EQ(by_index.entry().statement_id(), id);
    EXPECT_EQ(by_index.entry().leaf_hash(), bytes::EncodeHex(merkle::HashLeaf(bytes::AsBytes(by_index.entry().entry()))));
    EXPECT_FALSE(by_index.entry().has_statement());
    EXPECT_EQ(Verified(by_index.as_of().checkpoint()).size, by_index.as_of().tree_size());
    for (const auto& selector : {ById(id), ById("sha256:" + id)}) {
      *request.mutable_selector() = selector;
      request.set_with_statement(true);
      const auto by_id = Get(&Stub::GetEntry, request);
      EXPECT_EQ(by_id.entry().entry(), by_index.entry().entry());
      EXPECT_EQ(by_id.entry().statement().payload(), record.envelope.payload);
      EXPECT_EQ(by_id.entry().statement().payload_type(), attest::kPayloadType);
      EXPECT_FALSE(by_id.entry().statement().withheld());
    }
  }
}

TEST_F(ReadTest, WhatIsNotThereIsRefusedByItsReason) {
  const auto refusal = [&](const v1::Selector& selector, std::uint64_t tree_size) {
    v1::GetInclusionProofRequest request;
    *request.mutable_selector() = selector;
    request.set_tree_size(tree_size);
    return Refused<v1::GetInclusionProofResponse>(&Stub::GetInclusionProof, request);
  };
  const std::string newest_id = bytes::EncodeHex(log_.alliance().records().back().record.id());
  const struct {
    const char* name;
    v1::Selector selector;
    std::uint64_t tree_size;
    const char* reason;
    ::grpc::StatusCode code;
  } cases[] = {
      {"index at the size", ByIndex(Size()), 0, "INDEX_OUT_OF_RANGE", ::grpc::StatusCode::OUT_OF_RANGE},
      {"index at a smaller size", ByIndex(5), 5, "INDEX_OUT_OF_RANGE", ::grpc::StatusCode::OUT_OF_RANGE},
      {"largest index", ByIndex(kMax), 0, "INDEX_OUT_OF_RANGE", ::grpc::StatusCode::OUT_OF_RANGE},
      {"size beyond", ByIndex(0), Size() + 1, "SIZE_NOT_PUBLISHED", ::grpc::StatusCode::OUT_OF_RANGE},
      {"largest size", ByIndex(0), kMax, "SIZE_NOT_PUBLISHED", ::grpc::StatusCode::OUT_OF_RANGE},
      {"id behind a smaller size", ById(newest_id), 5, "ENTRY_NOT_FOUND", ::grpc::StatusCode::NOT_FOUND},
      {"unknown id", ById(std::string(64, '0')), 0, "ENTRY_NOT_FOUND", ::grpc::StatusCode::NOT_FOUND},
      {"no id", ById("xyz"), 0, "ARGUMENT_INVALID", ::grpc::StatusCode::INVALID_ARGUMENT},
      {"no selector", {}, 0, "ARGUMENT_INVALID", ::grpc::StatusCode::INVALID_ARGUMENT},
  };
  for (const auto& c : cases) {
    const auto heard = refusal(c.selector, c.tree_size);
    EXPECT_EQ(heard.reason, c.reason) << c.name;
    EXPECT_EQ(heard.status.error_code(), c.code) << c.name;
  }
  EXPECT_EQ(refusal({}, 0).bad_request->field_violations(0).field(), "selector");
}

TEST_F(ReadTest, G9InclusionIsProvedAtEverySizeWithTheRootOfThatSize) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}, std::uint64_t{8}, Size() - 1, Size(), std::uint64_t{0}}) {
    const auto head = HeadOf(size == 0 ? Size() : size);
    for (std::uint64_t index = 0; index < head.size; ++index) {
      v1::GetInclusionProofRequest request;
      *request.mutable_selector() = ByIndex(index);
      request.set_tree_size(size);
      const auto response = Get(&Stub::GetInclusionProof, request);
      ASSERT_EQ(response.as_of().tree_size(), head.size);
      ASSERT_EQ(response.as_of().root(), bytes::AsText(head.root));
      EXPECT_EQ(response.as_of().has_checkpoint(), head.size == Size()) << "only the newest has a note";
      EXPECT_EQ(response.entry_index(), index);
      ExpectProves(response.proof(), EntryAt(index), head);
    }
  }
}

TEST_F(ReadTest, BatchOfProofsIsAnsweredItemByItemUnderOneRoot) {
  v1::BatchGetInclusionProofsRequest request;
  *request.add_selectors() = ByIndex(3);
  *request.add_selectors() = ByIndex(Size());
  *request.add_selectors() = ById(bytes::EncodeHex(The("result").id()));
  *request.add_selectors() = {};
  const auto response = Get(&Stub::BatchGetInclusionProofs, request);
  ASSERT_EQ(response.results_size(), 4);
  const auto head = Verified(response.as_of().checkpoint());
  ExpectProves(response.results(0).proof(), EntryAt(3), head);
  ExpectProves(response.results(2).proof(), EntryAt(log_.alliance().IndexOf("result")), head);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(response.results(1).has_refusal() && response.results(3).has_refusal());
  response.results(1).refusal().details(0).UnpackTo(&info);
  EXPECT_EQ(info.reason(), "INDEX_OUT_OF_RANGE");
  response.results(3).refusal().details(0).UnpackTo(&info);
  EXPECT_EQ(info.reason(), "ARGUMENT_INVALID");

  EXPECT_EQ(Get(&Stub::BatchGetInclusionProofs, v1::BatchGetInclusionProofsRequest()).results_size(), 0);
  for (int i = request.selectors_size(); i < 1'000; ++i) *request.add_selectors() = ByIndex(static_cast<std::uint64_t>(i) % Size());
  EXPECT_EQ(Get(&Stub::BatchGetInclusionProofs, request).results_size(), 1'000);
  *request.add_selectors() = ByIndex(0);
  const auto heard = Refused<v1::BatchGetInclusionProofsResponse>(&Stub::BatchGetInclusionProofs, request);
  EXPECT_EQ(heard.reason, "TOO_LARGE");
  EXPECT_EQ(heard.info.metadata().at("actual"), "1001");
}

TEST_F(ReadTest, ConsistencyIsProvedBetweenAnyTwoSizes) {
  const std::uint64_t sizes[] = {1, 2, 3, 8, 15, 16, Size() - 1, Size()};
  for (const auto old_size : sizes) {
    for (const auto new_size : sizes) {
      if (new_size < old_size) continue;
      v1::GetConsistencyProofRequest request;
      request.set_old_size(old_size);
      request.set_new_size(new_size);
      const auto response = Get(&Stub::GetConsistencyProof, request);
      ExpectProves(response.proof(), HeadOf(old_size), HeadOf(new_size));
      EXPECT_EQ(response.as_of().tree_size(), new_size);
    }
  }
  const struct {
    const char* name;
    std::uint64_t old_size, new_size;
    const char* reason;
  } cases[] = {
      {"from nothing", 0, 5, "ARGUMENT_INVALID"},
      {"backwards", 5, 4, "ARGUMENT_INVALID"},
      {"beyond", 5, Size() + 1, "SIZE_NOT_PUBLISHED"},
      {"both beyond", Size() + 1, Size() + 2, "SIZE_NOT_PUBLISHED"},
      {"from beyond to the newest", Size() + 1, 0, "SIZE_NOT_PUBLISHED"},
  };
  for (const auto& c : cases) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(c.old_size);
    request.set_new_size(c.new_size);
    EXPECT_EQ(Refused<v1::GetConsistencyProofResponse>(&Stub::GetConsistencyProof, request).reason, c.reason) << c.name;
  }
}

TEST_F(ReadTest, ProofBundleHoldsAllThatAnOfflineCheckNeeds) {
  v1::GetProofBundleRequest request;
  *request.mutable_selector() = ById(bytes::EncodeHex(The("result").id()));
  request.set_prove_from(7);
  const auto bundle = Get(&Stub::GetProofBundle, request);
  const auto file = tlog::ParseTlogProof(bundle.tlog_proof());
  ASSERT_TRUE(file.ok()) << file.status();
  const auto head = VerifiedNote(file->checkpoint, log_.node().vkey());
  EXPECT_EQ(file->index, log_.alliance().IndexOf("result"));
  EXPECT_EQ(merkle::VerifyInclusion(file->index, head.size, merkle::HashLeaf(bytes::AsBytes(bundle.entry().entry())), file->hashes,
                                    head.root),
            merkle::ProofCheck::kOk);
  EXPECT_EQ(attest::StatementId(bundle.entry().statement().payload()), The("result").id());
  ExpectProves(bundle.consistency(), HeadOf(7), head);
  EXPECT_EQ(bundle.as_of().tree_size(), head.size);
  request.set_prove_from(0);
  EXPECT_FALSE(Get(&Stub::GetProofBundle, request).has_consistency());
  request.set_prove_from(Size() + 1);
  EXPECT_EQ(Refused<v1::GetProofBundleResponse>(&Stub::GetProofBundle, request).reason, "SIZE_NOT_PUBLISHED");
}

TEST_F(ReadTest, G10PagesAreOfOnePinnedSizeWhileTheLogGrows) {
  v1::ListEntriesRequest request;
  request.set_start_index(2);
  request.set_page_size(7);
  std::uint64_t next = 2;
  std::string root;
  do {
    const auto page = Get(&Stub::ListEntries, request);
    EXPECT_LE(page.entries_size(), 7);
    EXPECT_EQ(page.as_of().tree_size(), Size());
    if (root.empty()) root = page.as_of().root();
    EXPECT_EQ(page.as_of().root(), root);
    for (const auto& entry : page.entries()) {
      EXPECT_EQ(entry.index(), next);
      EXPECT_EQ(entry.entry(), EntryAt(next++));
    }
    request.set_page_token(page.next_page_token());
    Grow(3, 1'000 + next);
  } while (!request.page_token().empty());
  EXPECT_EQ(next, Size());
  EXPECT_EQ(root, bytes::AsText(HeadOf(Size()).root));
}

TEST_F(ReadTest, G10ATokenOfAnotherQueryIsRefused) {
  v1::ListEntriesRequest request;
  request.set_page_size(3);
  const auto token = Get(&Stub::ListEntries, request).next_page_token();
  ASSERT_FALSE(token.empty());
  const auto reason = [&](const std::function<void(v1::ListEntriesRequest&)>& change) {
    auto changed = request;
    changed.set_page_token(token);
    change(changed);
    return Refused<v1::ListEntriesResponse>(&Stub::ListEntries, changed).reason;
  };
  EXPECT_EQ(reason([](auto&) {}), "");
  EXPECT_EQ(reason([](auto& r) { r.set_page_size(5); }), "") << "the size of a page may change";
  EXPECT_EQ(reason([](auto& r) { r.set_start_index(1); }), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(reason([](auto& r) { r.set_with_statement(true); }), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(reason([](auto& r) { r.set_page_token("nonsense"); }), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(reason([&](auto& r) { r.set_page_token(token + "A"); }), "PAGE_TOKEN_INVALID");
}

TEST_F(ReadTest, G10PagesHaveADefaultAndACap) {
  Grow(1'000);
  Grow(200, 5'000);
  v1::ListEntriesRequest request;
  EXPECT_EQ(Get(&Stub::ListEntries, request).entries_size(), 100);
  request.set_page_size(4'000'000'000);
  EXPECT_EQ(Get(&Stub::ListEntries, request).entries_size(), 1'000);
  request.set_page_size(1);
  request.set_with_statement(true);
  EXPECT_FALSE(Get(&Stub::ListEntries, request).entries(0).statement().payload().empty());
  for (const std::uint64_t start : {Size() + 1'200, Size() + 1'201, kMax}) {
    request.set_start_index(start);
    const auto page = Get(&Stub::ListEntries, request);
    EXPECT_EQ(page.entries_size(), 0) << start;
    EXPECT_EQ(page.next_page_token(), "") << start;
  }
}

// Nothing is readable before it is published.
TEST_F(ReadTest, G9IntegratedIsNotYetPublished) {
  support::Gate publication(log_.storage().plan(), support::Call::kConfirm);
  v1::AddStatementResponse added;
  ASSERT_TRUE(Add(Fresh(1).envelope, added, v1::WAIT_DURABLE).ok());
  v1::GetEntryRequest request;
  *request.mutable_selector() = ByIndex(added.outcome().index());
  EXPECT_EQ(Refused<v1::GetEntryResponse>(&Stub::GetEntry, request).reason, "INDEX_OUT_OF_RANGE");
  *request.mutable_selector() = ById(added.outcome().statement_id());
  EXPECT_EQ(Refused<v1::GetEntryResponse>(&Stub::GetEntry, request).reason, "ENTRY_NOT_FOUND");
  EXPECT_EQ(Get(&Stub::ListEntries, v1::ListEntriesRequest()).entries_size(), static_cast<int>(Size()));
  EXPECT_EQ(Newest().size(), Size());
}

TEST_F(ReadTest, AFaultOfStorageIsToldWithoutDetails) {
  log_.storage().Fail(support::Call::kReadRecords, support::Fault::kDataLoss);
  v1::GetEntryRequest request;
  *request.mutable_selector() = ByIndex(0);
  auto heard = Refused<v1::GetEntryResponse>(&Stub::GetEntry, request);
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(heard.reason, "CORRUPTION");
  log_.storage().Fail(support::Call::kReadRecords, support::Fault::kBefore);
  heard = Refused<v1::GetEntryResponse>(&Stub::GetEntry, request);
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(heard.status.error_message().find("planned"), std::string::npos);
  EXPECT_EQ(Get(&Stub::GetEntry, request).entry().index(), 0U);
}

}  // namespace
}  // namespace trustlog::rpc
