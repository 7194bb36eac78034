#include "proto/attest/disclosure_json.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <limits>

#include "proto/attest/schema.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;
using bytes::Reason;

constexpr std::string_view kDisclosure = "trustlog-disclosure/1", kSuppliers = "trustlog-suppliers/1",
                           kPrivate = "trustlog-disclosure-private/1";
constexpr std::size_t kMaxIdBytes = 255;  // lp8
constexpr IntForm<std::uint32_t> kLeafCount = {0, std::numeric_limits<std::uint32_t>::max()};

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string> FromBase64(const json::value& value) {
  const auto* const text = value.if_string();
  return text == nullptr ? std::nullopt : bytes::DecodeBase64({text->data(), text->size()});
}

struct LeafForm {
  using Type = DisclosureLeaf;
  static constexpr bool kDistinct = false;
  std::optional<DisclosureLeaf> Read(const json::value& value) const {
    const auto data = FromBase64(value);
    auto leaf = data ? DecodeDisclosureLeaf(*data) : absl::StatusOr<DisclosureLeaf>(absl::InvalidArgumentError(""));
    return leaf.ok() ? std::optional(*std::move(leaf)) : std::nullopt;
  }
  std::string Rule() const { return "a leaf of records.md 5.5 in canonical base64"; }
};

struct PathHashForm {
  using Type = merkle::Hash;
  static constexpr bool kDistinct = false;
  std::optional<merkle::Hash> Read(const json::value& value) const {
    const auto data = FromBase64(value);
    merkle::Hash hash{};
    if (!data || data->size() != hash.size()) return std::nullopt;
    std::copy(data->begin(), data->end(), hash.begin());
    return hash;
  }
  std::string Rule() const { return "the canonical base64 of 32 bytes"; }
};

absl::StatusOr<json::value> ReadObject(std::string_view text, const JsonLimits& limits) {
  auto value = ParseStrictJson(text, limits, Reason::kArgumentInvalid);
  if (value.ok() && !value->is_object()) return bytes::Refuse(Reason::kArgumentInvalid, "the file is not a JSON object");
  return value;
}

void RefuseOthers(const json::object& object, const Members& members, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) members.Violate(name, "absent: it is not known");
  }
}

// Of a file, not of a statement: the words stay, the reason is another.
absl::Status ResultOf(const SchemaCheck& check) {
  const auto status = check.Result();
  return status.ok() ? status : bytes::Refuse(Reason::kArgumentInvalid, bytes::MessageOf(status));
}

std::string LeafToBase64(const DisclosureLeaf& leaf) { return bytes::EncodeBase64(EncodeDisclosureLeaf(leaf)); }

}  // namespace

absl::StatusOr<Disclosure> ParseDisclosure(std::string_view text) {
  const auto value = ReadObject(text, {.max_bytes = kMaxDisclosureBytes, .max_depth = 2, .max_members = 16, .max_elements = 64});
  if (!value.ok()) return value.status();
  SchemaCheck check("", "");
  const Members in(value->get_object(), "disclosure", check);
  in.Required("schema", OneOfForm{{kDisclosure}});
  Disclosure out;
  out.statement_id = in.Required("statementId", HashForm{});
  out.index = in.Required("index", kLeafCount);
  out.count = in.Required("count", kLeafCount);
  if (out.index >= out.count) in.Violate("index", "less than count");
  out.leaf = in.Required("leaf", LeafForm{});
  out.path = in.List("path", PathHashForm{}, {0, 32});
  RefuseOthers(value->get_object(), in, {"schema", "statementId", "index", "count", "leaf", "path"});
  if (auto status = ResultOf(check); !status.ok()) return status;
  return out;
}

std::string FormatDisclosure(const Disclosure& disclosure) {
  json::array path;
  for (const auto& hash : disclosure.path) path.emplace_back(bytes::EncodeBase64(hash));
  return json::serialize(json::object{{"schema", View(kDisclosure)},
                                      {"statementId", bytes::EncodeHex(disclosure.statement_id)},
                                      {"index", disclosure.index},
                                      {"count", disclosure.count},
                                      {"leaf", LeafToBase64(disclosure.leaf)},
                                      {"path", std::move(path)}}) +
         "\n";
}

absl::StatusOr<std::vector<DisclosureLeaf>> ParseSupplierList(std::string_view text) {
  const auto value = ReadObject(text, {.max_bytes = kMaxLeafListBytes, .max_depth = 3, .max_elements = kMaxListedLeaves});
  if (!value.ok()) return value.status();
  SchemaCheck check("", "");
  const Members in(value->get_object(), "list", check);
  in.Required("schema", OneOfForm{{kSuppliers}});
  RefuseOthers(value->get_object(), in, {"schema", "leaves"});
  std::vector<DisclosureLeaf> leaves;
  const auto* const array = value->get_object().if_contains("leaves");
  std::size_t position = 0;
  for (const auto& element : in.Objects("leaves", {0, kMaxListedLeaves})) {
    DisclosureLeaf leaf;
    leaf.supplier = element.Required("supplier", StrForm{kMaxIdBytes});
    leaf.clause = element.Required("clause", StrForm{kMaxIdBytes});
    leaf.clause_sha256 = element.Required("clauseSha256", HashForm{});
    leaf.from = element.Optional("from", TimeForm{}).value_or(0);
    leaf.until = element.Optional("until", TimeForm{}).value_or(0);
    if (leaf.until != 0 && leaf.until <= leaf.from) element.Violate("until", "later than from");
    leaf.acknowledgement = element.Optional("acknowledgementSha256", HashForm{}).value_or(merkle::Hash{});
    if (check.ok()) {  // then every element before is an object, as this one
      RefuseOthers(array->get_array()[position++].get_object(), element,
                   {"supplier", "clause", "clauseSha256", "from", "until", "acknowledgementSha256"});
    }
    leaves.push_back(std::move(leaf));
  }
  if (auto status = ResultOf(check); !status.ok()) return status;
  return leaves;
}

absl::StatusOr<DisclosureTree> ParsePrivateLeaves(std::string_view text) {
  const auto value =
      ReadObject(text, {.max_bytes = kMaxLeafListBytes, .max_depth = 2, .max_members = 16, .max_elements = kMaxListedLeaves});
  if (!value.ok()) return value.status();
  SchemaCheck check("", "");
  const Members in(value->get_object(), "leaves", check);
  in.Required("schema", OneOfForm{{kPrivate}});
  const auto root = in.Required("root", HashForm{});
  const auto count = in.Required("count", kLeafCount);
  const auto acknowledged = in.Required("acknowledged", kLeafCount);
  auto leaves = in.List("leaves", LeafForm{}, {0, kMaxListedLeaves});
  RefuseOthers(value->get_object(), in, {"schema", "root", "count", "acknowledged", "leaves"});
  if (auto status = ResultOf(check); !status.ok()) return status;
  auto tree = DisclosureTree::Build(std::move(leaves));
  if (!tree.ok()) return tree.status();
  if (tree->head().root != root || tree->head().size != count || tree->acknowledged() != acknowledged) {
    return bytes::Refuse(
        Reason::kArgumentInvalid,
        fmt::format("its {} leaves, {} of them acknowledged, give root {}: the file says {}, {} and {}", tree->head().size,
                    tree->acknowledged(), bytes::EncodeHex(tree->head().root), count, acknowledged, bytes::EncodeHex(root)));
  }
  return tree;
}

std::string FormatPrivateLeaves(const DisclosureTree& tree) {
  json::array leaves;
  for (const auto& leaf : tree.leaves()) leaves.emplace_back(LeafToBase64(leaf));
  return json::serialize(json::object{{"schema", View(kPrivate)},
                                      {"root", bytes::EncodeHex(tree.head().root)},
                                      {"count", tree.head().size},
                                      {"acknowledged", tree.acknowledged()},
                                      {"leaves", std::move(leaves)}}) +
         "\n";
}

}  // namespace trustlog::attest
