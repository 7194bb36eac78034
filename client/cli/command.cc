#include "client/cli/command.h"

#include <charconv>
#include <limits>

#include "fmt/format.h"

namespace trustlog::cli {

std::string_view Option::key() const {
  if (is_positional()) return name;
  return name.substr(name.rfind("--") + 2);
}

std::string Arguments::Get(std::string_view key, std::string_view otherwise) const {
  return Find(key).value_or(std::string(otherwise));
}

std::optional<std::string> Arguments::Find(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::All(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> Arguments::AllBut(std::string_view key) const {
  std::vector<std::string> others;
  for (const auto& option : values_) {
    if (option.first != key) others.insert(others.end(), option.second.begin(), option.second.end());
  }
  return others;
}

absl::StatusOr<std::uint64_t> Arguments::Number(std::string_view key, std::uint64_t otherwise) const {
  const auto text = Find(key);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return UsageError(fmt::format("{}: \"{}\" is not a whole number from 0", key, *text));
  }
  return number;
}

absl::StatusOr<std::optional<std::int64_t>> Arguments::Seconds(std::string_view key) const {
  const auto text = Find(key);
  if (!text) return std::optional<std::int64_t>();
  const auto milliseconds = ParseMilliseconds(*text);
  if (!milliseconds || *milliseconds < 1000)
    return UsageError(fmt::format("{}: \"{}\" is not a duration such as 90s, 5m, 2h or 30d", key, *text));
  return std::optional(*milliseconds / 1000);
}

std::optional<std::int64_t> ParseMilliseconds(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return std::nullopt;
    return number * unit.milliseconds;
  }
  return std::nullopt;
}

}  // namespace trustlog::cli
