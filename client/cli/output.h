// The one place that knows the terminal: results to stdout, talk to stderr (K1), text or --json (K2), verdicts and errors (K3, K4).
// Foreign text is escaped here. Single-threaded; borrows the streams.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/exit_code.h"
#include "client/cli/json_object.h"
#include "client/follow/check_code.h"

namespace trustlog::cli {

// `text` with control, bidirectional and other invisible characters as \u{...}, and bytes that are not UTF-8 as \xNN. Line feeds
// too.
std::string Escape(std::string_view text);
// 64 and more hex digits in a row as their first and last: "9f2c41d0...a0e1".
std::string ShortenHashes(std::string_view text);

struct OutputStyle {
  bool json = false, quiet = false, verbose = false, color = false;
};

// What a verifying command found.
struct Verdict {
  std::string what;   // "entry 1042 of log log.example/tta-2026"
  std::string about;  // "commitment: member acme, principle 3"; "" = nothing to say
  std::vector<follow::Check> checks;
  bool trusted = true;                 // false: under --insecure-skip-policy, at best UNVERIFIED
  std::string good_word = "VERIFIED";  // the first word of success
  std::string tail;                    // after it, of a success: "saved out/1042.tle"
  absl::Status lost{};                 // of a success: what could not be written, said after it
  std::string headline, means;         // of a failure, in place of the code's own; "" = those
  std::string remedy;                  // the same
  JsonObject members;                  // of this command, first in --json
  JsonObject claims;                   // data that the checks authenticate
};

class Output final {
 public:
  Output(std::ostream& out, std::ostream& err, OutputStyle style) : out_(out), err_(err), style_(style) {}

  const OutputStyle& style() const { return style_; }

  // A result that nothing was verified for. `text` ends with a line feed and is printed as it is: escape foreign parts.
  // `lost`: what could not be written, said after it.
  ExitCode Result(std::string_view text, const JsonObject& members, const absl::Status& lost = {});
  // Bytes that are the result whatever the style: a file asked for on stdout.
  void Raw(std::string_view content);
  void Talk(std::string_view line);    // stderr, not with -q
  void Detail(std::string_view line);  // stderr, with -v

  // VERIFIED, FAILED or UNVERIFIED with a line a check.
  ExitCode Report(const Verdict& verdict);
  // Four parts and a code. Text goes to stderr, JSON to stdout.
  ExitCode Error(const absl::Status& status);
  // As Error, for one item of a list: "REFUSED  <item>: ...".
  ExitCode ItemError(std::string_view item, const absl::Status& status);

 private:
  std::string Paint(std::string_view word) const;
  void Checks(const Verdict& verdict);
  void FourParts(const absl::Status& status);

  std::ostream& out_;
  std::ostream& err_;
  const OutputStyle style_;
};

}  // namespace trustlog::cli
