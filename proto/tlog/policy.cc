#include "proto/tlog/policy.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;
using Items = std::vector<std::string_view>;

constexpr std::size_t kMaxOfEachKind = 256;
constexpr std::uint32_t kMaxThreshold = 255;
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kNone = "none";
constexpr std::array<std::string_view, 7> kKeywords = {"log", "witness", "group", "any", "all", kNone, "quorum"};

absl::Status Bad(std::string_view what) { return bytes::Refuse(Reason::kArgumentInvalid, what, {{"field", "policy"}}); }

absl::Status AtLine(std::size_t number, const absl::Status& status) {
  return bytes::Refuse(bytes::ReasonOf(status).value_or(Reason::kArgumentInvalid),
                       fmt::format("line {}: {}", number, std::string(status.message())), {{"field", "policy"}});
}

// Octets 09, 20-7E, 80-FF; the line feed has gone.
bool IsAllowed(char c) {
  const auto octet = static_cast<std::uint8_t>(c);
  return octet == '\t' || (octet >= 0x20 && octet <= 0x7e) || octet >= 0x80;
}

Items Split(std::string_view line) {
  Items items;
  for (auto begin = line.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const auto end = line.find_first_of(kBlanks, begin);
    items.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kBlanks, end);
  }
  return items;
}

// [item] or "": the optional URL at the end of a line.
std::string ItemOrEmpty(const Items& items, std::size_t i) { return i < items.size() ? std::string(items[i]) : std::string(); }

std::string ThresholdWord(const Policy::Group& group) {
  if (group.threshold == group.members.size()) return "all";
  return group.threshold == 1 ? "any" : fmt::format("{}", group.threshold);
}

void AppendLine(const Items& items, std::string& text) {
  for (const auto item : items) {
    if (!text.empty() && text.back() != '\n' && !item.empty()) text += ' ';
    text += item;
  }
  text += '\n';
}

}  // namespace

class Policy::Parser {
 public:
  absl::StatusOr<Policy> Parse(std::string_view text);

 private:
  absl::Status ParseLine(std::string_view line);
  absl::Status AddLog(const Items& items);
  absl::Status AddWitness(const Items& items);
  absl::Status AddGroup(const Items& items);
  absl::Status SetQuorum(const Items& items);
  absl::Status CheckNewName(std::string_view name) const;

  Policy policy_;
  std::map<std::string, bool, std::less<>> is_member_;  // every name defined so far: is it in a group already
};

absl::StatusOr<Policy> Policy::Parser::Parse(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    // The last line may lack its line feed: files written by hand often do.
    const auto line = TakeLine(text).value_or(text);
    if (line.data() == text.data()) text = {};
    if (auto status = ParseLine(line); !status.ok()) return AtLine(number, status);
  }
  if (policy_.logs_.empty()) return Bad("no log line");
  if (policy_.quorum_.empty()) return Bad("no quorum line");
  return std::move(policy_);
}

absl::Status Policy::Parser::ParseLine(std::string_view line) {
  const auto bad = std::find_if_not(line.begin(), line.end(), IsAllowed);
  if (bad != line.end()) return Bad(fmt::format("octet 0x{:02x} is not allowed in a policy", static_cast<std::uint8_t>(*bad)));
  const Items items = Split(line);
  if (items.empty() || items[0].starts_with('#')) return absl::OkStatus();
  // To some readers the rest is a comment, to others it is a name or URL.
  const auto comment = std::find_if(items.begin(), items.end(), [](std::string_view item) { return item.starts_with('#'); });
  if (comment != items.end()) return Bad(fmt::format("{}: a comment must be a line of its own", Quote(*comment)));
  if (items[0] == "log") return AddLog(items);
  if (items[0] == "witness") return AddWitness(items);
  if (items[0] == "group") return AddGroup(items);
  if (items[0] == "quorum") return SetQuorum(items);
  return Bad(fmt::format("{} is not one of log, witness, group, quorum", Quote(items[0])));
}

absl::Status Policy::Parser::CheckNewName(std::string_view name) const {
  if (std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end()) {
    return Bad(fmt::format("{} is a keyword, not a name", Quote(name)));
  }
  if (is_member_.contains(name)) return Bad(fmt::format("{} is defined twice", Quote(name)));
  return absl::OkStatus();
}

absl::Status Policy::Parser::AddLog(const Items& items) {
  if (items.size() < 2 || items.size() > 3) return Bad("not \"log vkey [url]\"");
  if (policy_.logs_.size() == kMaxOfEachKind) return Bad(fmt::format("more than {} logs", kMaxOfEachKind));
  auto vkey = VerifierKey::Parse(items[1]);
  if (!vkey.ok()) return vkey.status();
  if (vkey->type() != kTypeEd25519) {
    return Bad(fmt::format("a log key of type 0x{:02x}: logs sign with type 0x01 (is this a witness?)", vkey->type()));
  }
  for (const auto& log : policy_.logs_) {
    if (log.vkey.key() == vkey->key()) return Bad(fmt::format("the public key of log {} again", Quote(log.vkey.name())));
  }
  policy_.logs_.push_back({*std::move(vkey), ItemOrEmpty(items, 2)});
  return absl::OkStatus();
}

absl::Status Policy::Parser::AddWitness(const Items& items) {
  if (items.size() < 3 || items.size() > 4) return Bad("not \"witness name vkey [url]\"");
  if (policy_.witnesses_.size() == kMaxOfEachKind) return Bad(fmt::format("more than {} witnesses", kMaxOfEachKind));
  if (auto status = CheckNewName(items[1]); !status.ok()) return status;
  auto vkey = VerifierKey::Parse(items[2]);
  if (!vkey.ok()) return vkey.status();
  if (vkey->type() != kTypeCosignatureV1) {
    const auto cosigner = VerifierKey::Make(vkey->name(), kTypeCosignatureV1, vkey->key());
    if (!cosigner.ok()) return cosigner.status();
    return Bad(fmt::format("a witness key of type 0x{:02x}: witnesses sign with type 0x04. If this key is the witness's, write {}",
                           vkey->type(), Quote(cosigner->ToString())));
  }
  for (const auto& witness : policy_.witnesses_) {
    if (witness.vkey.key() == vkey->key()) return Bad(fmt::format("the public key of witness {} again", Quote(witness.name)));
  }
  is_member_.emplace(items[1], false);
  policy_.witnesses_.push_back({std::string(items[1]), *std::move(vkey), ItemOrEmpty(items, 3)});
  return absl::OkStatus();
}

absl::Status Policy::Parser::AddGroup(const Items& items) {
  if (items.size() < 4) return Bad("not \"group name all|any|k names\"");
  if (policy_.groups_.size() == kMaxOfEachKind) return Bad(fmt::format("more than {} groups", kMaxOfEachKind));
  if (auto status = CheckNewName(items[1]); !status.ok()) return status;
  Group group{std::string(items[1]), 0, {items.begin() + 3, items.end()}};
  std::optional<std::uint64_t> threshold = ParseDecimal(items[2], group.members.size());
  if (items[2] == "all") threshold = group.members.size();
  if (items[2] == "any") threshold = 1;
  if (!threshold || *threshold == 0) {
    return Bad(fmt::format("{} is not all, any or a number from 1 to {}", Quote(items[2]), group.members.size()));
  }
  if (*threshold > kMaxThreshold) return Bad(fmt::format("a threshold of {}: at most {}", *threshold, kMaxThreshold));
  group.threshold = static_cast<std::uint32_t>(*threshold);
  for (const auto& member : group.members) {
    const auto name = is_member_.find(member);
    if (name == is_member_.end()) return Bad(fmt::format("{} is not defined above this line", Quote(member)));
    if (std::exchange(name->second, true)) return Bad(fmt::format("{} is in a group already", Quote(member)));
  }
  is_member_.emplace(group.name, false);
  policy_.groups_.push_back(std::move(group));
  return absl::OkStatus();
}

absl::Status Policy::Parser::SetQuorum(const Items& items) {
  if (items.size() != 2) return Bad("not \"quorum name\" or \"quorum none\"");
  if (!policy_.quorum_.empty()) return Bad("a second quorum line");
  if (items[1] != kNone && !is_member_.contains(items[1]))
    return Bad(fmt::format("{} is not defined above this line", Quote(items[1])));
  policy_.quorum_ = items[1];
  return absl::OkStatus();
}

absl::StatusOr<Policy> Policy::Parse(std::string_view text) { return Parser().Parse(text); }

bool Policy::IsQuorum(const std::set<std::string>& names) const {
  if (quorum_ == kNone) return true;
  std::set<std::string> reached;
  for (const auto& witness : witnesses_) {
    if (names.contains(witness.name)) reached.insert(witness.name);
  }
  // In the order of the file each group stands below its members, so one pass settles all.
  for (const auto& group : groups_) {
    const auto count =
        std::count_if(group.members.begin(), group.members.end(), [&](const auto& name) { return reached.contains(name); });
    if (count >= static_cast<std::ptrdiff_t>(group.threshold)) reached.insert(group.name);
  }
  return reached.contains(quorum_);
}

std::vector<VerifierKey> Policy::Keys() const {
  std::vector<VerifierKey> keys;
  keys.reserve(logs_.size() + witnesses_.size());
  for (const auto& log : logs_) keys.push_back(log.vkey);
  for (const auto& witness : witnesses_) keys.push_back(witness.vkey);
  return keys;
}

std::string Policy::Format() const {
  std::string text;
  for (const auto& log : logs_) AppendLine({"log", log.vkey.ToString(), log.url}, text);
  for (const auto& witness : witnesses_) AppendLine({"witness", witness.name, witness.vkey.ToString(), witness.url}, text);
  for (const auto& group : groups_) {
    const std::string threshold = ThresholdWord(group);
    Items items = {"group", group.name, threshold};
    items.insert(items.end(), group.members.begin(), group.members.end());
    AppendLine(items, text);
  }
  AppendLine({"quorum", quorum_}, text);
  return text;
}

}  // namespace trustlog::tlog
