#include "client/registry/status_bundle.h"

#include <boost/json.hpp>

#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"

namespace trustlog::registry {
namespace {

namespace json = boost::json;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

json::array NamedToJson(const std::vector<Named>& list) {
  json::array array;
  for (const auto& [index, part] : list) array.push_back(json::object{{"index", index}, {"role", View(PartName(part))}});
  return array;
}

}  // namespace

bool operator==(const StatusBundle& a, const StatusBundle& b) {
  return a.origin == b.origin && a.question.member == b.question.member && a.question.principle == b.question.principle &&
         a.question.as_of.size == b.question.as_of.size && a.question.as_of.date == b.question.as_of.date && a.answer == b.answer &&
         a.records == b.records && a.completeness == b.completeness && a.checkpoint == b.checkpoint;
}

std::string FormatStatusBundle(const StatusBundle& bundle) {
  const bool is_prefix = bundle.completeness == Completeness::kPrefix;
  json::object object;
  object["schema"] = View(kStatusBundleSchema);
  object["origin"] = bundle.origin;
  object["question"] = json::object{{"member", bundle.question.member},
                                    {"principle", bundle.question.principle},
                                    {"date", attest::FormatTime(bundle.question.as_of.date)},
                                    {"size", bundle.question.as_of.size}};
  object["rules"] = View(kVerdictRules);
  object["verdict"] = View(VerdictName(bundle.answer.verdict));
  object["deciding"] = NamedToJson(bundle.answer.deciding);
  object["notes"] = NamedToJson(bundle.answer.notes);
  json::array records;
  for (const auto& record : bundle.records) {
    json::object element{{"index", record.index}, {"entry", bytes::EncodeBase64(record.entry)}};
    if (record.statement) element["statement"] = bytes::EncodeBase64(*record.statement);
    if (!is_prefix) element["proof"] = record.proof;
    records.push_back(std::move(element));
  }
  object["records"] = std::move(records);
  object["completeness"] = json::object{{"mode", is_prefix ? "prefix" : "none"}};
  if (is_prefix) object["checkpoint"] = bundle.checkpoint;
  return json::serialize(object) + "\n";
}

}  // namespace trustlog::registry
