#include "client/cli/output.h"

#include <algorithm>
#include <cctype>
#include <ostream>

#include "client/cli/help_table.h"
#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/text.h"

namespace trustlog::cli {
namespace {

using follow::Check;
using follow::CheckCode;
using follow::CheckResult;

constexpr std::size_t kHashDigits = 64;

// Characters that change how others look: controls, format characters, bidirectional marks, line and paragraph separators.
bool IsTreacherous(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe007f);
}

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// The sentence after "FAILED ...:", of the code that decides.
std::string_view HeadlineOf(CheckCode code) {
  switch (code) {
    case CheckCode::kFileMalformed:
      return "the file is not what it should be";
    case CheckCode::kOtherLog:
      return "it is of another log";
    case CheckCode::kPolicyInvalid:
      return "the policy cannot be used";
    case CheckCode::kEntryHashMismatch:
      return "the entry does not hash to its leaf";
    case CheckCode::kLogSignatureInvalid:
      return "the log's key did not sign this checkpoint";
    case CheckCode::kCosignatureInvalid:
      return "a witness's signature is bad";
    case CheckCode::kQuorumNotMet:
      return "too few witnesses have signed the checkpoint";
    case CheckCode::kCheckpointStale:
      return "the checkpoint is too old";
    case CheckCode::kProofRootMismatch:
      return "the inclusion proof does not lead to the signed root";
    case CheckCode::kConsistencyFailed:
      return "it was not shown that the log only grew";
    case CheckCode::kForkProven:
      return "the log signed two histories";
    case CheckCode::kStatementMismatch:
      return "the statement is not the one of this entry";
    case CheckCode::kStatementMissing:
      return "the statement is missing";
    case CheckCode::kRecordVoid:
      return "a record is refused by the log's own rules";
    case CheckCode::kVerdictMismatch:
      return "the answer does not follow from the records";
  }
  return "";
}

bool IsBase64Char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '='; }

// A vkey "name+7a31c2d0+AeK0..." as "name+7a31c2d0": the id tells keys apart well enough for a line.
std::string ShortenKeys(std::string_view text) {
  constexpr std::size_t kIdDigits = 8, kLeastKey = 44;
  std::string out;
  while (true) {
    const std::size_t plus = text.find('+');
    const std::size_t key = plus == std::string_view::npos ? plus : plus + 1 + kIdDigits;
    if (plus == std::string_view::npos || key >= text.size()) return out.append(text);
    const std::string_view id = text.substr(plus + 1, kIdDigits);
    const std::size_t end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(key), text.end(), IsBase64Char) - text.begin());
    const bool is_vkey = text[key] == '+' && std::all_of(id.begin(), id.end(), IsHexDigit) && end - key > kLeastKey;
    out.append(text.substr(0, is_vkey ? key : plus + 1));
    text.remove_prefix(is_vkey ? end : plus + 1);
  }
}

std::string_view WordOf(CheckResult result) {
  switch (result) {
    case CheckResult::kOk:
      return "ok";
    case CheckResult::kFailed:
      return "FAILED";
    case CheckResult::kSkipped:
      return "skipped";
  }
  return "";
}

JsonObject ErrorMember(const Help& help, std::string_view message) {
  return JsonObject().Text("code", help.code).Text("message", message).Text("help", fmt::format("{} {}", help.means, help.remedy));
}

std::vector<JsonObject> CheckMembers(const std::vector<Check>& checks) {
  std::vector<JsonObject> list;
  for (const Check& check : checks) {
    JsonObject object;
    object.Text("name", check.name)
        .Text("result", check.result == CheckResult::kFailed ? "failed" : WordOf(check.result))
        .Text("detail", check.detail);
    if (check.code) object.Text("code", follow::Describe(*check.code).word);
    list.push_back(std::move(object));
  }
  return list;
}

// The members that every line of --json has, behind the command's own.
JsonObject Complete(JsonObject members, const JsonObject& verified, const std::vector<Check>& checks, const JsonObject& claims,
                    const JsonObject& unverified) {
  return members.Append(verified).Objects("checks", CheckMembers(checks)).Object("claims", claims).Object("unverified", unverified);
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    std::string_view rest = text;
    const auto code_point = tlog::TakeCodePoint(rest);
    if (!code_point) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (IsTreacherous(*code_point)) {
      safe += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(*code_point));
    } else {
      safe += text.substr(0, text.size() - rest.size());
    }
    text = rest;
  }
  return safe;
}

std::string ShortenHashes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && IsHexDigit(text[end])) ++end;
    if (end - at >= kHashDigits) {
      out += text.substr(at, 8);
      out += "...";
      out += text.substr(end - 4, 4);
    } else {
      out += text.substr(at, std::max<std::size_t>(end - at, 1));
    }
    at = std::max(end, at + 1);
  }
  return out;
}

ExitCode Output::Result(std::string_view text, const JsonObject& members, const absl::Status& lost) {
  if (style_.json) {
    JsonObject line = Complete(members, JsonObject().Null("verified"), {}, {}, {});
    lost.ok() ? line.Null("error") : line.Object("error", ErrorMember(HelpFor(lost), bytes::MessageOf(lost)));
    out_ << line.Format() << "\n";
    return ExitCodeOf(lost);
  }
  out_ << text;
  if (!lost.ok()) FourParts(lost);
  return ExitCodeOf(lost);
}

void Output::Raw(std::string_view content) { out_ << content; }

void Output::Talk(std::string_view line) {
  if (!style_.quiet) err_ << line << "\n";
}

void Output::Detail(std::string_view line) {
  if (style_.verbose) err_ << line << "\n";
}

std::string Output::Paint(std::string_view word) const {
  if (!style_.color) return std::string(word);
  const bool bad = word == "FAILED" || word == "ERROR" || word == "REFUSED";
  const bool open = word == "UNVERIFIED" || word == "skipped";
  return fmt::format("\x1b[{}m{}\x1b[0m", bad ? "31" : open ? "33" : "32", word);
}

void Output::Checks(const Verdict& verdict) {
  for (const Check& check : verdict.checks) {
    const std::string_view word = WordOf(check.result);
    const std::string detail = Escape(check.detail);
    out_ << fmt::format("  {}{:{}}{:<18}{}\n", Paint(word), "", 8 - word.size(), check.name,
                        style_.verbose ? detail : ShortenKeys(ShortenHashes(detail)));
  }
}

ExitCode Output::Report(const Verdict& verdict) {
  const auto failure = follow::FirstFailure(verdict.checks);
  const bool verified = !failure && verdict.trusted;
  Help help;
  std::string headline;
  if (failure) {
    const auto& info = follow::Describe(*failure);
    help = {std::string(info.word), verdict.means.empty() ? std::string(info.means) : verdict.means,
            verdict.remedy.empty() ? std::string(info.remedy) : verdict.remedy};
    headline = verdict.headline.empty() ? HeadlineOf(*failure) : std::string_view(verdict.headline);
  }
  const ExitCode exit = failure              ? ExitCodeOf(*failure)
                        : !verdict.lost.ok() ? ExitCodeOf(verdict.lost)
                        : verdict.trusted    ? ExitCode::kOk
                                             : ExitCode::kQuorumOrFreshness;
  if (style_.json) {
    JsonObject line = Complete(verdict.members, JsonObject().Flag("verified", verified), verdict.checks,
                               verified ? verdict.claims : JsonObject(), verified ? JsonObject() : verdict.claims);
    if (failure) {
      line.Object("error", ErrorMember(help, headline));
    } else if (!verdict.lost.ok()) {
      line.Object("error", ErrorMember(HelpFor(verdict.lost), bytes::MessageOf(verdict.lost)));
    } else {
      line.Null("error");
    }
    out_ << line.Format() << "\n";
    return exit;
  }
  const std::string about = verdict.about.empty() ? "" : fmt::format("   ({})", Escape(verdict.about));
  if (failure) {
    out_ << fmt::format("{}  {}: {}{}\n", Paint("FAILED"), Escape(verdict.what), headline, about);
  } else {
    const std::string tail = verdict.tail.empty() ? "" : "   " + Escape(verdict.tail);
    out_ << fmt::format("{}  {}{}{}\n", Paint(verdict.trusted ? std::string_view(verdict.good_word) : "UNVERIFIED"),
                        ShortenHashes(Escape(verdict.what)), about, tail);
  }
  Checks(verdict);
  if (failure) {
    out_ << fmt::format("  means   {}\n  do      {}        code {} (trustlog help errors/{})\n", help.means, Escape(help.remedy),
                        help.code, help.code);
  } else if (!verdict.trusted) {
    out_ << "  means   no signature was looked at (--insecure-skip-policy): whoever made these files may have made all of it up.\n";
  }
  if (!failure && !verdict.lost.ok()) FourParts(verdict.lost);
  return exit;
}

ExitCode Output::Error(const absl::Status& status) {
  if (style_.json) {
    out_ << Complete({}, JsonObject().Null("verified"), {}, {}, {})
                .Object("error", ErrorMember(HelpFor(status), bytes::MessageOf(status)))
                .Format()
         << "\n";
    return ExitCodeOf(status);
  }
  FourParts(status);
  return ExitCodeOf(status);
}

void Output::FourParts(const absl::Status& status) {
  const Help help = HelpFor(status);
  out_.flush();  // what was found comes first
  err_ << fmt::format("{}   {}\n  means   {}\n", Paint("ERROR"), Escape(bytes::MessageOf(status)), help.means);
  if (!help.remedy.empty()) err_ << fmt::format("  do      {}\n", Escape(help.remedy));
  err_ << fmt::format("  code    {} (trustlog help errors/{})\n", help.code, help.code);
}

ExitCode Output::ItemError(std::string_view item, const absl::Status& status) {
  const Help help = HelpFor(status);
  const std::string_view message = bytes::MessageOf(status);
  if (style_.json) {
    JsonObject members;
    members.Text("file", item);
    out_ << Complete(members, JsonObject().Null("verified"), {}, {}, {}).Object("error", ErrorMember(help, message)).Format()
         << "\n";
    return ExitCodeOf(status);
  }
  out_ << fmt::format("{}   {}: {}\n  means   {}\n  do      {}        code {} (trustlog help errors/{})\n", Paint("REFUSED"),
                      Escape(item), Escape(message), help.means, Escape(help.remedy), help.code, help.code);
  return ExitCodeOf(status);
}

}  // namespace trustlog::cli
