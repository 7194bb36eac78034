// The verdict that EvaluateStatus and GetStatusBundle both give: arguments checked, question pinned, registry asked. Internal to
// this folder. Single-threaded.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/registry/verdict.h"
#include "proto/attest/forms.h"
#include "proto/bytes/reason.h"
#include "server/api/registry_question.h"

namespace trustlog::api {

struct Judged {
  registry::Question question;
  registry::Answer answer;
};

// ARGUMENT_INVALID{field}, SIZE_NOT_PUBLISHED. `Request`: has member, principle, date and the oneof `at`.
template <typename Request>
absl::StatusOr<Judged> Judge(const Request& request, RegistryQuestion& question) {
  using bytes::Reason;
  if (request.principle() < 1 || request.principle() > 63)
    return bytes::Refuse(Reason::kArgumentInvalid, "a principle is a number of 1..63", {{"field", "principle"}});
  auto pinned =
      request.at_case() == Request::kAtTimeMs ? question.PinTime(request.at_time_ms()) : question.PinSize(request.at_size());
  if (pinned.ok()) pinned = question.PinDate(request.date(), "date");
  if (!pinned.ok()) return pinned;
  Judged judged{{request.member(), static_cast<std::uint8_t>(request.principle()), question.as_of()}, {}};
  auto answer = question.Ask<registry::Answer>([&](const registry::Registry& registry) -> absl::StatusOr<registry::Answer> {
    if (attest::RoleOfUrn(judged.question.member, registry.context().urn_prefix) != attest::UrnRole::kMember)
      return bytes::Refuse(Reason::kArgumentInvalid, "not the URN of a member of this log", {{"field", "member"}});
    return registry::Evaluate(registry, question.source(), judged.question);
  });
  if (!answer.ok()) return answer.status();
  judged.answer = *std::move(answer);
  return judged;
}

}  // namespace trustlog::api
