// The rows of all commands, one function a noun, each in <noun>_command.cc.
#pragma once

#include "client/cli/command.h"

namespace trustlog::cli {

Commands VerifyCommands();        // verify
Commands ShowCommands();          // show
Commands FindCommands();          // find
Commands StatusCommands();        // status, status verify
Commands ProofCommands();         // proof get|show
Commands CheckpointCommands();    // checkpoint get|verify|compare
Commands PolicyCommands();        // policy new|check|show
Commands EvidenceCommands();      // evidence verify
Commands KeyCommands();           // key new|show
Commands StatementCommands();     // statement new|check, import
Commands AuthorityCommands();     // genesis|principles new, member admit|withdraw, auditor accredit, key register|rotate|revoke
Commands SignCommands();          // sign, cosign
Commands SubmitCommands();        // submit, commit, retract, audit engage|result|correct|close-finding
Commands DisclosureCommands();    // disclosure build|show|verify
Commands SaltCommands();          // salt new|check
Commands LogCommands();           // log init|describe
Commands FsckCommands();          // fsck
Commands AdminCommands();         // admin stats|withhold
Commands MonitorCommands();       // monitor once
Commands BenchCommands();         // bench submit|batch|proofs|tiles
Commands IllustrationCommands();  // illustration build (hidden)
Commands HelpCommands();          // completion, help errors/..., version, config show

// All of them, in the order of the overview.
const Commands& AllCommands();

}  // namespace trustlog::cli
