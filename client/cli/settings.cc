#include "client/cli/settings.h"

#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "fmt/format.h"

namespace trustlog::cli {
namespace {

constexpr std::string_view kNames[] = {"log",        "url",     "grpc",    "policy", "issuer",   "type_base",
                                       "urn_prefix", "timeout", "contact", "tls_ca", "tls_cert", "tls_key"};
constexpr std::string_view kSystemFile = "/etc/trustlog/client.toml";
constexpr std::string_view kSystemPolicies = "/etc/trustlog/policies";

bool IsName(std::string_view name) { return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames); }

enum class Found { kNothing, kFile, kSomethingElse };

Found Find(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Found::kNothing;
  return S_ISREG(info.st_mode) ? Found::kFile : Found::kSomethingElse;
}

// One file: what stands at its top ("default" as "log") and what its contexts say.
struct SettingsFile {
  std::string path;
  std::map<std::string, Setting> top;
  std::map<std::string, std::map<std::string, Setting>> logs;
};

absl::Status BadKey(const std::string& path, const toml::node& node, std::string_view key, std::string_view what) {
  return UsageError(
      fmt::format("{}:{}: {} {}", path, node.source().begin.line, key, what),
      "names are default, log.NAME, url, grpc, policy, issuer, type_base, urn_prefix, timeout, contact, tls_ca, tls_cert, tls_key");
}

absl::Status ReadTable(const std::string& path, const toml::table& table, std::map<std::string, Setting>& into) {
  for (const auto& item : table) {
    const std::string key(item.first.str());
    const auto text = item.second.value<std::string>();
    if (!IsName(key) || key == "log") return BadKey(path, item.second, key, "is not a setting");
    if (!item.second.is_string()) return BadKey(path, item.second, key, "must be a string");
    into[key] = {*text, fmt::format("{}:{}", path, item.second.source().begin.line)};
  }
  return absl::OkStatus();
}

absl::StatusOr<toml::table> ParseToml(const std::string& path) {
  if (Find(path) != Found::kFile) return UsageError(fmt::format("{} is not a file", path), "settings are a TOML file");
  try {
    return toml::parse_file(path);
  } catch (const toml::parse_error& error) {  // toml++'s way to say so
    return UsageError(fmt::format("{}:{}: {}", path, error.source().begin.line, std::string(error.description())),
                      "correct the file");
  }
}

absl::StatusOr<SettingsFile> ReadSettings(const std::string& path) {
  auto parsed = ParseToml(path);
  if (!parsed.ok()) return parsed.status();
  SettingsFile file{path, {}, {}};
  toml::table& rest = *parsed;
  if (const toml::node* node = rest.get("default"); node != nullptr) {
    if (!node->is_string()) return BadKey(path, *node, "default", "must be a string");
    file.top["log"] = {*node->value<std::string>(), fmt::format("{}:{}", path, node->source().begin.line)};
    rest.erase("default");
  }
  if (const toml::node* node = rest.get("log"); node != nullptr) {
    if (!node->is_table()) return BadKey(path, *node, "log", "must be a table: [log.\"NAME\"]");
    for (const auto& context : *node->as_table()) {
      const std::string name(context.first.str());
      if (!context.second.is_table()) return BadKey(path, context.second, "log." + name, "must be a table");
      if (auto status = ReadTable(path, *context.second.as_table(), file.logs[name]); !status.ok()) return status;
    }
    rest.erase("log");
  }
  if (auto status = ReadTable(path, rest, file.top); !status.ok()) return status;
  return file;
}

struct Places {
  std::string config_home, state_home;
};

Places PlacesFrom(const Variables& variables) {
  const std::string home = variables("HOME").value_or("");
  const auto or_below_home = [&](const char* name, const char* below) {
    const auto value = variables(name);
    return value && value->starts_with("/") ? *value : home + below;  // a relative one is ignored, as XDG says
  };
  return {or_below_home("XDG_CONFIG_HOME", "/.config"), or_below_home("XDG_STATE_HOME", "/.local/state")};
}

// --config or TRUSTLOG_CONFIG alone, else those of the user and the system that exist.
absl::StatusOr<std::vector<SettingsFile>> ReadFiles(const Arguments& flags, const Variables& variables, const Places& places) {
  std::vector<std::string> paths;
  const auto named = flags.Has("config") ? flags.Find("config") : variables("TRUSTLOG_CONFIG");
  if (named && !named->empty()) {
    if (Find(*named) == Found::kNothing)
      return UsageError(fmt::format("there is no settings file {}", *named), "check --config or TRUSTLOG_CONFIG");
    paths = {*named};
  } else {
    for (const std::string& path : {places.config_home + "/trustlog/config.toml", std::string(kSystemFile)}) {
      if (Find(path) != Found::kNothing) paths.push_back(path);
    }
  }
  std::vector<SettingsFile> files;
  for (const auto& path : paths) {
    auto file = ReadSettings(path);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return files;
}

std::string VariableOf(std::string_view name) {
  std::string variable = "TRUSTLOG_";
  for (const char c : name) variable += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

}  // namespace

std::span<const std::string_view> Settings::Names() { return kNames; }

absl::StatusOr<Settings> Settings::Load(const Arguments& flags, const Variables& variables) {
  const Places places = PlacesFrom(variables);
  const auto files = ReadFiles(flags, variables, places);
  if (!files.ok()) return files.status();

  Settings settings;
  settings.state_root_ = places.state_home + "/trustlog/logs";
  settings.policy_directories_ = {places.config_home + "/trustlog/policies", std::string(kSystemPolicies)};
  std::string log;
  for (const std::string_view name : kNames) {  // "log" is the first: it says which context counts
    const std::string variable = VariableOf(name);
    if (const auto flag = flags.Find(name)) {
      settings.values_[std::string(name)] = {*flag, fmt::format("--{}", name)};
    } else if (const auto value = variables(variable); value && !value->empty()) {
      settings.values_[std::string(name)] = {*value, variable};
    } else {
      for (const SettingsFile& file : *files) {
        const auto context = file.logs.find(log);
        const Setting* found = nullptr;
        if (name != "log" && context != file.logs.end() && context->second.count(std::string(name)) > 0) {
          found = &context->second.at(std::string(name));
        } else if (file.top.count(std::string(name)) > 0) {
          found = &file.top.at(std::string(name));
        }
        if (found == nullptr) continue;
        settings.values_[std::string(name)] = *found;
        break;
      }
    }
    if (name == "log") log = settings.Get("log");
  }
  if (log.empty()) return settings;
  if (log.find("://") != std::string::npos) {  // a URL stands for itself
    if (!flags.Has("url")) settings.values_["url"] = {log, settings.Find("log")->origin};
    return settings;
  }
  const bool known =
      std::any_of(files->begin(), files->end(), [&log](const SettingsFile& file) { return file.logs.count(log) > 0; });
  if (!known)
    return UsageError(fmt::format("no settings file has a log named \"{}\"", log),
                      "add [log.\"NAME\"] with url, grpc and policy, or give a URL");
  return settings;
}

const Setting* Settings::Find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Settings::Get(std::string_view name) const {
  const Setting* setting = Find(name);
  return setting == nullptr ? "" : setting->value;
}

}  // namespace trustlog::cli
