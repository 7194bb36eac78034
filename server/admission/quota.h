// Quotas: token buckets by issuer and by address (runtime/counted_address.h; "" is nobody and has no quota). Local, outside the rules of the registry: they can only refuse (QUOTA_EXCEEDED
// with the bucket, the limit and the retry time). Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"

namespace trustlog::admission {

struct QuotaLimits {  // 0 = no limit
  double statements_per_second = 50;
  double burst = 500;
  double bytes_per_day = 256.0 * 1024 * 1024;
};

struct QuotaOptions {
  QuotaLimits issuer;
  std::map<std::string, QuotaLimits> by_issuer;  // overrides
  double proofs_per_second_per_address = 20;
  double failed_signatures_per_second_per_address = 5;
};

class Quota final {
 public:
  Quota(QuotaOptions options, const runtime::Clock& clock) : options_(std::move(options)), clock_(clock) {}

  // Takes `statements` and `bytes` from the issuer's buckets, or refuses and takes nothing.
  [[nodiscard]] absl::Status TakeSubmission(const std::string& issuer, double statements, double bytes);
  // What TakeSubmission took, for a submission that was then pushed back.
  void GiveBackSubmission(const std::string& issuer, double statements, double bytes);
  // A request without proofs is never refused.
  [[nodiscard]] absl::Status TakeProof(const std::string& address, double proofs);
  // Before verifying: refuses an address whose signatures failed too often.
  [[nodiscard]] absl::Status CheckFailedSignatures(const std::string& address);
  void AddFailedSignature(const std::string& address);

 private:
  struct Bucket {
    double tokens = 0;
    std::optional<runtime::Deadline> at;  // nullopt: full
    void Fill(double rate, double burst, runtime::Deadline now);
  };
  struct IssuerBuckets {
    Bucket statements, bytes;
    runtime::Deadline used_at{};
  };
  struct AddressBuckets {
    Bucket proofs, failures;
    runtime::Deadline used_at{};
  };
  const QuotaLimits& LimitsOf(const std::string& issuer) const;
  IssuerBuckets& OfIssuer(const std::string& issuer, const QuotaLimits& limits) TRUSTLOG_REQUIRES(mutex_);
  AddressBuckets& OfAddress(const std::string& address) TRUSTLOG_REQUIRES(mutex_);

  const QuotaOptions options_;
  const runtime::Clock& clock_;
  runtime::Mutex mutex_;
  // Apart: strangers can have as many addresses as they like, and must not make an issuer's debt forgotten.
  std::map<std::string, IssuerBuckets> by_issuer_ TRUSTLOG_GUARDED_BY(mutex_);
  std::map<std::string, AddressBuckets> by_address_ TRUSTLOG_GUARDED_BY(mutex_);
};

}  // namespace trustlog::admission
