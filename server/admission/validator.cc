#include "server/admission/validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "proto/attest/derive.h"
#include "proto/bytes/reason.h"

namespace trustlog::admission {

using bytes::Reason;
using bytes::Refuse;

CheckedStatement::CheckedStatement(attest::Envelope submitted, attest::Statement parsed, attest::Entry derived,
                                   std::optional<std::uint64_t> candidates_at_in)
    : envelope(std::move(submitted)), statement(std::move(parsed)), entry(std::move(derived)), candidates_at(candidates_at_in) {
  for (const auto& ref : entry.refs) refs_.push_back(ref.id);
}

Validator::Validator(const LiveRegistry& registry, metrics::Metrics& metrics, Options options)
    : registry_(registry), metrics_(metrics), options_(options) {}

absl::StatusOr<storage::Id> Validator::Identify(const attest::Envelope& envelope) const {
  if (auto status = attest::CheckEnvelope(envelope); !status.ok()) return status;  // 1-4
  return attest::StatementId(envelope.payload);
}

absl::StatusOr<std::unique_ptr<CheckedStatement>> Validator::Validate(attest::Envelope envelope,
                                                                      const std::vector<keys::PublicKey>& earlier) const {
  struct Log {
    attest::LogContext context;
    absl::Status frozen;
    std::uint64_t key_set_version = 0;
  };
  const auto log = registry_.With([](const registry::Registry& registry) {
    return Log{registry.context(), registry.CheckNotFrozen(), registry.key_set_version()};
  });
  if (!log.frozen.ok()) return log.frozen;                                 // 6
  auto statement = attest::ParseStatement(envelope.payload, log.context);  // 7-14
  if (!statement.ok()) return statement.status();
  std::vector<std::size_t> sizes;
  for (const auto& signature : envelope.signatures) sizes.push_back(signature.sig.size());
  if (auto status = attest::CheckDerivedSize(*statement, sizes); !status.ok()) return status;  // 15
  if (statement->log_origin != log.context.origin) {                                           // 16
    return Refuse(Reason::kWrongLog, fmt::format("the statement is meant for another log than {}", log.context.origin),
                  {{"origin", log.context.origin}});
  }
  auto source = registry_.Keys();
  if (!earlier.empty()) {
    source.find = [find = std::move(source.find), &earlier](const keys::KeyId& id) {
      auto known = find(id);
      if (known.has_value()) return known;
      const auto it = std::find_if(earlier.begin(), earlier.end(), [&](const keys::PublicKey& key) { return key.id() == id; });
      return it == earlier.end() ? std::nullopt : std::optional(*it);
    };
  }
  const auto started = std::chrono::steady_clock::now();
  auto verified = registry::VerifySignatures(envelope, *statement, source);  // 17
  metrics_.CountSignature("any", verified.ok(), std::chrono::steady_clock::now() - started);
  if (!verified.ok()) return verified.status();
  if (options_.personal_data_lint) {
    if (const auto path = attest::FindPersonalData(envelope.payload, statement->kind); path.has_value()) {
      return Refuse(Reason::kPersonalDataSuspected,
                    fmt::format("{} looks like a person's address; use a role address or a salted commitment", *path),
                    {{"path", *path}});
    }
  }
  const auto id = attest::StatementId(envelope.payload);
  auto entry = attest::Derive(*statement, id, std::move(verified->signatures));
  if (!entry.ok()) return entry.status();
  return std::make_unique<CheckedStatement>(std::move(envelope), *std::move(statement), *std::move(entry),
                                            verified->by_candidates ? std::optional(log.key_set_version) : std::nullopt);
}

}  // namespace trustlog::admission
