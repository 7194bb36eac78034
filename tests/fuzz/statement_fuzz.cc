#include "proto/attest/statement.h"
#include "proto/bytes/reason.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

// In an empty log and in a running one: refusals carry a reason, schema violations a path, and what is taken has its kind.
TRUSTLOG_FUZZ_TARGET(Statement) {
  const LogContext contexts[] = {{"log.example/test-vectors", "", ""},
                                 {"log.example/test-vectors", "https://trustlog.example/attest", "urn:tta:"}};
  for (const auto& context : contexts) {
    const auto statement = ParseStatement(input, context);
    if (statement.ok()) {
      fuzz::Expect(PeekKind(input) == statement->kind, "the kind peeked at is another");
      fuzz::Expect((statement->kind == Kind::kGenesis) == context.type_base.empty(), "genesis out of order");
      fuzz::Expect(!statement->issuer.empty() && !statement->log_origin.empty(), "a common member is missing");
      (void)FindPersonalData(input, statement->kind);
      continue;
    }
    const auto reason = bytes::ReasonOf(statement.status());
    fuzz::Expect(reason.has_value(), "a refusal without a reason");
    fuzz::Expect((*reason == bytes::Reason::kSchemaViolation) == !bytes::MetadataValue(statement.status(), "path").empty(),
                 "a violation without a path, or a path without one");
  }
}

}  // namespace trustlog::attest
