// What the bench commands do over and over: submissions, proofs, tiles, each answer verified. Objects are shared by all clients and
// thread-safe after Create; borrow the session's policy.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/bench.h"
#include "client/cli/session.h"
#include "client/cli/submission.h"
#include "client/cli/verified_log.h"
#include "proto/keys/key.h"

namespace trustlog::cli {

// Evidence statements, each with a nonce and a document digest of its own: a log takes as many as one likes.
class SubmissionWork final {
 public:
  // `key` is borrowed. Usage errors: no issuer, no policy.
  static absl::StatusOr<SubmissionWork> Create(Session& session, const Arguments& arguments, const keys::PrivateKey& key,
                                               std::uint64_t items);
  // With a connection of its own, and what `--ahead` asks for signed already.
  absl::StatusOr<BenchCall> Make(Session& session) const;

 private:
  struct Turn;
  std::string NewStatement() const;
  [[nodiscard]] absl::Status SignTogether(std::span<const std::string> statements, std::vector<PendingEnvelope>& envelopes) const;
  absl::StatusOr<std::vector<PendingEnvelope>> NewEnvelopes() const;  // of one turn
  absl::StatusOr<std::uint64_t> Verify(const Turn& turn) const;

  const keys::PrivateKey* key_ = nullptr;
  const tlog::Policy* policy_ = nullptr;
  std::string origin_, issuer_, type_base_, issued_at_;
  std::int64_t now_ = 0;
  std::uint64_t items_ = 1;
  std::uint64_t signed_together_ = 0;  // statements under one batch signature; 0: each has its own
  std::uint64_t turns_ahead_ = 0;      // of each client
  WaitFor wait_ = WaitFor::kPublished;
};

// GetProofBundle of entries chosen at random below the published size at the start.
class ProofWork final {
 public:
  static absl::StatusOr<ProofWork> Create(Session& session);
  absl::StatusOr<BenchCall> Make(Session& session, unsigned seed) const;

 private:
  const tlog::Policy* policy_ = nullptr;
  std::uint64_t size_ = 0;
  std::int64_t now_ = 0;
};

// A bundle of entries chosen at random, and the hash tiles that prove it into the root, each time with nothing cached.
class TileWork final {
 public:
  static absl::StatusOr<TileWork> Create(Session& session);
  absl::StatusOr<BenchCall> Make(Session& session, unsigned seed) const;

 private:
  merkle::TreeHead head_;
};

}  // namespace trustlog::cli
