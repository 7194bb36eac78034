// One reader a kind: the members of its table in records.md 5.2-5.4, read into its struct. Inside proto/attest only.
#pragma once

#include "proto/attest/predicates.h"
#include "proto/attest/schema.h"

namespace trustlog::attest {

// What a reader returns may be used only if in.check().Result() is OK.
Predicate ReadGenesis(const Members& in);
Predicate ReadRoleChange(const Members& in);
Predicate ReadPrincipleSet(const Members& in);
Predicate ReadPartyAdmission(const Members& in);
Predicate ReadKeyRegistration(const Members& in);
Predicate ReadKeyRevocation(const Members& in);
Predicate ReadPartyWithdrawal(const Members& in);
Predicate ReadStatusChange(const Members& in);
Predicate ReadAuditorAccreditation(const Members& in);

Predicate ReadCommitment(const Members& in);
Predicate ReadSupplierFlowdown(const Members& in);
Predicate ReadAuditEngagement(const Members& in);
Predicate ReadAuditResult(const Members& in);
Predicate ReadRemediation(const Members& in);
Predicate ReadRetraction(const Members& in);
Predicate ReadObjection(const Members& in);
Predicate ReadEvidence(const Members& in);

Predicate ReadErasureNotice(const Members& in);
Predicate ReadIndexHead(const Members& in);
Predicate ReadIndexEndorsement(const Members& in);
Predicate ReadLogEvent(const Members& in);

}  // namespace trustlog::attest
