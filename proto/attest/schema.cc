#include "proto/attest/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

std::optional<std::string_view> AsString(const json::value& value) {
  const auto* const text = value.if_string();
  return text == nullptr ? std::nullopt : std::optional(std::string_view(text->data(), text->size()));
}

std::optional<std::string> Owned(std::optional<std::string_view> text) {
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

}  // namespace

void SchemaCheck::Violate(std::string_view path, std::string_view rule) {
  if (!violation_.ok()) return;
  violation_ =
      bytes::Refuse(bytes::Reason::kSchemaViolation, fmt::format("{} must be {}", path, rule), {{"path", std::string(path)}});
}

std::optional<std::string> StrForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (!text || text->empty() || text->size() > max || std::any_of(text->begin(), text->end(), is_control)) return std::nullopt;
  return Owned(text);
}
std::string StrForm::Rule() const { return fmt::format("a string of 1 to {} bytes without control characters", max); }

std::optional<bool> TextForm::Read(const json::value& value) const {
  const auto* const object = value.if_object();
  if (object == nullptr || object->empty() || object->size() > 8) return std::nullopt;
  for (const auto& member : *object) {
    const auto tag = member.key();
    if (!IsLanguageTag({tag.data(), tag.size()}) || !StrForm{2'000}.Read(member.value())) return std::nullopt;
  }
  return true;
}
std::string TextForm::Rule() const { return "an object of 1 to 8 language tags, each with a string of 1 to 2000 bytes"; }

std::optional<std::string> WordForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  return text && is(*text) ? Owned(text) : std::nullopt;
}

std::optional<std::string> OneOfForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  return text && std::find(words.begin(), words.end(), *text) != words.end() ? Owned(text) : std::nullopt;
}
std::string OneOfForm::Rule() const { return fmt::format("one of: {}", fmt::join(words, ", ")); }

std::optional<std::string> UrnForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  return text && RoleOfUrn(*text, prefix) ? Owned(text) : std::nullopt;
}

std::optional<std::int64_t> TimeForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  return text ? ParseTime(*text) : std::nullopt;
}

std::optional<merkle::Hash> HashForm::Read(const json::value& value) const {
  const auto text = AsString(value);
  return text ? bytes::DecodeHash(*text) : std::nullopt;
}

std::optional<bool> BoolForm::Read(const json::value& value) const {
  const auto* const flag = value.if_bool();
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::string IntRule(std::int64_t min, std::int64_t max) { return fmt::format("an integer from {} to {}", min, max); }

std::optional<Members> Members::Object(std::string_view name, Need need) const {
  const auto* const value = Find(name, need);
  if (value == nullptr) return std::nullopt;
  if (const auto* const object = value->if_object()) return Members(*object, PathOf(name), *check_);
  Violate(name, "an object");
  return std::nullopt;
}

std::vector<Members> Members::Objects(std::string_view name, Count count, Need need) const {
  std::vector<Members> objects;
  const auto* const array = FindArray(name, count, need);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* const object = (*array)[i].if_object()) {
      objects.emplace_back(*object, PathOf(name, i), *check_);
    } else {
      check_->Violate(PathOf(name, i), "an object");
    }
  }
  return objects;
}

std::string Members::PathOf(std::string_view name) const { return fmt::format("{}.{}", path_, name); }
std::string Members::PathOf(std::string_view name, std::size_t element) const {
  return fmt::format("{}.{}[{}]", path_, name, element);
}

const json::value* Members::Find(std::string_view name, Need need) const {
  const auto* const value = object_->if_contains({name.data(), name.size()});
  if (value == nullptr && need == Need::kRequired) Violate(name, "present");
  return value;
}

const json::array* Members::FindArray(std::string_view name, Count count, Need need) const {
  const auto* const value = Find(name, need);
  if (value == nullptr) return nullptr;
  const auto* const array = value->if_array();
  if (array != nullptr && array->size() >= count.min && array->size() <= count.max) return array;
  Violate(name, fmt::format("an array of {} to {} elements", count.min, count.max));
  return nullptr;
}

}  // namespace trustlog::attest
