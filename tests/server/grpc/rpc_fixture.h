// What the tests of this folder share: a whole log in process and a client that checks what it is told against the log's key alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "merkle/compact_range.h"
#include "merkle/hash.h"
#include "merkle/verify.h"
#include "proto/attest/entry.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "proto/tlog/tlog_proof.h"
#include "tests/support/rpc_calls.h"
#include "tests/support/running_log.h"

namespace trustlog::rpc {

using Stub = v1::LogService::Stub;

class RpcTest : public ::testing::Test {
 protected:
  explicit RpcTest(support::RunningLog::Options options = {}) : log_(std::move(options)), stub_(support::Connect(log_.rpc())) {}

  const support::SignedRecord& The(std::string_view label) const { return log_.alliance()[label]; }
  std::uint64_t Size() const { return log_.alliance().size(); }

  // A statement that the log does not have yet; each number gives another one.
  support::SignedRecord Fresh(std::uint64_t number) const {
    auto statement = support::EvidenceStatement("one", The("commitment-one-2"));
    statement.variant = number + 1;
    return support::Sign(statement);
  }
  support::Heard Add(const attest::Envelope& envelope, v1::AddStatementResponse& response, v1::Wait wait = v1::WAIT_PUBLISHED) {
    v1::AddStatementRequest request;
    *request.mutable_envelope() = support::ToMessage(envelope);
    request.set_wait(wait);
    return support::Ask(*stub_, &Stub::AddStatement, request, response);
  }
  support::Heard AddAll(const std::vector<attest::Envelope>& envelopes, v1::AddStatementsResponse& response,
                        v1::Wait wait = v1::WAIT_PUBLISHED) {
    v1::AddStatementsRequest request;
    for (const auto& envelope : envelopes) *request.add_envelopes() = support::ToMessage(envelope);
    request.set_wait(wait);
    return support::Ask(*stub_, &Stub::AddStatements, request, response);
  }

  // The head that a checkpoint message is signed for; fails the test if it is not signed by the log's key or tells another head
  // beside the note.
  merkle::TreeHead Verified(const v1::Checkpoint& message) const { return Verified(message, log_.node().vkey()); }
  static merkle::TreeHead Verified(const v1::Checkpoint& message, const std::string& vkey) {
    const auto head = VerifiedNote(message.note(), vkey);
    EXPECT_EQ(message.size(), head.size);
    EXPECT_EQ(message.root(), bytes::AsText(head.root));
    return head;
  }
  static merkle::TreeHead VerifiedNote(const std::string& note, const std::string& vkey) {
    const auto key = tlog::VerifierKey::Parse(vkey);
    const auto opened = tlog::OpenNote(note, {&*key, 1});
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    const auto checkpoint = tlog::ParseCheckpoint(opened->text);
    EXPECT_EQ(checkpoint->origin, support::kSampleOrigin);
    return checkpoint->head;
  }
  static std::vector<merkle::Hash> Hashes(const google::protobuf::RepeatedPtrField<std::string>& field) {
    std::vector<merkle::Hash> hashes;
    for (const auto& text : field) {
      EXPECT_EQ(text.size(), sizeof(merkle::Hash));
      merkle::Hash hash{};
      std::copy_n(text.begin(), std::min(text.size(), hash.size()), hash.begin());
      hashes.push_back(hash);
    }
    return hashes;
  }
  static void ExpectProves(const v1::InclusionProof& proof, const std::string& entry, const merkle::TreeHead& head) {
    const auto leaf = merkle::HashLeaf(bytes::AsBytes(entry));
    EXPECT_EQ(proof.leaf_hash(), bytes::EncodeHex(leaf));
    EXPECT_EQ(proof.tree_size(), head.size);
    EXPECT_EQ(merkle::VerifyInclusion(proof.index(), head.size, leaf, Hashes(proof.hashes()), head.root), merkle::ProofCheck::kOk)
        << proof.index();
  }
  static void ExpectProves(const v1::ConsistencyProof& proof, const merkle::TreeHead& old_head, const merkle::TreeHead& new_head) {
    EXPECT_EQ(proof.old_size(), old_head.size);
    EXPECT_EQ(proof.new_size(), new_head.size);
    EXPECT_EQ(merkle::VerifyConsistency(old_head.size, new_head.size, old_head.root, new_head.root, Hashes(proof.hashes())),
              merkle::ProofCheck::kOk);
  }

  mutable support::RunningLog log_;
  std::unique_ptr<Stub> stub_;
};

inline v1::Selector ByIndex(std::uint64_t index) {
  v1::Selector selector;
  selector.set_index(index);
  return selector;
}

inline v1::Selector ById(const std::string& id) {
  v1::Selector selector;
  selector.set_statement_id(id);
  return selector;
}

}  // namespace trustlog::rpc
