#include "server/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "proto/keys/key_file.h"
#include "proto/tlog/checkpoint.h"
#include "server/runtime/acceptor.h"
#include "server/runtime/unix_socket.h"

namespace trustlog::server {
namespace {

constexpr std::size_t kMaxConfigBytes = 1u << 20;

constexpr std::uint64_t kMaxMilliseconds = 366ull * 24 * 3'600'000;
constexpr std::uint64_t kMaxBytes = 1ull << 60;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// A whole number with one of `units` behind it; nullopt: another form, or above `most`.
std::optional<std::uint64_t> ParseQuantity(std::string_view text, std::initializer_list<Unit> units, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& unit : units) {
    if (text == unit.name && number <= most / unit.factor) return number * unit.factor;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto parsed = ParseQuantity(text, {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}, kMaxMilliseconds);
  if (!parsed.has_value()) return std::nullopt;
  return std::chrono::milliseconds(*parsed);
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  return ParseQuantity(text, {{"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}}, kMaxBytes);
}

// Edit distance, for "did you mean".
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

// Reads keys out of one document, remembers which were asked for, and collects what is wrong.
class Reader {
 public:
  Reader(const toml::table& root, std::string_view file, const std::map<std::string, std::string>& environment)
      : root_(root), file_(file), environment_(environment) {}

  // Sets `value` where the key is present and well-formed.
  void Text(std::string_view section, std::string_view key, std::string& value) {
    Take<std::string>(section, key, "a string", [&](std::string text) {
      value = std::move(text);
      return true;
    });
  }
  void Flag(std::string_view section, std::string_view key, bool& value) {
    Take<bool>(section, key, "true or false", [&](bool flag) {
      value = flag;
      return true;
    });
  }
  template <typename Number>
  void Count(std::string_view section, std::string_view key, std::int64_t least, std::int64_t most, Number& value) {
    Take<std::int64_t>(section, key, fmt::format("an integer from {} to {}", least, most), [&](std::int64_t number) {
      if (number < least || number > most) return false;
      value = static_cast<Number>(number);
      return true;
    });
  }
  void Rate(std::string_view section, std::string_view key, double& value) {
    Take<double>(section, key, "a number not below 0 (0 = no limit)", [&](double number) {
      if (!(number >= 0) || !std::isfinite(number)) return false;
      value = number;
      return true;
    });
  }
  void Duration(std::string_view section, std::string_view key, std::chrono::milliseconds& value) {
    Take<std::string>(section, key, "a duration such as \"250ms\", \"10s\", \"5m\", \"1h\"", [&](const std::string& text) {
      const auto parsed = ParseDuration(text);
      value = parsed.value_or(value);
      return parsed.has_value();
    });
  }
  void Size(std::string_view section, std::string_view key, std::uint64_t& value) {
    Take<std::string>(section, key, "a size such as \"64KiB\", \"1GiB\"", [&](const std::string& text) {
      const auto parsed = ParseSize(text);
      value = parsed.value_or(value);
      return parsed.has_value();
    });
  }
  void Choice(std::string_view section, std::string_view key, const std::vector<std::string>& allowed, std::string& value) {
    Take<std::string>(section, key, fmt::format("one of: {}", fmt::join(allowed, ", ")), [&](std::string text) {
      if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) return false;
      value = std::move(text);
      return true;
    });
  }
  void List(std::string_view section, std::string_view key, std::vector<std::string>& values) {
    known_[std::string(section)].insert(std::string(key));
    const auto* node = Find(section, key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    std::vector<std::string> read;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (const auto text = (*array)[i].value_exact<std::string>()) read.push_back(*text);
    }
    if (array == nullptr || read.size() != array->size()) return Wrong(*node, section, key, "not a list of strings");
    values = std::move(read);
  }
  // A key of a part that this version does not have: only its "off" values are taken.
  void NotBuiltIn(std::string_view section, std::string_view key, std::string_view why) {
    known_[std::string(section)].insert(std::string(key));
    const auto* node = Find(section, key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    const bool off = node->value_exact<std::string>() == "" || node->value_exact<bool>() == false ||
                     (array != nullptr && array->empty()) || node->value_exact<std::int64_t>() == 0;
    if (!off) Wrong(*node, section, key, why);
  }
  void Require(std::string_view section, std::string_view key, const std::string& value) {
    if (value.empty()) errors_.push_back(fmt::format("{}: {}.{}: required", file_, section, key));
  }
  void Wrong(std::string_view section, std::string_view key, std::string_view what) {
    const auto* node = Find(section, key);
    if (node != nullptr) return Wrong(*node, section, key, what);
    errors_.push_back(fmt::format("{}: {}.{}: {}", file_, section, key, what));
  }

  // Sections [`section`."x"], for overrides by issuer. `read` gives false for a key or value that it does not take.
  void SubSections(std::string_view section, std::string_view allowed,
                   const std::function<bool(const std::string& name, std::string_view key, const toml::node& value)>& read) {
    const auto* table = root_.get_as<toml::table>(section);
    if (table == nullptr) return;
    for (const auto& [name, node] : *table) {
      if (!node.is_table()) continue;
      known_[std::string(section)].insert(std::string(name.str()));
      for (const auto& [key, value] : *node.as_table()) {
        if (!read(std::string(name.str()), key.str(), value))
          Wrong(value, section, fmt::format("\"{}\".{}", name.str(), key.str()), allowed);
      }
    }
  }

  ConfigErrors Finish() {
    for (const auto& [section, node] : root_) {
      const std::string name(section.str());
      const auto known = known_.find(name);
      if (known == known_.end() || !node.is_table()) {
        std::vector<std::string> names;
        for (const auto& [other, keys] : known_) names.push_back(other);
        Unknown(section.source().begin, name, name, names);
        continue;
      }
      for (const auto& [key, value] : *node.as_table()) {
        if (known->second.contains(std::string(key.str()))) continue;
        Unknown(key.source().begin, fmt::format("{}.{}", name, key.str()), key.str(), {known->second.begin(), known->second.end()});
      }
    }
    CheckEnvironment();
    return std::move(errors_);
  }

 private:
  void CheckEnvironment() {
    std::vector<std::string> names;
    for (const auto& [section, keys] : known_) {
      for (const auto& key : keys) names.push_back(EnvironmentName(section, key));
    }
    for (const auto& [name, text] : environment_) {
      if (name.rfind("TRUSTLOGD_", 0) != 0 || std::find(names.begin(), names.end(), name) != names.end()) continue;
      errors_.push_back(fmt::format("environment: {}: unknown{}", name, Nearest(name, names)));
    }
  }
  template <typename Value, typename Set>
  void Take(std::string_view section, std::string_view key, std::string_view allowed, Set&& set) {
    known_[std::string(section)].insert(std::string(key));
    const auto* node = Find(section, key);
    if (node == nullptr) return;
    std::optional<Value> value;
    if constexpr (std::is_same_v<Value, double>) {
      if (node->is_number()) value = node->value<double>();
    } else {
      value = node->value_exact<Value>();
    }
    if constexpr (std::is_same_v<Value, std::string>) {
      // In the environment 2026-11-23 is text, whatever TOML makes of it.
      const auto override_text = environment_.find(EnvironmentName(section, key));
      if (!value.has_value() && override_text != environment_.end()) value = override_text->second;
    }
    if (!value.has_value() || !set(*std::move(value))) Wrong(*node, section, key, fmt::format("must be {}", allowed));
  }
  static std::string EnvironmentName(std::string_view section, std::string_view key) {
    std::string name = fmt::format("TRUSTLOGD_{}__{}", section, key);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
  }
  // The environment wins: its text is read as a TOML value, and as a string where it is none.
  const toml::node* Find(std::string_view section, std::string_view key) {
    const auto name = EnvironmentName(section, key);
    const auto override_text = environment_.find(name);
    if (override_text != environment_.end()) {
      auto& table = overrides_[name];
      try {
        table = toml::parse(fmt::format("v = {}", override_text->second), name);
      } catch (const toml::parse_error&) {
        table = toml::table{};
      }
      // "a = 1" behind a line feed would be a second key: text that is not exactly one value is a string.
      if (table.size() != 1) table = toml::table{{"v", override_text->second}};
      return table.get("v");
    }
    const auto* table = root_.get_as<toml::table>(section);
    return table == nullptr ? nullptr : table->get(key);
  }
  void Wrong(const toml::node& node, std::string_view section, std::string_view key, std::string_view what) {
    const auto at = node.source().begin;
    if (at.line == 0) {
      errors_.push_back(fmt::format("environment: {}.{}: {}", section, key, what));
    } else {
      errors_.push_back(fmt::format("{}:{}:{}: {}.{}: {}", file_, at.line, at.column, section, key, what));
    }
  }
  void Unknown(toml::source_position at, std::string_view path, std::string_view name, const std::vector<std::string>& names) {
    errors_.push_back(fmt::format("{}:{}:{}: {}: unknown{}", file_, at.line, at.column, path, Nearest(name, names)));
  }
  static std::string Nearest(std::string_view name, const std::vector<std::string>& names) {
    const auto nearest = std::min_element(names.begin(), names.end(),
                                          [&](const auto& a, const auto& b) { return Distance(a, name) < Distance(b, name); });
    const bool close = nearest != names.end() && Distance(*nearest, name) <= 3;
    return close ? fmt::format("; did you mean \"{}\"?", *nearest) : "";
  }

  const toml::table& root_;
  const std::string file_;
  const std::map<std::string, std::string>& environment_;
  std::map<std::string, std::set<std::string>> known_;
  std::map<std::string, toml::table> overrides_;
  ConfigErrors errors_;
};

constexpr int kMaxCallStatements = 1'000;  // protocols.md G5
constexpr std::string_view kNoTls = "TLS is not built into this version: let a reverse proxy end it, and set behind_proxy = true";

void ReadLog(Reader& reader, Config& config) {
  reader.Text("log", "origin", config.log.origin);
  reader.Text("log", "key", config.log.key);
  reader.Text("log", "mark", config.log.mark);
  reader.Text("log", "inception", config.log.inception);
  reader.Text("log", "policy_file", config.log.policy_file);
  reader.Text("log", "contact", config.log.contact);
  reader.Flag("log", "read_only", config.log.read_only);
  reader.Flag("log", "personal_data_lint", config.log.personal_data_lint);
  reader.NotBuiltIn("log", "mldsa_key", "ML-DSA-44 is not built in (needs OpenSSL 3.5)");
  reader.NotBuiltIn("log", "operator_keys", "index heads are not built into this version");
  reader.NotBuiltIn("log", "accept_clock_after", "accepting a stepped clock is not built into this version");
  reader.Require("log", "origin", config.log.origin);
  reader.Require("log", "key", config.log.key);
  reader.Require("log", "mark", config.log.mark);
  if (!config.log.origin.empty() && !tlog::IsValidOrigin(config.log.origin)) {
    reader.Wrong("log", "origin", "not an origin: at most 255 of the characters A-Z a-z 0-9 . _ ~ / : -");
  }
  reader.Count("batch", "max", 1, 65'536, config.batch.max);
  reader.Count("batch", "queue", 1, 10'000'000, config.batch.queue);
  reader.NotBuiltIn("batch", "wait",
                    "waiting for a fuller batch is not built into this version: a batch commits as soon as the last one is done");
}

void ReadPublish(Reader& reader, Config& config) {
  reader.Duration("publish", "interval", config.publish.interval);
  reader.Count("publish", "max_unpublished", 1, 1'000'000'000, config.publish.max_unpublished);
  std::string recheck = "hashes";
  reader.Choice("publish", "recheck", {"hashes", "full"}, recheck);
  config.publish.recheck_signatures = recheck == "full";
  reader.NotBuiltIn("publish", "without_quorum", "witnesses are not built into this version: `quorum none` is the only policy");
  std::chrono::milliseconds unused{};
  reader.Duration("publish", "linger", unused);  // waits for witnesses, of which there are none
  reader.NotBuiltIn("publish", "index_head_every", "index heads are not built into this version");
  if (config.publish.interval < std::chrono::milliseconds(10)) reader.Wrong("publish", "interval", "must be at least 10ms");
}

void ReadStorage(Reader& reader, Config& config) {
  reader.Text("storage", "url", config.storage.url);
  reader.Size("storage", "min_free", config.storage.min_free);
  reader.Size("storage", "tile_cache", config.storage.tile_cache);
  reader.NotBuiltIn("storage", "pool", "PostgreSQL is not built into this version");
  bool unused = true;
  reader.Flag("storage", "require_sync_standby", unused);  // PostgreSQL alone
  reader.Require("storage", "url", config.storage.url);
  if (!config.storage.url.empty() && config.storage.url.rfind("sqlite:", 0) != 0) {
    reader.Wrong("storage", "url", "must be \"sqlite:PATH\": PostgreSQL is not built into this version");
  }
  reader.Text("witness_client", "policy", config.witness_client.policy);
  reader.Require("witness_client", "policy", config.witness_client.policy);
  for (const auto* key : {"exclude", "outbound_proxy"})
    reader.NotBuiltIn("witness_client", key, "witnesses are not built into this version");
  std::chrono::milliseconds ignored{};
  reader.Duration("witness_client", "timeout", ignored);  // of witnesses, of which there are none
  reader.Duration("witness_client", "refresh", ignored);
  std::int64_t ignored_count = 0;
  reader.Count("witness_client", "qpd", 0, 1'000'000'000, ignored_count);
}

void CheckAddresses(Reader& reader, std::string_view section, std::string_view key, const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    if (!runtime::IsListenAddress(address)) {
      reader.Wrong(
          section, key,
          fmt::format("\"{}\" is not a numeric address with a port, such as \"127.0.0.1:7070\" or \"[::1]:7070\"", address));
    }
  }
}

bool IsLoopback(const std::string& address) { return address.rfind("127.", 0) == 0 || address.rfind("[::1]:", 0) == 0; }

void ReadFronts(Reader& reader, Config& config) {
  reader.List("rpc", "listen", config.rpc.listen);
  CheckAddresses(reader, "rpc", "listen", config.rpc.listen);
  reader.Flag("rpc", "behind_proxy", config.rpc.behind_proxy);
  reader.Flag("rpc", "reflection", config.rpc.reflection);
  reader.Count("rpc", "max_connections", 1, 1'000'000, config.rpc.max_connections);
  reader.Count("rpc", "max_connections_per_address", 0, 1'000'000, config.rpc.max_connections_per_address);
  for (const auto* key : {"tls_cert", "tls_key", "client_ca"}) reader.NotBuiltIn("rpc", key, kNoTls);
  reader.Text("rpc", "admin_socket", config.rpc.admin_socket);
  if (!config.rpc.admin_socket.empty() && !runtime::IsSocketPath(config.rpc.admin_socket)) {
    reader.Wrong("rpc", "admin_socket", "must be an absolute path of at most 107 bytes");
  }
  if (!config.rpc.behind_proxy && !std::all_of(config.rpc.listen.begin(), config.rpc.listen.end(), IsLoopback)) {
    reader.Wrong("rpc", "listen", "an address that is not loopback needs behind_proxy = true: an HTTP/2 front with TLS");
  }
  reader.List("http", "listen", config.http.listen);
  CheckAddresses(reader, "http", "listen", config.http.listen);
  reader.Text("http", "admin_listen", config.http.admin_listen);
  CheckAddresses(reader, "http", "admin_listen", {config.http.admin_listen});
  reader.Text("http", "public_url", config.http.public_url);
  reader.Count("http", "max_connections", 1, 1'000'000, config.http.max_connections);
  reader.Count("http", "max_connections_per_address", 0, 1'000'000, config.http.max_connections_per_address);
  reader.Duration("http", "drain_wait", config.http.drain_wait);
  std::string base_path = "/";
  reader.Choice("http", "base_path", {"/"}, base_path);
  for (const auto* key : {"tls_cert", "tls_key"}) reader.NotBuiltIn("http", key, kNoTls);
  reader.NotBuiltIn("http", "web_root", "the explorer is not built into this version");
  reader.NotBuiltIn("http", "trusted_proxies", "per-address limits behind a proxy are not built into this version");
}

void ReadQuota(Reader& reader, Config& config) {
  reader.Rate("quota", "statements_per_second", config.quota.issuer.statements_per_second);
  reader.Rate("quota", "burst", config.quota.issuer.burst);
  std::uint64_t bytes_per_day = static_cast<std::uint64_t>(config.quota.issuer.bytes_per_day);
  reader.Size("quota", "bytes_per_day", bytes_per_day);
  config.quota.issuer.bytes_per_day = static_cast<double>(bytes_per_day);
  reader.Rate("quota", "proofs_per_second_per_address", config.quota.proofs_per_second_per_address);
  reader.Rate("quota", "failed_signatures_per_second_per_address", config.quota.failed_signatures_per_second_per_address);
  reader.Rate("quota", "queue_share", config.queue_share);
  if (config.queue_share > 1) reader.Wrong("quota", "queue_share", "must be a number from 0 to 1");
  const double share = config.queue_share > 0 ? config.queue_share : 1;
  if (share * static_cast<double>(config.batch.queue) < kMaxCallStatements) {
    reader.Wrong("quota", "queue_share", fmt::format("leaves an issuer fewer than {} places of batch.queue: a call of that many statements "
                                                     "could never enter", kMaxCallStatements));
  }
  reader.SubSections("quota", "must be statements_per_second or burst (a number not below 0) or bytes_per_day (a size)",
                     [&config](const std::string& issuer, std::string_view key, const toml::node& value) {
                       auto& limits = config.quota.by_issuer.try_emplace(issuer, config.quota.issuer).first->second;
                       const auto number = value.is_number() ? value.value<double>() : std::nullopt;
                       const auto size = value.is_string() ? ParseSize(*value.value<std::string>()) : std::nullopt;
                       if (key == "bytes_per_day" && size.has_value()) {
                         limits.bytes_per_day = static_cast<double>(*size);
                         return true;
                       }
                       if (!number.has_value() || !(*number >= 0) || !std::isfinite(*number)) return false;
                       if (key != "statements_per_second" && key != "burst") return false;
                       (key == "burst" ? limits.burst : limits.statements_per_second) = *number;
                       return true;
                     });
  reader.Choice("telemetry", "log_level", {"trace", "debug", "info", "warn", "error"}, config.telemetry.level);
  reader.Choice("telemetry", "log_format", {"auto", "json", "logfmt", "human"}, config.telemetry.format);
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view file_name,
                                   const std::map<std::string, std::string>& environment) {
  toml::table root;
  try {
    root = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {  // toml++ has no other way to say it
    const auto at = error.source().begin;
    return absl::InvalidArgumentError(fmt::format("{}:{}:{}: {}", file_name, at.line, at.column, error.description()));
  }
  for (const auto* role : {"witness", "mirror"}) {
    if (const auto* node = root.get(role); node != nullptr) {
      const auto at = node->source().begin;
      return absl::InvalidArgumentError(
          fmt::format("{}:{}:{}: [{}]: the role {} is not built into this version", file_name, at.line, at.column, role, role));
    }
  }
  Config config;
  Reader reader(root, file_name, environment);
  ReadLog(reader, config);
  ReadPublish(reader, config);
  ReadStorage(reader, config);
  ReadFronts(reader, config);
  ReadQuota(reader, config);
  const auto errors = reader.Finish();
  if (!errors.empty()) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(errors, "\n")));
  return config;
}

absl::StatusOr<Config> ReadConfig(const std::string& path) {
  const auto text = keys::ReadSmallFile(path, kMaxConfigBytes);
  if (!text.ok()) return text.status();
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const auto equals = line.find('=');
    if (line.rfind("TRUSTLOGD_", 0) == 0 && equals != std::string_view::npos)
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return ParseConfig(*text, path, environment);
}

std::string FormatConfig(const Config& config) {
  const auto& c = config;
  const auto list = [](const std::vector<std::string>& values) {
    toml::array array;
    for (const auto& value : values) array.push_back(value);
    return array;
  };
  const auto ms = [](std::chrono::milliseconds value) { return fmt::format("{}ms", value.count()); };
  const auto size = [](double bytes) { return fmt::format("{:.0f}B", bytes); };
  toml::table quota{{"statements_per_second", c.quota.issuer.statements_per_second},
                    {"burst", c.quota.issuer.burst},
                    {"bytes_per_day", size(c.quota.issuer.bytes_per_day)},
                    {"queue_share", c.queue_share},
                    {"proofs_per_second_per_address", c.quota.proofs_per_second_per_address},
                    {"failed_signatures_per_second_per_address", c.quota.failed_signatures_per_second_per_address}};
  for (const auto& [issuer, limits] : c.quota.by_issuer) {
    quota.insert(issuer, toml::table{{"statements_per_second", limits.statements_per_second},
                                     {"burst", limits.burst},
                                     {"bytes_per_day", size(limits.bytes_per_day)}});
  }
  const toml::table root{
      {"log", toml::table{{"origin", c.log.origin},
                          {"key", c.log.key},
                          {"mark", c.log.mark},
                          {"inception", c.log.inception},
                          {"policy_file", c.log.policy_file},
                          {"contact", c.log.contact},
                          {"read_only", c.log.read_only},
                          {"personal_data_lint", c.log.personal_data_lint}}},
      {"batch", toml::table{{"max", static_cast<std::int64_t>(c.batch.max)}, {"queue", static_cast<std::int64_t>(c.batch.queue)}}},
      {"publish", toml::table{{"interval", ms(c.publish.interval)},
                              {"max_unpublished", static_cast<std::int64_t>(c.publish.max_unpublished)},
                              {"recheck", c.publish.recheck_signatures ? "full" : "hashes"}}},
      {"storage", toml::table{{"url", c.storage.url},
                              {"min_free", fmt::format("{}B", c.storage.min_free)},
                              {"tile_cache", fmt::format("{}B", c.storage.tile_cache)}}},
      {"witness_client", toml::table{{"policy", c.witness_client.policy}}},
      {"rpc", toml::table{{"listen", list(c.rpc.listen)},
                          {"admin_socket", c.rpc.admin_socket},
                          {"behind_proxy", c.rpc.behind_proxy},
                          {"reflection", c.rpc.reflection},
                          {"max_connections", static_cast<std::int64_t>(c.rpc.max_connections)},
                          {"max_connections_per_address", static_cast<std::int64_t>(c.rpc.max_connections_per_address)}}},
      {"http", toml::table{{"listen", list(c.http.listen)},
                           {"admin_listen", c.http.admin_listen},
                           {"public_url", c.http.public_url},
                           {"max_connections", static_cast<std::int64_t>(c.http.max_connections)},
                           {"max_connections_per_address", static_cast<std::int64_t>(c.http.max_connections_per_address)},
                           {"drain_wait", ms(c.http.drain_wait)}}},
      {"quota", quota},
      {"telemetry", toml::table{{"log_level", c.telemetry.level}, {"log_format", c.telemetry.format}}}};
  std::ostringstream out;
  out << root << "\n";
  return out.str();
}

}  // namespace trustlog::server
