#include "proto/attest/strict_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace trustlog::attest {
namespace {

namespace json = boost::json;
using bytes::Reason;

constexpr std::size_t kFirstBlock = 2'048;  // bytes: most statements fit

// The member names of the open objects, one after the other in one string.
class MemberNames final {
 public:
  void Open() { objects_.push_back(ends_.size()); }
  void AddPart(std::string_view part) { text_.append(part); }
  void AddLastPart(std::string_view part) {
    text_.append(part);
    ends_.push_back(text_.size());
  }
  // Forgets the innermost object. True: two of its names are equal. O(n log n).
  bool CloseAndCompare() {
    const std::size_t first = objects_.back();
    objects_.pop_back();
    const std::size_t begin = first == 0 ? 0 : ends_[first - 1];
    const bool equal = ends_.size() - first <= kFew ? FewHaveEqual(first) : ManyHaveEqual(first);
    ends_.resize(first);
    text_.resize(begin);
    return equal;
  }

 private:
  static constexpr std::size_t kFew = 12;  // so many are compared each with each

  std::string_view Name(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  bool FewHaveEqual(std::size_t first) const {
    for (std::size_t i = first; i < ends_.size(); ++i) {
      for (std::size_t j = first; j < i; ++j) {
        if (Name(i) == Name(j)) return true;
      }
    }
    return false;
  }
  bool ManyHaveEqual(std::size_t first) const {
    std::vector<std::string_view> names;
    for (std::size_t i = first; i < ends_.size(); ++i) names.push_back(Name(i));
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  std::string text_;
  std::vector<std::size_t> ends_;     // of each name in text_
  std::vector<std::size_t> objects_;  // of each open object: how many names were before it
};

// Receives the tokens of one text and builds its value. The names of the callbacks are Boost.JSON's.
class Handler final {
 public:
  // Boost's own limits are compile-time constants, ours depend on the text.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  explicit Handler(const JsonLimits& limits) : limits_(limits), stack_({}, scratch_.data(), scratch_.size()) {
    // One value of many parts, made once and freed as a whole: the parts lie in a few blocks that the value owns.
    stack_.reset(json::make_shared_resource<json::monotonic_resource>(kFirstBlock));
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t count, json::error_code& error) {
    if (count > limits_.max_elements) return Refuse("an array with too many elements", error);
    stack_.push_array(count);
    return true;
  }

  bool on_object_begin(json::error_code&) {
    names_.Open();
    return true;
  }
  bool on_object_end(std::size_t count, json::error_code& error) {
    if (count > limits_.max_members) return Refuse("an object with too many members", error);
    // Not refused here: a later fault of another kind goes first (2.3).
    if (names_.CloseAndCompare()) has_equal_names_ = true;
    stack_.push_object(count);
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t size, json::error_code& error) {
    names_.AddPart({part.data(), part.size()});
    stack_.push_chars(part);
    return CheckString(part, size, error);
  }
  bool on_key(json::string_view part, std::size_t size, json::error_code& error) {
    if (!CheckString(part, size, error)) return false;
    names_.AddLastPart({part.data(), part.size()});
    stack_.push_key(part);
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t size, json::error_code& error) {
    stack_.push_chars(part);
    return CheckString(part, size, error);
  }
  bool on_string(json::string_view part, std::size_t size, json::error_code& error) {
    if (!CheckString(part, size, error)) return false;
    stack_.push_string(part);
    return true;
  }

  bool on_number_part(json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view part, json::error_code& error) {
    number_.append(part.data(), part.size());
    if (number_ == "-0" || number_.find_first_of(".eE") != std::string::npos || value > kMaxJsonInteger ||
        value < -kMaxJsonInteger) {
      return Refuse(kNoInteger, error);
    }
    number_.clear();
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return Refuse(kNoInteger, error); }
  bool on_double(double, json::string_view, json::error_code& error) { return Refuse(kNoInteger, error); }

  bool on_bool(bool value, json::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code& error) { return Refuse("a comment", error); }
  bool on_comment(json::string_view, json::error_code& error) { return Refuse("a comment", error); }

  bool has_equal_names() const { return has_equal_names_; }
  std::string_view problem() const { return problem_; }
  json::value Take() { return stack_.release(); }

 private:
  static constexpr std::string_view kNoInteger = "a number that is not an integer of magnitude at most 2^53-1";

  bool Refuse(std::string_view problem, json::error_code& error) {
    problem_ = problem;
    error = json::error::syntax;
    return false;
  }
  // `size`: all parts so far.
  bool CheckString(json::string_view part, std::size_t size, json::error_code& error) {
    if (size > limits_.max_string) return Refuse("a string that is too long", error);
    if (part.find('\0') != json::string_view::npos) return Refuse("U+0000", error);
    return true;
  }

  const JsonLimits limits_;
  std::array<unsigned char, 4'096> scratch_;  // of stack_, which goes to the heap when it needs more
  json::value_stack stack_;
  MemberNames names_;
  std::string number_;  // parts so far
  std::string_view problem_;
  bool has_equal_names_ = false;
};

}  // namespace

absl::StatusOr<json::value> ParseStrictJson(std::string_view text, const JsonLimits& limits, Reason malformed) {
  if (text.size() > limits.max_bytes) {
    return bytes::Refuse(Reason::kTooLarge, fmt::format("JSON of {} bytes, at most {} are allowed", text.size(), limits.max_bytes),
                         {{"limit", fmt::to_string(limits.max_bytes)}, {"actual", fmt::to_string(text.size())}});
  }
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::basic_parser<Handler> parser(options, limits);
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) {
    const std::string_view problem = parser.handler().problem();
    return bytes::Refuse(malformed,
                         fmt::format("not strict JSON, near byte {}: {}", read, problem.empty() ? error.message() : problem));
  }
  if (parser.handler().has_equal_names()) {
    return bytes::Refuse(Reason::kDuplicateMember, "an object has two members of one name");
  }
  return parser.handler().Take();
}

}  // namespace trustlog::attest
