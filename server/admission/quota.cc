#include "server/admission/quota.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "proto/bytes/reason.h"

namespace trustlog::admission {
namespace {

constexpr std::size_t kMaxPlaces = 65'536;  // issuers, addresses
constexpr auto kIdle = std::chrono::minutes(1);
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

// The place of `key`. At kMaxPlaces those go that were idle for a minute, or all: everybody has full buckets again.
template <typename Place>
Place& PlaceOf(std::map<std::string, Place>& places, const std::string& key, runtime::Deadline now) {
  if (places.size() >= kMaxPlaces && !places.contains(key)) {
    std::erase_if(places, [now](const auto& item) { return now - item.second.used_at > kIdle; });
    if (places.size() >= kMaxPlaces) places.clear();
  }
  Place& place = places[key];
  place.used_at = now;
  return place;
}

double BurstOf(const QuotaLimits& limits) { return std::max(limits.burst, 1.0); }
double BytesRateOf(const QuotaLimits& limits) { return limits.bytes_per_day / kSecondsPerDay; }

}  // namespace

void Quota::Bucket::Fill(double rate, double burst, runtime::Deadline now) {
  tokens = at.has_value() ? std::min(burst, tokens + rate * std::chrono::duration<double>(now - *at).count()) : burst;
  at = now;
}

const QuotaLimits& Quota::LimitsOf(const std::string& issuer) const {
  const auto own = options_.by_issuer.find(issuer);
  return own == options_.by_issuer.end() ? options_.issuer : own->second;
}

Quota::IssuerBuckets& Quota::OfIssuer(const std::string& issuer, const QuotaLimits& limits) {
  const auto now = clock_.Now();
  auto& buckets = PlaceOf(by_issuer_, issuer, now);
  buckets.statements.Fill(limits.statements_per_second, BurstOf(limits), now);
  buckets.bytes.Fill(BytesRateOf(limits), limits.bytes_per_day, now);
  return buckets;
}

Quota::AddressBuckets& Quota::OfAddress(const std::string& address) {
  const auto now = clock_.Now();
  auto& buckets = PlaceOf(by_address_, address, now);
  buckets.proofs.Fill(options_.proofs_per_second_per_address, options_.proofs_per_second_per_address, now);
  buckets.failures.Fill(options_.failed_signatures_per_second_per_address, options_.failed_signatures_per_second_per_address, now);
  return buckets;
}

absl::Status Quota::TakeSubmission(const std::string& issuer, double statements, double bytes) {
  const auto& limits = LimitsOf(issuer);
  const runtime::MutexLock lock(mutex_);
  auto& buckets = OfIssuer(issuer, limits);
  if (limits.statements_per_second > 0) {
    const double wait = WaitFor(buckets.statements.tokens, statements, limits.statements_per_second, BurstOf(limits));
    if (wait > 0) return Exceeded("statements_per_second", limits.statements_per_second, wait);
  }
  if (limits.bytes_per_day > 0) {
    const double wait = WaitFor(buckets.bytes.tokens, bytes, BytesRateOf(limits), limits.bytes_per_day);
    if (wait > 0) return Exceeded("bytes_per_day", limits.bytes_per_day, wait);
  }
  buckets.statements.tokens -= statements;
  buckets.bytes.tokens -= bytes;
  return absl::OkStatus();
}

void Quota::GiveBackSubmission(const std::string& issuer, double statements, double bytes) {
  const runtime::MutexLock lock(mutex_);
  auto& buckets = OfIssuer(issuer, LimitsOf(issuer));
  buckets.statements.tokens += statements;
  buckets.bytes.tokens += bytes;
}

absl::Status Quota::TakeProof(const std::string& address, double proofs) {
  const double rate = options_.proofs_per_second_per_address;
  if (rate <= 0 || proofs <= 0 || address.empty()) return absl::OkStatus();
  const runtime::MutexLock lock(mutex_);
  auto& bucket = OfAddress(address).proofs;
  const double wait = WaitFor(bucket.tokens, proofs, rate, rate);
  if (wait > 0) return Exceeded("proofs_per_second_per_address", rate, wait);
  bucket.tokens -= proofs;
  return absl::OkStatus();
}

absl::Status Quota::CheckFailedSignatures(const std::string& address) {
  const double rate = options_.failed_signatures_per_second_per_address;
  if (rate <= 0 || address.empty()) return absl::OkStatus();
  const runtime::MutexLock lock(mutex_);
  const double wait = WaitFor(OfAddress(address).failures.tokens, 1, rate, rate);
  return wait > 0 ? Exceeded("failed_signatures_per_second_per_address", rate, wait) : absl::OkStatus();
}

void Quota::AddFailedSignature(const std::string& address) {
  if (options_.failed_signatures_per_second_per_address <= 0 || address.empty()) return;
  const runtime::MutexLock lock(mutex_);
  auto& tokens = OfAddress(address).failures.tokens;
  tokens = std::max(tokens - 1, -options_.failed_signatures_per_second_per_address);  // a second's worth of debt, however many failed
}

}  // namespace trustlog::admission
