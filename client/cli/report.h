// From what was verified (client/follow) to what is said (output.h). Pure but for the evidence file of a fork.
#pragma once

#include <string>

#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/follow/verify_entry.h"
#include "proto/attest/entry.h"

namespace trustlog::cli {

// "commitment: member acme, principle 3".
std::string DescribeEntry(const attest::Entry& entry);

// Kind, issuer, subjects and all other fields of the entry, then the statement id.
JsonObject EntryMembers(const attest::Entry& entry);

// The verdict on one entry. Under --insecure-skip-policy the signature checks become skipped ones. A fork is saved as evidence
// first (E11).
Verdict VerdictOf(Session& session, const follow::EntryReport& report);

// Log signature, witnesses and freshness are not looked at: skipped, with the reason.
void SkipSignatureChecks(std::vector<follow::Check>& checks);

// Durable on return: the path of the evidence file, or why it could not be written, for people.
std::string SaveEvidence(const Session& session, const follow::Evidence& evidence);

}  // namespace trustlog::cli
