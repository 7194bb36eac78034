#include "proto/keys/batch_signature.h"

#include <gtest/gtest.h>

#include <thread>

#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/verified_batches.h"
#include "tests/support/reference_tree.h"

namespace trustlog::keys {
namespace {

using bytes::Reason;

constexpr Algorithm kInner[] = {Algorithm::kEd25519, Algorithm::kEcdsaP256Sha256Der};

// Message i, which stands for a statement's PAE; its SHA-256 is the statement id.
std::string Message(std::size_t i) { return "statement " + std::to_string(i); }
std::vector<merkle::Hash> Ids(std::size_t count) {
  std::vector<merkle::Hash> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(merkle::Sha256(bytes::AsBytes(Message(i))));
  return ids;
}
PublicKey BatchKeyOf(const PrivateKey& key) {
  return PublicKey::FromSpki(key.public_key().spki(), *BatchAlgorithmOf(key.public_key().algorithm())).value();
}
std::optional<Reason> Refusal(const PublicKey& key, std::string_view message, std::string_view signature) {
  return bytes::ReasonOf(key.Verify(message, signature));
}

TEST(BatchSignature, EachStatementOfABatchVerifiesAlone) {
  for (const auto algorithm : kInner) {
    const auto key = PrivateKey::Generate(algorithm).value();
    const auto batch_key = BatchKeyOf(key);
    for (const std::size_t count : {1, 2, 3, 7, 8, 9}) {
      const auto batch = SignBatch(key, Ids(count)).value();
      ASSERT_EQ(batch.count(), count);
      std::vector<std::string> signatures;
      for (std::uint32_t i = 0; i < count; ++i) signatures.push_back(batch.Signature(i));
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_TRUE(batch_key.Verify(Message(i), signatures[i]).ok()) << i << " of " << count;
        EXPECT_EQ(Refusal(batch_key, Message(i + 1), signatures[i]), Reason::kSignatureInvalid);
        // All carry the one signature over the root.
        EXPECT_EQ(ParseBatchSignature(signatures[i])->inner, ParseBatchSignature(signatures[0])->inner);
      }
    }
  }
}

TEST(BatchSignature, IsOverTheRootOfTheStatementIds) {
  const auto key = PrivateKey::Generate(Algorithm::kEd25519).value();
  const auto ids = Ids(5);
  std::vector<merkle::Hash> leaves;
  for (const auto& id : ids) leaves.push_back(support::ReferenceLeaf(bytes::AsText(id)));
  const auto root = support::ReferenceRoot(leaves);
  const auto message = BatchMessage(5, root);
  EXPECT_EQ(message.size(), 54U);
  EXPECT_TRUE(message.starts_with("trustlog-batch/v1\n"));
  const auto signature = ParseBatchSignature(SignBatch(key, ids).value().Signature(3)).value();
  EXPECT_EQ(BatchRoot(signature, ids[3]), root);
  EXPECT_TRUE(key.public_key().Verify(message, signature.inner).ok());
}

TEST(BatchSignature, EveryChangedBitIsRefused) {
  for (const auto algorithm : kInner) {
    const auto key = PrivateKey::Generate(algorithm).value();
    const auto signature = SignBatch(key, Ids(6)).value().Signature(4);
    const auto experienced = BatchKeyOf(key);
    ASSERT_TRUE(experienced.Verify(Message(4), signature).ok());
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
      auto changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      EXPECT_FALSE(BatchKeyOf(key).Verify(Message(4), changed).ok()) << bit;
      EXPECT_EQ(Refusal(experienced, Message(4), changed), Refusal(BatchKeyOf(key), Message(4), changed))
          << bit << ": what a key has verified changes no answer";
    }
    EXPECT_EQ(Refusal(BatchKeyOf(key), Message(4), signature.substr(0, signature.size() - 1)), Reason::kSignatureEncoding);
    EXPECT_EQ(Refusal(BatchKeyOf(key), Message(4), signature + '\0'), Reason::kSignatureEncoding);
  }
}

TEST(BatchSignature, OfManyBatchesInTurnsByManyThreads) {
  const auto key = PrivateKey::Generate(Algorithm::kEd25519).value();
  const auto batch_key = BatchKeyOf(key);
  std::vector<std::string> signatures;  // one batch more than are remembered, each of another two statements
  for (std::size_t i = 0; i <= VerifiedBatches::kMost; ++i) {
    const auto ids = Ids(2 * i + 2);
    signatures.push_back(SignBatch(key, std::span(ids).last(2)).value().Signature(1));
  }
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < signatures.size(); ++i) {
          EXPECT_TRUE(batch_key.Verify(Message(2 * i + 1), signatures[i]).ok()) << i;
          EXPECT_EQ(Refusal(batch_key, Message(2 * i), signatures[i]), Reason::kSignatureInvalid) << i;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(BatchSignature, OtherFormsAreAnEncodingRefusal) {
  const auto key = PrivateKey::Generate(Algorithm::kEd25519).value();
  const auto good = ParseBatchSignature(SignBatch(key, Ids(5)).value().Signature(2)).value();
  const auto with = [&](auto change) {
    auto signature = good;
    change(signature);
    return FormatBatchSignature(signature);
  };
  const struct {
    const char* name;
    std::string bytes;
  } kCases[] = {
      {"nothing", ""},
      {"a plain signature", key.Sign(Message(2)).value()},
      {"version 0", '\0' + FormatBatchSignature(good).substr(1)},
      {"version 2", '\2' + FormatBatchSignature(good).substr(1)},
      {"no statement", with([](BatchSignature& s) { s = {0, 0, {}, s.inner}; })},
      {"index = count", with([](BatchSignature& s) { s.index = 5; })},
      {"too many statements", with([](BatchSignature& s) { s.count = kMaxBatch + 1; })},
      {"path a hash short", with([](BatchSignature& s) { s.path.pop_back(); })},
      {"path a hash long", with([](BatchSignature& s) { s.path.emplace_back(); })},
      {"path of another place", with([](BatchSignature& s) { s.index = 4; })},
      {"cut in the path", FormatBatchSignature(good).substr(0, 40)},
      {"without inner signature", with([](BatchSignature& s) { s.inner.clear(); })},
  };
  for (const auto& c : kCases) EXPECT_EQ(Refusal(BatchKeyOf(key), Message(2), c.bytes), Reason::kSignatureEncoding) << c.name;
}

TEST(BatchSignature, HasLimitsAndNoFormForP384) {
  const auto key = PrivateKey::Generate(Algorithm::kEd25519).value();
  EXPECT_EQ(bytes::ReasonOf(SignBatch(key, {}).status()), Reason::kArgumentInvalid);
  EXPECT_EQ(bytes::ReasonOf(SignBatch(key, std::vector<merkle::Hash>(kMaxBatch + 1)).status()), Reason::kArgumentInvalid);
  const auto p384 = PrivateKey::Generate(Algorithm::kEcdsaP384Sha384Der).value();
  EXPECT_EQ(bytes::ReasonOf(SignBatch(p384, Ids(1)).status()), Reason::kArgumentInvalid);
  EXPECT_EQ(BatchAlgorithmOf(Algorithm::kEd25519Batch), std::nullopt);
  EXPECT_EQ(PrivateKey::Generate(Algorithm::kEd25519Batch).value().public_key().algorithm(), Algorithm::kEd25519);
}

}  // namespace
}  // namespace trustlog::keys
