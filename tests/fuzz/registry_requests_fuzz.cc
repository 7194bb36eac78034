// Each request message of RegistryService from bytes to its answer, over a log in memory, and the page tokens of its lists. The
// first byte says which.
#include <google/protobuf/stubs/logging.h>

#include <string>

#include "proto/bytes/reason.h"
#include "server/api/errors.h"
#include "server/api/registry_page.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/memory_registry.h"

namespace trustlog::api {
namespace {

support::MemoryRegistry& Log() {
  static const auto silent = google::protobuf::SetLogHandler(nullptr);  // a line for each string that is not UTF-8
  (void)silent;
  static support::MemoryRegistry log;
  return log;
}

// A refusal has a reason, and details that fit; an answer speaks of a published size and fits into a message.
template <typename Request, typename Response>
void Run(std::string_view bytes, void (RegistryApi::*method)(const Request*, Response*, const Call&, Done)) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  Response response;
  const auto status = Log().Ask(method, request, response);
  if (!status.ok()) {
    fuzz::Expect(bytes::ReasonOf(status).has_value(), "a refusal without a reason");
    fuzz::Expect(!absl::IsDataLoss(status) && !absl::IsInternal(status), "a question that finds the log broken");
    fuzz::Expect(ToRpcStatus(status).ByteSizeLong() <= 4'096, "details beyond 4 KiB");
    return;
  }
  fuzz::Expect(response.as_of().tree_size() >= 1 && response.as_of().tree_size() <= Log().alliance().size(), "another size");
  fuzz::Expect(response.ByteSizeLong() <= (4u << 20), "an answer beyond 4 MiB");
}

}  // namespace

TRUSTLOG_FUZZ_TARGET(RegistryRequests) {
  if (input.empty()) return;
  const char which = input.front();
  input.remove_prefix(1);
  switch (which) {
    case 'm':
      return Run(input, &RegistryApi::ListMembers);
    case 'g':
      return Run(input, &RegistryApi::GetMember);
    case 'c':
      return Run(input, &RegistryApi::ListCommitments);
    case 'r':
      return Run(input, &RegistryApi::ListAuditResults);
    case 'v':
      return Run(input, &RegistryApi::EvaluateStatus);
    case 'o':
      return Run(input, &RegistryApi::ListOverdueEngagements);
    case 'x':
      return Run(input, &RegistryApi::ListExpiring);
    case 'd':
      return Run(input, &RegistryApi::FindByDigest);
    case 'f':
      return Run(input, &RegistryApi::ListReferrers);
    case 'a':
      return Run(input, &RegistryApi::GetAuthorityChain);
    case 't':
      if (const auto page = ParseRegistryPage(input))
        fuzz::Expect(FormatRegistryPage(*page) == input, "two spellings of one page token");
      return;
    default:
      return;
  }
}

}  // namespace trustlog::api
