// genesis|principles new, member admit|withdraw, auditor accredit, key register|rotate|revoke: each writes a statement to sign.
#include "client/cli/commands.h"
#include "client/cli/json_object.h"
#include "client/cli/session.h"
#include "client/cli/statement_draft.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/forms.h"

namespace trustlog::cli {
namespace {

using attest::Kind;

absl::StatusOr<std::string> RoleMember(const Arguments& arguments, const std::string& role) {
  std::vector<std::string> keys;
  for (const auto& file : arguments.All(role)) {
    auto key = KeyMember(file);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  const auto threshold = arguments.Number(role + "-threshold", keys.size() / 2 + 1);
  if (!threshold.ok()) return threshold.status();
  return fmt::format(R"({{"keys":[{}],"threshold":{}}})", fmt::join(keys, ","), *threshold);
}

absl::StatusOr<ExitCode> NewGenesis(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kGenesis);
  if (!draft.ok()) return draft.status();
  std::vector<std::pair<std::string, std::string>> authority;
  for (const std::string role : {"root", "secretariat", "operator"}) {
    auto member = RoleMember(arguments, role);
    if (!member.ok()) return member.status();
    authority.emplace_back("authority." + role, *std::move(member));
  }
  draft->members.insert(draft->members.begin(), authority.begin(), authority.end());
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> NewPrinciples(Session& session, const Arguments& arguments) {
  const auto draft = DraftFromArguments(session, arguments, Kind::kPrincipleSet);
  if (!draft.ok()) return draft.status();
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> Admit(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kPartyAdmission);
  if (!draft.ok()) return draft.status();
  SetMembers(
      arguments,
      {{"URN", "party"}, {"role", "role"}, {"name", "legalName"}, {"country", "country"}, {"lei", "lei"}, {"group", "group"}},
      *draft);
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> Accredit(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kAuditorAccreditation);
  if (!draft.ok()) return draft.status();
  SetMembers(arguments, {{"URN", "auditor"}, {"by", "accreditedBy"}, {"until", "validUntil"}}, *draft);
  if (const auto principles = arguments.Find("principles")) draft->members.emplace_back("principles", "[" + *principles + "]");
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> Withdraw(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kPartyWithdrawal);
  if (!draft.ok()) return draft.status();
  draft->issuer = arguments.Get("URN");  // a party leaves by its own word
  draft->urn_prefix = attest::UrnPrefixOf(draft->issuer);
  SetMembers(arguments, {{"reason", "reason"}, {"from", "validFrom"}}, *draft);
  return WriteStatement(session, arguments, *draft);
}

// The draft of a registration of KEY.
absl::StatusOr<StatementDraft> RegistrationDraft(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kKeyRegistration);
  if (!draft.ok()) return draft.status();
  const auto key = KeyMember(arguments.Get("KEY"));
  if (!key.ok()) return key.status();
  draft->members.emplace(draft->members.begin(), "key", *key);
  if (const auto purposes = arguments.Find("purposes")) {
    std::string list = QuoteJson(*purposes);
    for (std::size_t comma = list.find(','); comma != std::string::npos; comma = list.find(',', comma + 3))
      list.replace(comma, 1, "\",\"");
    draft->members.emplace_back("purposes", "[" + list + "]");
  }
  return draft;
}

absl::StatusOr<ExitCode> Register(Session& session, const Arguments& arguments) {
  const auto draft = RegistrationDraft(session, arguments);
  if (!draft.ok()) return draft.status();
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> Rotate(Session& session, const Arguments& arguments) {
  auto draft = RegistrationDraft(session, arguments);
  if (!draft.ok()) return draft.status();
  const auto old = KeyIdOf(arguments.Get("replaces"));
  if (!old.ok()) return old.status();
  draft->members.emplace_back("replaces.keyId", QuoteJson(*old));
  draft->members.emplace_back("replaces.overlapUntil", QuoteJson(arguments.Get("overlap-until")));
  return WriteStatement(session, arguments, *draft);
}

absl::StatusOr<ExitCode> Revoke(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, Kind::kKeyRevocation);
  if (!draft.ok()) return draft.status();
  const auto id = KeyIdOf(arguments.Get("KEY"));
  if (!id.ok()) return id.status();
  draft->members.emplace_back("keyId", QuoteJson(*id));
  SetMembers(arguments, {{"reason", "reason"}, {"party", "party"}}, *draft);
  if (arguments.Has("invalid-since")) {
    const auto index = arguments.Number("invalid-since", 0);
    if (!index.ok()) return index.status();
    draft->members.emplace_back("invalidSince", fmt::format("{}", *index));
  }
  return WriteStatement(session, arguments, *draft);
}

}  // namespace

Commands AuthorityCommands() {
  return {{"genesis new", "the first statement of a log: who may speak for it",
           WithDraftOptions({{"--root", "FILE.pub", "a root key", Count::kAtLeastOne},
                             {"--secretariat", "FILE.pub", "a secretariat key", Count::kAtLeastOne},
                             {"--operator", "FILE.pub", "an operator key", Count::kAtLeastOne},
                             {"--root-threshold", "N", "so many must sign (default: more than half)"},
                             {"--secretariat-threshold", "N", "as above"},
                             {"--operator-threshold", "N", "as above"}},
                            {"document", "about", "issuer"}),
           NewGenesis},
          {"principles new", "a principle set to fill in", WithDraftOptions({}, {"document", "about", "issuer"}), NewPrinciples},
          {"member admit", "admit a member, auditor, monitor or observer",
           WithDraftOptions({{"URN", "", "of the party", Count::kRequired},
                             {"--role", "ROLE", "member (default), auditor, monitor or observer"},
                             {"--name", "NAME", "legal name"},
                             {"--country", "CC", "ISO 3166-1"},
                             {"--lei", "LEI", "legal entity identifier"},
                             {"--group", "CODE", "companies under one control share it"}},
                            {"document", "about", "issuer"}),
           Admit},
          {"member withdraw", "a party leaves of its own will",
           WithDraftOptions({{"URN", "", "of the party, which signs it", Count::kRequired},
                             {"--reason", "CODE", "why", Count::kRequired},
                             {"--from", "TIME", "when (default: now)"}},
                            {"document", "about", "issuer"}),
           Withdraw},
          {"auditor accredit", "say what an auditor may assess",
           WithDraftOptions({{"URN", "", "of the auditor", Count::kRequired},
                             {"--principles", "LIST", "1,2,3"},
                             {"--by", "NAME", "who accredited it"},
                             {"--until", "TIME", "2028-01-01T00:00:00Z"}},
                            {"document", "about", "issuer"}),
           Accredit},
          {"key register", "register a party's key with the log",
           WithDraftOptions({{"KEY", "", "public key file (.pub)", Count::kRequired},
                             {"--purposes", "LIST", "sign,admin (default), sign or admin"}},
                            {"document", "about"}),
           Register},
          {"key rotate", "register a party's new key in place of one that it has",
           WithDraftOptions({{"KEY", "", "new public key file (.pub)", Count::kRequired},
                             {"--replaces", "KEY", "the old one: a key file (.pub), or its key id", Count::kRequired},
                             {"--overlap-until", "TIME", "until then the old key speaks too", Count::kRequired},
                             {"--purposes", "LIST", "sign,admin (default), sign or admin"}},
                            {"document", "about"}),
           Rotate},
          {"key revoke", "a party's key speaks no longer, or has not since an index",
           WithDraftOptions({{"KEY", "", "public key file (.pub), or key id", Count::kRequired},
                             {"--reason", "WORD", "retired, lost or compromised", Count::kRequired},
                             {"--invalid-since", "INDEX", "with compromised: what it signed from there on does not count (default: all)"},
                             {"--party", "URN", "whose key (default: the issuer's; the secretariat names it)"}},
                            {"document", "about"}),
           Revoke}};
}

}  // namespace trustlog::cli
