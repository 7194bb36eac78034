#include "server/admission/registry_admitter.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "client/registry/signatures.h"
#include "proto/attest/derive.h"
#include "proto/bytes/reason.h"
#include "server/admission/validator.h"

namespace trustlog::admission {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::size_t kRecordsALock = 256;       // followed at a time
constexpr std::size_t kMaxCachedFacts = 65'536;  // more than kRecordsALock records and their at most 64 references each

struct IdHash {
  std::size_t operator()(const attest::Id& id) const {
    std::size_t value = 0;
    for (unsigned i = 0; i < sizeof value; ++i) value = value << 8 | id[i];  // a digest: its first bytes are as good as any
    return value;
  }
};

// A refusal takes no index; any other status means that the facts could not be read. (Storage too gives its DataLoss a reason.)
bool IsRefusal(const absl::Status& status) {
  return bytes::ReasonOf(status).has_value() && !absl::IsUnavailable(status) && !absl::IsDataLoss(status) &&
         !absl::IsInternal(status);
}

using FactMap = std::unordered_map<attest::Id, registry::Fact, IdHash>;

// A committed record for the registry. DataLoss: the statement is not the one that the entry names.
absl::StatusOr<registry::Replayed> Replay(std::uint64_t index, const storage::Record& record, const attest::LogContext& context) {
  registry::Replayed replayed;
  replayed.index = index;
  replayed.entry = attest::DecodeEntry(record.entry);
  if (record.companion.empty()) return replayed;
  if (replayed.entry.ok() && attest::StatementId(record.companion) != replayed.entry->statement_id) {
    return absl::DataLossError(fmt::format("the statement of entry {} does not hash to its id", index));
  }
  auto statement = attest::ParseStatement(record.companion, context);
  if (statement.ok()) {
    replayed.statement = *std::move(statement);
  } else {
    replayed.statement = registry::Malformed{statement.status()};
  }
  return replayed;
}

}  // namespace

// Earlier records: those of the open draft, then committed ones by the ids that the batch's snapshot knows. Entries never change,
// so what was read once stays.
class RegistryAdmitter::Facts final : public registry::FactSource {
 public:
  explicit Facts(const storage::LogReader& store) : store_(store) {}

  absl::StatusOr<std::optional<registry::Fact>> ById(const attest::Id& id) const override {
    if (const auto drafted = drafted_.find(id); drafted != drafted_.end()) return drafted->second;
    if (const auto cached = cache_.find(id); cached != cache_.end()) return cached->second;
    const auto index = Find(id);
    if (!index.ok()) return index.status();
    if (!index->has_value()) return std::optional<registry::Fact>();
    const std::uint64_t at = **index;
    const auto records = store_.ReadRecordsAt({&at, 1});
    if (!records.ok()) return records.status();
    auto entry = attest::DecodeEntry(records->front().entry);
    if (!entry.ok()) return absl::DataLossError(fmt::format("entry {} does not decode: {}", at, bytes::MessageOf(entry.status())));
    registry::Fact fact{at, std::make_shared<const attest::Entry>(*std::move(entry))};
    MakeRoom(1);
    cache_.emplace(id, fact);
    return std::optional(fact);
  }

  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t index) const override {
    const auto records = store_.ReadRecordsAt({&index, 1});
    if (!records.ok()) return records.status();
    const auto entry = attest::DecodeEntry(records->front().entry);
    return entry.ok() ? std::optional(entry->logged_at_ms) : std::nullopt;
  }

  // Reads at once what Apply will ask about these records: which index each id has, and the earlier records that they refer to. What
  // is not found here is asked for one by one, as without this call.   REQUIRES: at most kRecordsALock, in order.
  absl::Status Prepare(std::span<const registry::Replayed> records) {
    std::vector<attest::Id> ids;
    for (const auto& record : records) {
      if (!record.entry.ok()) continue;
      ids.push_back(record.entry->statement_id);
      for (const auto& ref : record.entry->refs) ids.push_back(ref.id);
    }
    MakeRoom(ids.size());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::erase_if(ids, [this](const attest::Id& id) { return cache_.contains(id); });
    if (ids.empty()) return absl::OkStatus();
    const auto found = store_.FindIds(ids);
    if (!found.ok()) return found.status();
    std::map<std::uint64_t, attest::Id> by_index;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if ((*found)[i].has_value()) by_index.emplace(*(*found)[i], ids[i]);
    }
    // These records themselves are facts where the store agrees that the id is theirs: one with another index is a duplicate (5).
    for (const auto& record : records) {
      const auto at = by_index.find(record.index);
      if (at == by_index.end() || !record.entry.ok() || at->second != record.entry->statement_id) continue;
      cache_.emplace(at->second, registry::Fact{record.index, std::make_shared<const attest::Entry>(*record.entry)});
    }
    by_index.erase(by_index.lower_bound(records.front().index), by_index.end());
    return ReadFacts(by_index);
  }

  // null: ids are looked up one by one, at the head that is being followed.
  void Begin(const log::KnownIds* known) { known_ = known; }
  void AddDrafted(const attest::Id& id, registry::Fact fact) { drafted_.emplace(id, std::move(fact)); }
  void Keep() {
    for (auto& [id, fact] : drafted_) {
      if (cache_.size() < kMaxCachedFacts) cache_.emplace(id, std::move(fact));
    }
    Drop();
  }
  void Drop() {
    drafted_.clear();
    known_ = nullptr;
  }

 private:
  absl::StatusOr<std::optional<std::uint64_t>> Find(const attest::Id& id) const {
    if (known_ != nullptr) {
      const auto it = known_->find(id);
      return it == known_->end() ? std::nullopt : std::optional(it->second);
    }
    const auto found = store_.FindIds({&id, 1});
    if (!found.ok()) return found.status();
    return found->front();
  }

  // Ascending and not too many at once: a bundle is read once, and the companions that come along do not pile up.
  absl::Status ReadFacts(const std::map<std::uint64_t, attest::Id>& by_index) {
    std::vector<std::uint64_t> indices;
    for (auto it = by_index.begin(); it != by_index.end();) {
      indices.clear();
      for (auto end = it; end != by_index.end() && indices.size() < kRecordsALock; ++end) indices.push_back(end->first);
      const auto records = store_.ReadRecordsAt(indices);
      if (!records.ok()) return records.status();
      for (const auto& record : *records) {
        const auto& [index, id] = *it++;
        auto entry = attest::DecodeEntry(record.entry);
        if (entry.ok()) cache_.emplace(id, registry::Fact{index, std::make_shared<const attest::Entry>(*std::move(entry))});
      }
    }
    return absl::OkStatus();
  }

  void MakeRoom(std::size_t more) const {
    if (cache_.size() + more > kMaxCachedFacts) cache_.clear();
  }

  const storage::LogReader& store_;
  const log::KnownIds* known_ = nullptr;
  FactMap drafted_;
  mutable FactMap cache_;
};

RegistryAdmitter::RegistryAdmitter(LiveRegistry& registry, const storage::LogReader& store, const runtime::Clock& clock,
                                   std::int64_t mark_ms, metrics::Metrics& metrics, SnapshotOptions snapshot)
    : registry_(registry),
      clock_rule_(clock, mark_ms),
      metrics_(metrics),
      snapshot_(std::move(snapshot)),
      facts_(std::make_unique<Facts>(store)),
      saved_at_(registry.own().size()) {}

RegistryAdmitter::~RegistryAdmitter() = default;

std::uint64_t RegistryAdmitter::size() const { return registry_.own().size(); }

absl::Status RegistryAdmitter::Follow(std::uint64_t begin, std::span<const storage::Record> committed) {
  facts_->Begin(nullptr);
  const auto end = begin + committed.size();
  while (size() < end) {
    if (auto status = FollowSome(committed.subspan(size() - begin)); !status.ok()) return status;
  }
  if (SnapshotIsDue()) SaveSnapshotOfFollowed();
  return absl::OkStatus();
}

// So that a start which ends in the middle of a long replay is not in vain. Where the root cannot be read the next records try again:
// the snapshot is a cache.
void RegistryAdmitter::SaveSnapshotOfFollowed() {
  if (!snapshot_.root_at) return;
  const auto root = snapshot_.root_at(size());
  if (root.ok()) SaveSnapshotAt({size(), *root});
}

// Signatures of committed records were verified when they were admitted; they are verified again before a signature where recheck.h
// says so.
absl::Status RegistryAdmitter::FollowSome(std::span<const storage::Record> committed) {
  const auto begin = size();
  // Without a context no other statement can be parsed: genesis alone gives it.
  const attest::LogContext context = registry_.own().context();
  const std::size_t count = std::min(committed.size(), context.type_base.empty() ? 1 : kRecordsALock);
  std::vector<registry::Replayed> some;
  absl::Status unreadable;  // why the record after `some` cannot be taken
  for (std::size_t i = 0; i < count && unreadable.ok(); ++i) {
    auto replayed = Replay(begin + i, committed[i], context);
    if (replayed.ok()) {
      some.push_back(*std::move(replayed));
    } else {
      unreadable = replayed.status();
    }
  }
  if (!some.empty()) {
    if (auto status = facts_->Prepare(some); !status.ok()) return status;
  }
  auto status = registry_.Change([&](registry::Registry& registry) -> absl::Status {
    for (const auto& record : some) {
      if (auto applied = registry.Apply(record, *facts_); !applied.ok()) return applied;
    }
    return absl::OkStatus();
  });
  return status.ok() ? unreadable : status;
}

absl::StatusOr<std::vector<log::Drafted>> RegistryAdmitter::DraftBatch(std::span<const log::Submission* const> batch,
                                                                       const log::KnownIds& known) {
  facts_->Begin(&known);
  draft_.emplace(registry_.own());
  keys_changed_ = false;
  const auto logged_at_ms = clock_rule_.EntryTime(registry_.own().last_logged_at_ms());  // one for the batch
  std::vector<log::Drafted> answers;
  answers.reserve(batch.size());
  std::unordered_map<attest::Id, std::size_t, IdHash> accepted;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& submission = static_cast<const CheckedStatement&>(*batch[i]);
    if (const auto first = accepted.find(submission.id()); first != accepted.end()) {
      answers.push_back(log::DuplicateOf{first->second});
      continue;
    }
    auto entry = logged_at_ms.ok() ? DraftOne(submission, *logged_at_ms) : logged_at_ms.status();
    if (entry.ok()) {
      accepted.emplace(submission.id(), i);
      answers.push_back(*std::move(entry));
      continue;
    }
    if (logged_at_ms.ok() && !IsRefusal(entry.status())) {
      Drop();
      return entry.status();
    }
    metrics_.CountRefusal(bytes::Describe(*bytes::ReasonOf(entry.status())).word);
    answers.push_back(entry.status());
  }
  return answers;
}

absl::StatusOr<std::string> RegistryAdmitter::DraftOne(const CheckedStatement& submission, std::uint64_t logged_at_ms) {
  attest::Entry entry = submission.entry;
  const bool keys_are_others = keys_changed_ || submission.candidates_at != registry_.own().key_set_version();
  if (submission.candidates_at.has_value() && keys_are_others && !draft_->frozen()) {
    auto verified = registry::VerifySignatures(submission.envelope, submission.statement, registry::KeysKnownTo(*draft_));  // 17, decided again
    if (!verified.ok()) return verified.status();
    entry.signatures = std::move(verified->signatures);
  }
  entry.logged_at_ms = logged_at_ms;
  const registry::Record record{draft_->size(), &entry, &submission.statement};
  if (auto status = draft_->Add(record, *facts_); !status.ok()) return status;
  auto encoded = attest::EncodeEntry(entry);
  if (!encoded.ok())
    return absl::InternalError(fmt::format("an admitted entry does not encode: {}", bytes::MessageOf(encoded.status())));
  keys_changed_ = keys_changed_ || attest::GroupOf(entry.kind) == attest::KindGroup::kAuthority;
  facts_->AddDrafted(submission.id(), {record.index, std::make_shared<const attest::Entry>(std::move(entry))});
  return encoded;
}

void RegistryAdmitter::Keep(const merkle::TreeHead& head) {
  facts_->Keep();
  if (draft_.has_value()) {
    registry_.Change([&](registry::Registry& registry) {
      registry.Absorb(*std::move(draft_));
      return 0;
    });
    draft_.reset();
  }
  if (SnapshotIsDue()) SaveSnapshotAt(head);
}

bool RegistryAdmitter::SnapshotIsDue() const { return !snapshot_.path.empty() && size() >= saved_at_ + snapshot_.every; }

void RegistryAdmitter::SaveSnapshotAt(const merkle::TreeHead& head) {
  SaveSnapshot(snapshot_.path, head, registry_.own());
  saved_at_ = head.size;
}

void RegistryAdmitter::Drop() {
  facts_->Drop();
  draft_.reset();
}

std::vector<log::Withholding> RegistryAdmitter::Withholdable(std::uint64_t begin, std::uint64_t end) {
  std::vector<log::Withholding> found;
  for (const auto& [target, notice] : registry_.own().Notices()) {
    if (notice >= begin && notice < end) found.push_back({target, notice});
  }
  return found;
}

}  // namespace trustlog::admission
