// Runs the program in process: words in; exit code, stdout and stderr out. Logs are synthetic ones, read through a fetcher in
// memory; time stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/cli.h"
#include "tests/support/map_fetcher.h"
#include "tests/support/sample_records.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::cli {

struct CliResult {
  ExitCode exit{};
  std::string out, err;

  boost::json::object json() const { return boost::json::parse(out).as_object(); }
};

// A fetcher that lives in the test while commands own this face of it.
class BorrowedFetcher final : public net::Fetcher {
 public:
  explicit BorrowedFetcher(net::Fetcher& fetcher) : fetcher_(fetcher) {}
  absl::StatusOr<std::string> Get(const std::string& path, std::size_t max_bytes) override { return fetcher_.Get(path, max_bytes); }

 private:
  net::Fetcher& fetcher_;
};

class CliTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kNow = testing::SyntheticLog::kTime + 60;

  CliTest() {
    variables_["XDG_CONFIG_HOME"] = Path("config");
    variables_["XDG_STATE_HOME"] = Path("state");
    variables_["HOME"] = Path("home");
    // The files of the machine must not reach a test.
    WriteFile("settings.toml", "");
    variables_["TRUSTLOG_CONFIG"] = Path("settings.toml");
  }

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::string WriteFile(const std::string& name, std::string_view content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }
  std::string ReadFile(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(name.starts_with("/") ? name : Path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  bool Exists(const std::string& name) const { return std::ifstream(Path(name)).good(); }

  CliResult Run(const std::vector<std::string>& words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    const Environment environment{
        .in = in,
        .out = out,
        .err = err,
        .variable =
            [this](const std::string& name) {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
        .now = [] { return kNow; },
        .open_url = [this](const std::string& url) -> absl::StatusOr<std::unique_ptr<net::Fetcher>> {
          opened_.push_back(url);
          return std::unique_ptr<net::Fetcher>(std::make_unique<BorrowedFetcher>(fetcher_));
        },
    };
    CliResult result;
    result.exit = RunCli(words, environment);
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  // The log of the worked records (20 of them), its policy in a file, and its files behind any URL.
  void ServeSampleLog(std::uint64_t evidence = 6) {
    log_ = testing::SampleLog(evidence);
    fetcher_.files = log_.Publish();
    variables_["TRUSTLOG_POLICY"] = WriteFile("sample.policy", log_.PolicyText());
    variables_["TRUSTLOG_URL"] = "https://log.example/";
  }

  support::TemporaryDirectory directory_;
  std::map<std::string, std::string> variables_;
  testing::SyntheticLog log_;
  testing::MapFetcher fetcher_;
  std::vector<std::string> opened_;
};

}  // namespace trustlog::cli
