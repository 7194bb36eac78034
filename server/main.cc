// trustlogd: one role a process.
//
//   trustlogd init ...              makes a log: store, mark, key, policy, configuration
//   trustlogd log --config FILE     serves it
//   trustlogd log --dev             both in ./trustlog-data, for whoever wants to try
//   trustlogd fsck --storage URL    re-hashes a store that is not in service
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "proto/bytes/exit_code.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/standard_streams.h"
#include "proto/keys/key_file.h"
#include "server/config.h"
#include "server/dev_setup.h"
#include "server/grpc/grpc_server.h"
#include "server/role_log.h"
#include "server/role_setup.h"
#include "server/runtime/clock.h"
#include "server/store_fsck.h"
#include "server/version.h"

namespace trustlog::server {
namespace {

constexpr std::size_t kMaxEnvelopeFile = 1u << 20;

void SetUpLogging(const Config& config) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("log"));
  const std::string& format = config.telemetry.format;
  const bool human = format == "human" || (format == "auto" && isatty(STDERR_FILENO) != 0);
  if (human) {
    spdlog::set_pattern("%H:%M:%S %^%-8l%$ %v");
  } else if (format == "json") {
    spdlog::set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","msg":"%v"})", spdlog::pattern_time_type::utc);
  } else {
    spdlog::set_pattern("ts=%Y-%m-%dT%H:%M:%S.%fZ level=%l msg=\"%v\"", spdlog::pattern_time_type::utc);
  }
  spdlog::set_level(spdlog::level::from_str(config.telemetry.level));
  spdlog::flush_on(spdlog::level::info);
  rpc::RouteLibraryLogs();
}

// An error in four parts belongs to the CLI; a daemon says what happened and exits with the CLI's code.
int Fail(const absl::Status& status) {
  const auto reason = bytes::ReasonOf(status);
  std::fprintf(stderr, "trustlogd: %s%.*s\n", reason.has_value() ? (std::string(bytes::Describe(*reason).word) + ": ").c_str() : "",
               static_cast<int>(status.message().size()), status.message().data());
  // A file that is missing here, or that may not be used, is one that the configuration names.
  const bool is_setting = absl::IsNotFound(status) || (absl::IsPermissionDenied(status) && !reason.has_value());
  return is_setting ? kExitConfiguration : static_cast<int>(bytes::ExitCodeOf(status));
}

int Init(InitOptions options, const std::string& genesis_file) {
  keys::KeepSecretsOffDisk();
  auto genesis = keys::ReadSmallFile(genesis_file, kMaxEnvelopeFile);
  if (!genesis.ok()) return Fail(genesis.status());
  options.envelopes = {*std::move(genesis)};
  const auto made = InitLog(options, runtime::RealClock().WallNow());
  if (!made.ok()) return Fail(made.status());
  std::printf("created   %s   size %llu (genesis)   config %s\n", made->vkey.c_str(), static_cast<unsigned long long>(made->size),
              made->config_path.c_str());
  return 0;
}

int Log(const std::string& config_file, bool print_config) {
  keys::KeepSecretsOffDisk();
  const auto config = ReadConfig(config_file);
  if (!config.ok()) return Fail(config.status());
  if (print_config) {
    std::fputs(FormatConfig(*config).c_str(), stdout);
    return 0;
  }
  SetUpLogging(*config);
  return RunLog(*config, [](const Addresses&) {});
}

int LogDev(const std::string& directory) {
  keys::KeepSecretsOffDisk();
  auto dev = PrepareDev(directory);
  if (!dev.ok()) return Fail(dev.status());
  SetUpLogging(dev->config);
  return RunLog(dev->config, [&](const Addresses& addresses) {
    if (auto status = WriteClientConfig(*dev, addresses); !status.ok()) spdlog::warn("{}", bytes::MessageOf(status));
    std::fputs(FormatDevBanner(*dev, addresses).c_str(), stdout);
    std::fflush(stdout);
  });
}

int Main(int argc, char** argv) {
  umask(0077);  // keys, marks and stores are nobody else's business (reliability.md 6.3)
  CLI::App app{"trustlogd: a transparency log of signed statements"};
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);

  std::string config_file;
  bool print_config = false;
  bool dev = false;
  std::string dev_directory = "trustlog-data";
  auto* log = app.add_subcommand("log", "serve a log");
  log->add_option("--config", config_file, "settings (TOML)");
  log->add_flag("--print-config", print_config, "check and print the effective settings, then exit");
  log->add_flag("--dev", dev, "try it: a throw-away log in ./trustlog-data, on loopback, without limits");
  log->add_option("--dev-dir", dev_directory, "where --dev keeps everything")->capture_default_str();

  InitOptions init_options;
  std::string genesis;
  auto* init = app.add_subcommand("init", "make a new log: store, key, mark, configuration");
  init->add_option("--origin", init_options.origin, "name of the log, for ever: its public URL without the scheme")->required();
  init->add_option("--storage", init_options.storage_url, "sqlite:PATH")->required();
  init->add_option("--key-dir", init_options.key_directory, "directory of log.key and trustlogd.toml")->required();
  init->add_option("--mark", init_options.mark_directory,
                   "directory of the signer's mark, apart from the store and from every backup")
      ->required();
  init->add_option("--genesis", genesis, "the signed genesis statement (DSSE JSON)")->required();

  std::string fsck_storage;
  auto* fsck = app.add_subcommand("fsck", "re-hash a store that is not in service and compare everything");
  fsck->add_option("--storage", fsck_storage, "sqlite:PATH")->required();

  for (const auto* role : {"witness", "mirror", "join", "restore", "migrate", "copy", "mark", "doctor"}) {
    app.add_subcommand(role, "not built into this version")->allow_extras();
  }
  const auto named = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(named).empty()) {
    std::fprintf(stderr, "trustlogd: \"%s\" is no role and no task: log, init, fsck (see --help)\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11's way to end a parse
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (init->parsed()) return Init(init_options, genesis);
  if (fsck->parsed()) return FsckStore(fsck_storage);
  if (!log->parsed()) {
    std::fprintf(stderr, "trustlogd: %s is not built into this version\n", app.get_subcommands().front()->get_name().c_str());
    return 2;
  }
  if (dev) return LogDev(dev_directory);
  if (config_file.empty()) {
    std::fprintf(stderr, "trustlogd: log needs --config FILE (or --dev to try it)\n");
    return 2;
  }
  return Log(config_file, print_config);
}

}  // namespace
}  // namespace trustlog::server

int main(int argc, char** argv) {
  trustlog::bytes::HoldStandardStreams();
  const int code = trustlog::server::Main(argc, argv);
  const auto lost = trustlog::bytes::LostOutput();
  if (!lost.has_value()) return code;
  std::fprintf(stderr, "trustlogd: cannot write to standard output: %s\n", lost->c_str());
  return code == 0 ? trustlog::server::kExitOther : code;
}
