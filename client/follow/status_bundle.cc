#include "client/follow/status_bundle.h"

#include <algorithm>
#include <boost/json.hpp>

#include "client/follow/json_members.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"

namespace trustlog::follow {
namespace {

namespace json = boost::json;
using registry::Completeness;
using registry::kMaxStatusBundleBytes;
using registry::kStatusBundleSchema;
using registry::Named;
using registry::StatusBundle;
using registry::StatusRecord;

constexpr std::size_t kMaxNamed = 4'096;
constexpr std::size_t kMaxOrigin = 255, kMaxUrn = 200;
constexpr std::uint64_t kMaxPrinciple = 63;

absl::Status Malformed(std::string_view what) { return CheckFailure(CheckCode::kFileMalformed, what); }

// {"index":int,"role":str}, strictly ascending.
absl::StatusOr<std::vector<Named>> ParseNamed(Members& members, std::string_view name) {
  std::vector<Named> list;
  const json::array* array = members.Array(name);
  if (array == nullptr) return list;
  if (array->size() > kMaxNamed) return Malformed(fmt::format("{}: more than {} records", name, kMaxNamed));
  for (const auto& value : *array) {
    if (!value.is_object()) return Malformed(fmt::format("{}: must hold objects", name));
    Members element(value.get_object());
    Named named;
    named.index = element.Integer("index");
    const auto part = registry::ParsePart(element.String("role"));
    element.Expect(part.has_value(), "role: not one of the words of records.md 7.3");
    if (auto status = element.Finish(); !status.ok()) return status;
    named.part = *part;
    if (!list.empty() && named <= list.back()) return Malformed(fmt::format("{}: not ascending", name));
    list.push_back(named);
  }
  return list;
}

absl::StatusOr<registry::Question> ParseQuestion(const json::object& object) {
  Members members(object);
  registry::Question question;
  question.member = members.String("member");
  members.Expect(!question.member.empty() && question.member.size() <= kMaxUrn, "question.member: not a URN");
  const auto principle = members.Integer("principle");
  members.Expect(principle >= 1 && principle <= kMaxPrinciple, "question.principle: not within 1..63");
  question.principle = static_cast<std::uint8_t>(principle);
  const auto date = attest::ParseTime(members.String("date"));
  members.Expect(date.has_value(), "question.date: not a time");
  question.as_of = {members.Integer("size"), date.value_or(0)};
  members.Expect(question.as_of.size >= 1, "question.size: must be at least 1");
  if (auto status = members.Finish(); !status.ok()) return status;
  return question;
}

absl::StatusOr<StatusRecord> ParseRecord(const json::value& value, Completeness completeness) {
  if (!value.is_object()) return Malformed("records: must hold objects");
  Members members(value.get_object());
  StatusRecord record;
  record.index = members.Integer("index");
  record.entry = members.Base64("entry");
  members.Expect(!record.entry.empty() && record.entry.size() <= attest::kMaxEntryBytes, "entry: not within 1..8,192 bytes");
  if (members.Has("statement")) {
    record.statement = members.Base64("statement");
    members.Expect(!record.statement->empty() && record.statement->size() <= attest::kMaxPayloadBytes,
                   "statement: not within 1..32,768 bytes");
  }
  if (completeness == Completeness::kNone) record.proof = members.String("proof");
  if (auto status = members.Finish(); !status.ok()) return status;
  return record;
}

absl::StatusOr<std::vector<StatusRecord>> ParseRecords(Members& members, Completeness completeness, std::uint64_t size) {
  std::vector<StatusRecord> records;
  const json::array* array = members.Array("records");
  if (array == nullptr) return records;
  if (array->empty()) return Malformed("records: there are none");
  for (const auto& value : *array) {
    auto record = ParseRecord(value, completeness);
    if (!record.ok()) return record.status();
    if (!records.empty() && record->index <= records.back().index) return Malformed("records: not ascending by index");
    if (record->index >= size) return Malformed(fmt::format("records: {} is not below the size of the question", record->index));
    records.push_back(*std::move(record));
  }
  if (completeness == Completeness::kPrefix && records.size() != size) {
    return Malformed(fmt::format("records: {}, a prefix of size {} has them all", records.size(), size));
  }
  return records;
}

absl::StatusOr<Completeness> ParseCompleteness(Members& members) {
  const json::object* object = members.Object("completeness");
  if (object == nullptr) return Completeness::kNone;
  Members mode(*object);
  const auto word = mode.String("mode");
  if (word == "index") return Malformed("completeness: mode index is not built in");
  mode.Expect(word == "none" || word == "prefix", "completeness.mode: must be none or prefix");
  if (auto status = mode.Finish(); !status.ok()) return status;
  return word == "prefix" ? Completeness::kPrefix : Completeness::kNone;
}

}  // namespace

absl::StatusOr<StatusBundle> ParseStatusBundle(std::string_view text) {
  const attest::JsonLimits limits{.max_bytes = kMaxStatusBundleBytes,
                                  .max_depth = 4,
                                  .max_members = 16,
                                  .max_elements = kMaxStatusBundleBytes,
                                  .max_string = kMaxStatusBundleBytes};
  const auto value = ParseJsonFile(text, limits);
  if (!value.ok()) return value.status();
  Members members(value->get_object());
  members.Expect(members.String("schema") == kStatusBundleSchema, fmt::format("schema: must be {}", kStatusBundleSchema));
  StatusBundle bundle;
  bundle.origin = members.String("origin");
  members.Expect(!bundle.origin.empty() && bundle.origin.size() <= kMaxOrigin, "origin: not within 1..255 bytes");
  members.Expect(members.String("rules") == registry::kVerdictRules, fmt::format("rules: must be {}", registry::kVerdictRules));
  const auto verdict = registry::ParseVerdict(members.String("verdict"));
  members.Expect(verdict.has_value(), "verdict: not one of the words of records.md 7.3");
  if (const json::object* object = members.Object("question"); object != nullptr) {
    auto question = ParseQuestion(*object);
    if (!question.ok()) return question.status();
    bundle.question = *std::move(question);
  }
  auto deciding = ParseNamed(members, "deciding");
  if (!deciding.ok()) return deciding.status();
  auto notes = ParseNamed(members, "notes");
  if (!notes.ok()) return notes.status();
  const auto completeness = ParseCompleteness(members);
  if (!completeness.ok()) return completeness.status();
  bundle.completeness = *completeness;
  if (bundle.completeness == Completeness::kPrefix) bundle.checkpoint = members.String("checkpoint");
  auto records = ParseRecords(members, bundle.completeness, bundle.question.as_of.size);
  if (!records.ok()) return records.status();
  if (auto status = members.Finish(); !status.ok()) return status;
  bundle.answer = {*verdict, *std::move(deciding), *std::move(notes)};
  bundle.records = *std::move(records);
  return bundle;
}

}  // namespace trustlog::follow
