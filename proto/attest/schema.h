// Check 12 of records.md 6.4: JSON objects are read member by member against the tables of 5.1-5.4. Inside proto/attest only.
//
//   out.party = in.Required("party", in.Urn());
//   out.group = in.Optional("group", CodeForm{}).value_or("");
//
// A member that breaks its form is noted with its path, the first one counts, and reading goes on with a default value: readers
// need no error handling, and SchemaCheck::Result says in the end whether what they made may be used. Single-threaded; borrows the
// JSON.
#pragma once

#include <algorithm>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "merkle/hash.h"
#include "proto/attest/forms.h"
#include "proto/attest/strict_json.h"
#include "proto/keys/key.h"

namespace trustlog::attest {

// One statement under checks 12 and 13: what its forms depend on, and the first fault of each check.
class SchemaCheck final {
 public:
  SchemaCheck(std::string_view predicate_type, std::string_view urn_prefix)
      : predicate_type_(predicate_type), urn_prefix_(urn_prefix) {}

  std::string_view predicate_type() const { return predicate_type_; }
  std::string_view urn_prefix() const { return urn_prefix_; }
  const std::string& issuer() const { return issuer_; }
  std::optional<UrnRole> issuer_role() const { return RoleOfUrn(issuer_, urn_prefix_); }
  void set_issuer(std::string issuer) { issuer_ = std::move(issuer); }

  void Violate(std::string_view path, std::string_view rule);
  void Mismatch(const absl::Status& status) { mismatch_.Update(status); }

  bool ok() const { return violation_.ok(); }                                       // of check 12 so far
  absl::Status Result() const { return violation_.ok() ? mismatch_ : violation_; }  // check 13 only after the whole schema

 private:
  const std::string_view predicate_type_, urn_prefix_;
  std::string issuer_;
  absl::Status violation_, mismatch_;
};

// The value types of 5.1. Read: nullopt where the value is not of the form. kDistinct: a list of it has no equal elements.
struct StrForm {
  using Type = std::string;
  static constexpr bool kDistinct = false;
  std::size_t max = 0;
  std::optional<std::string> Read(const boost::json::value& value) const;
  std::string Rule() const;
};
struct TextForm {  // decides nothing: checked, not kept
  using Type = bool;
  std::optional<bool> Read(const boost::json::value& value) const;
  std::string Rule() const;
};
// A string that `is` accepts: code, origin, language tag ...
struct WordForm {
  using Type = std::string;
  static constexpr bool kDistinct = true;
  bool (*is)(std::string_view) = nullptr;
  std::string_view rule;
  std::optional<std::string> Read(const boost::json::value& value) const;
  std::string Rule() const { return std::string(rule); }
};
struct CodeForm final : WordForm {
  CodeForm() : WordForm{IsCode, "a code"} {}
};
struct OneOfForm {
  using Type = std::string;
  static constexpr bool kDistinct = true;
  std::initializer_list<std::string_view> words;  // lives as long as the full expression it is written in
  std::optional<std::string> Read(const boost::json::value& value) const;
  std::string Rule() const;
};
struct UrnForm {
  using Type = std::string;
  static constexpr bool kDistinct = true;
  std::string_view prefix;
  std::optional<std::string> Read(const boost::json::value& value) const;
  std::string Rule() const { return "a URN of this log"; }
};
struct TimeForm {
  using Type = std::int64_t;
  std::optional<std::int64_t> Read(const boost::json::value& value) const;
  std::string Rule() const { return "a time YYYY-MM-DDTHH:MM:SSZ"; }
};
struct HashForm {  // id, digest, key id
  using Type = merkle::Hash;
  static constexpr bool kDistinct = true;
  std::optional<merkle::Hash> Read(const boost::json::value& value) const;
  std::string Rule() const { return "64 lower-case hex digits"; }
};
struct BoolForm {
  using Type = bool;
  std::optional<bool> Read(const boost::json::value& value) const;
  std::string Rule() const { return "true or false"; }
};
std::string IntRule(std::int64_t min, std::int64_t max);
template <typename T = std::int64_t>
struct IntForm {
  using Type = T;
  static constexpr bool kDistinct = true;
  std::int64_t min = 0, max = kMaxJsonInteger;
  std::optional<T> Read(const boost::json::value& value) const {
    const auto* const number = value.if_int64();
    if (number == nullptr || *number < min || *number > max) return std::nullopt;
    return static_cast<T>(*number);
  }
  std::string Rule() const { return IntRule(min, max); }
};
inline constexpr IntForm<std::uint8_t> kPrincipleForm = {1, 63};

struct Count {
  std::size_t min = 0, max = 0;
};
enum class Need { kRequired, kOptional };

// The members of one object. Names that are not asked for are ignored; a known member that is null has no form.
class Members final {
 public:
  Members(const boost::json::object& object, std::string path, SchemaCheck& check)
      : object_(&object), path_(std::move(path)), check_(&check) {}

  SchemaCheck& check() const { return *check_; }
  UrnForm Urn() const { return {check_->urn_prefix()}; }
  void Violate(std::string_view name, std::string_view rule) const { check_->Violate(PathOf(name), rule); }

  template <typename Form>
  typename Form::Type Required(std::string_view name, const Form& form) const {
    const auto* const value = Find(name, Need::kRequired);
    return value == nullptr ? typename Form::Type{}
                            : ReadAs(*value, form, [&] { return PathOf(name); }).value_or(typename Form::Type{});
  }
  template <typename Form>
  std::optional<typename Form::Type> Optional(std::string_view name, const Form& form) const {
    const auto* const value = Find(name, Need::kOptional);
    return value == nullptr ? std::nullopt : ReadAs(*value, form, [&] { return PathOf(name); });
  }
  template <typename Form>
  std::vector<typename Form::Type> List(std::string_view name, const Form& form, Count count, Need need = Need::kRequired) const {
    std::vector<typename Form::Type> list;
    const auto* const array = FindArray(name, count, need);
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      auto element = ReadAs((*array)[i], form, [&] { return PathOf(name, i); });
      if (!element) return list;
      if (Form::kDistinct && std::find(list.begin(), list.end(), *element) != list.end()) {
        check_->Violate(PathOf(name, i), "different from the elements before it");
      }
      list.push_back(*std::move(element));
    }
    return list;
  }
  std::optional<Members> Object(std::string_view name, Need need = Need::kRequired) const;
  std::vector<Members> Objects(std::string_view name, Count count, Need need = Need::kRequired) const;

 private:
  template <typename Form, typename Path>
  std::optional<typename Form::Type> ReadAs(const boost::json::value& value, const Form& form, Path path) const {
    auto read = form.Read(value);
    if (!read) check_->Violate(path(), form.Rule());
    return read;
  }
  std::string PathOf(std::string_view name) const;
  std::string PathOf(std::string_view name, std::size_t element) const;
  const boost::json::value* Find(std::string_view name, Need need) const;
  const boost::json::array* FindArray(std::string_view name, Count count, Need need) const;

  const boost::json::object* object_;
  std::string path_;
  SchemaCheck* check_;
};

}  // namespace trustlog::attest
