// illustration build (hidden): the data set of records.md section 11 as signed envelopes, for the quick start.
#include <algorithm>
#include <filesystem>

#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/illustration.h"
#include "client/cli/session.h"
#include "fmt/format.h"

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxFile = 4u << 20;

absl::StatusOr<ExitCode> Build(Session& session, const Arguments& arguments) {
  const auto text = ReadInput(arguments.Get("FILE"), kMaxFile, session.in());
  if (!text.ok()) return text.status();
  const auto built = BuildIllustration(*text, {arguments.Get("origin"), arguments.Get("keys"), session.now()});
  if (!built.ok()) return built.status();
  const std::string directory = arguments.Get("output");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return UsageError(fmt::format("cannot make {}: {}", directory, error.message()));
  const std::size_t width = std::max<std::size_t>(2, fmt::format("{}", built->records.size()).size());
  for (std::size_t i = 0; i < built->records.size(); ++i) {
    const auto status = WriteOutput(fmt::format("{}/{:0{}}-{}.dsse.json", directory, i, width, built->records[i].label),
                                    built->records[i].envelope);
    if (!status.ok()) return status;
  }
  std::string expected;
  for (const auto& [member, principle, date, verdict] : built->expected) {
    expected += fmt::format("{}\t{}\t{}\t{}\n", member, principle, date, verdict);
  }
  if (auto status = WriteOutput(directory + "/expected-verdicts.tsv", expected); !status.ok()) return status;
  session.output().Result(fmt::format("written   {} envelopes to {}\n", built->records.size(), Escape(directory)),
                          JsonObject().Number("written", built->records.size()));
  return ExitCode::kOk;
}

}  // namespace

Commands IllustrationCommands() {
  return {{"illustration build",
           "sign the illustrative data set with fresh keys",
           {{"FILE", "", "illustration.json", Count::kRequired},
            {"--keys", "DIR", "where the keys go", Count::kRequired},
            {"--origin", "ORIGIN", "of the log", Count::kRequired},
            {"-o,--output", "DIR", "where NN-label.dsse.json and expected-verdicts.tsv go", Count::kRequired}},
           Build,
           true}};
}

}  // namespace trustlog::cli
