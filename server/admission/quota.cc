#include "server/admission/quota.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "proto/bytes/reason.h"

namespace trustlog::admission {
namespace {

constexpr std::size_t kMaxBuckets = 65'536;
constexpr double kSecondsPerDay = 86'400;

absl::Status Exceeded(std::string_view bucket, double limit, double wait_seconds) {
  return bytes::Refuse(bytes::Reason::kQuotaExceeded,
                       fmt::format("quota {} of {:g} is used up; nothing was written", bucket, limit),
                       {{"bucket", std::string(bucket)},
                        {"limit", fmt::format("{:g}", limit)},
                        {"retry_ms", fmt::format("{:.0f}", std::clamp(wait_seconds * 1000, 1.0, 86'400'000.0))}});
}

// Seconds until `wanted` tokens are there; 0: they are. A request larger than the bucket passes when the bucket is full, and leaves
// it in debt.
double WaitFor(double tokens, double wanted, double rate, double burst) {
  const double needed = std::min(wanted, burst);
  return tokens >= needed ? 0 : (needed - tokens) / rate;
}

}  // namespace

Quota::Bucket& Quota::Fill(const std::string& key, double rate, double burst) {
  const auto now = clock_.Now();
  auto [it, fresh] = buckets_.try_emplace(key, Bucket{burst, now});
  auto& bucket = it->second;
  bucket.tokens = std::min(burst, bucket.tokens + rate * std::chrono::duration<double>(now - bucket.at).count());
  bucket.at = now;
  return bucket;
}

absl::Status Quota::TakeSubmission(const std::string& issuer, double statements, double bytes) {
  const auto own = options_.by_issuer.find(issuer);
  const auto& limits = own == options_.by_issuer.end() ? options_.issuer : own->second;
  const double burst = std::max(limits.burst, 1.0);
  const double bytes_rate = limits.bytes_per_day / kSecondsPerDay;
  const runtime::MutexLock lock(mutex_);
  ForgetIfTooMany();
  Bucket* of_statements = limits.statements_per_second > 0 ? &Fill("n:" + issuer, limits.statements_per_second, burst) : nullptr;
  Bucket* of_bytes = limits.bytes_per_day > 0 ? &Fill("b:" + issuer, bytes_rate, limits.bytes_per_day) : nullptr;
  if (of_statements != nullptr) {
    const double wait = WaitFor(of_statements->tokens, statements, limits.statements_per_second, burst);
    if (wait > 0) return Exceeded("statements_per_second", limits.statements_per_second, wait);
  }
  if (of_bytes != nullptr) {
    const double wait = WaitFor(of_bytes->tokens, bytes, bytes_rate, limits.bytes_per_day);
    if (wait > 0) return Exceeded("bytes_per_day", limits.bytes_per_day, wait);
    of_bytes->tokens -= bytes;
  }
  if (of_statements != nullptr) of_statements->tokens -= statements;
  return absl::OkStatus();
}

absl::Status Quota::TakeProof(const std::string& address, double proofs) {
  const double rate = options_.proofs_per_second_per_address;
  if (rate <= 0) return absl::OkStatus();
  const runtime::MutexLock lock(mutex_);
  ForgetIfTooMany();
  auto& bucket = Fill("p:" + address, rate, rate);
  const double wait = WaitFor(bucket.tokens, proofs, rate, rate);
  if (wait > 0) return Exceeded("proofs_per_second_per_address", rate, wait);
  bucket.tokens -= proofs;
  return absl::OkStatus();
}

absl::Status Quota::CheckFailedSignatures(const std::string& address) {
  const double rate = options_.failed_signatures_per_second_per_address;
  if (rate <= 0) return absl::OkStatus();
  const runtime::MutexLock lock(mutex_);
  ForgetIfTooMany();
  const double wait = WaitFor(Fill("f:" + address, rate, rate).tokens, 1, rate, rate);
  return wait > 0 ? Exceeded("failed_signatures_per_second_per_address", rate, wait) : absl::OkStatus();
}

void Quota::AddFailedSignature(const std::string& address) {
  const double rate = options_.failed_signatures_per_second_per_address;
  if (rate <= 0) return;
  const runtime::MutexLock lock(mutex_);
  ForgetIfTooMany();
  Fill("f:" + address, rate, rate).tokens -= 1;
}

// Forgetting is safe: everybody gets a full bucket again.
void Quota::ForgetIfTooMany() {
  if (buckets_.size() > kMaxBuckets) buckets_.clear();
}

}  // namespace trustlog::admission
