#include "client/registry/draft.h"

#include <map>
#include <utility>

#include "client/registry/rules.h"
#include "client/registry/state.h"

namespace trustlog::registry {

struct Draft::Batch {
  State state;                                      // over the registry's
  std::map<attest::Id, Fact> accepted;              // by statement id: the source knows committed records only
  std::map<std::uint64_t, std::uint64_t> logged_at_ms;  // of the accepted, by index
};

namespace {

// Accepted records of the batch first, then the source.
class BatchFacts final : public FactSource {
 public:
  BatchFacts(const std::map<attest::Id, Fact>& accepted, const std::map<std::uint64_t, std::uint64_t>& logged_at_ms,
             const FactSource& committed)
      : accepted_(accepted), logged_at_ms_(logged_at_ms), committed_(committed) {}
  absl::StatusOr<std::optional<Fact>> ById(const attest::Id& id) const override {
    const auto found = accepted_.find(id);
    if (found != accepted_.end()) return found->second;
    return committed_.ById(id);
  }
  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t index) const override {
    const auto found = logged_at_ms_.find(index);
    if (found != logged_at_ms_.end()) return found->second;
    return committed_.LoggedAtMs(index);
  }

 private:
  const std::map<attest::Id, Fact>& accepted_;
  const std::map<std::uint64_t, std::uint64_t>& logged_at_ms_;
  const FactSource& committed_;
};

}  // namespace

Draft::Draft(const Registry& base) : batch_(std::make_unique<Batch>()) { batch_->state = State::Over(*base.state_); }
Draft::Draft(Draft&&) noexcept = default;
Draft& Draft::operator=(Draft&&) noexcept = default;
Draft::~Draft() = default;

std::uint64_t Draft::size() const { return batch_->state.log.size; }
std::optional<KeyInfo> Draft::FindKey(const keys::KeyId& id) const { return batch_->state.FindKey(id); }
std::vector<KeyInfo> Draft::KeysOf(std::string_view urn, std::size_t limit) const { return batch_->state.KeysOf(urn, limit); }
const attest::LogContext& Draft::context() const { return batch_->state.log.context; }
bool Draft::frozen() const { return batch_->state.log.frozen; }
std::uint64_t Draft::last_logged_at_ms() const { return batch_->state.log.last_logged_at_ms; }

absl::Status Draft::Add(const Record& record, const FactSource& facts) {
  const BatchFacts known(batch_->accepted, batch_->logged_at_ms, facts);
  if (auto status = CheckRecord(batch_->state, record, known); !status.ok()) return status;
  Accept(batch_->state, record);
  batch_->accepted.emplace(record.entry->statement_id, Fact{record.index, std::make_shared<const attest::Entry>(*record.entry)});
  batch_->logged_at_ms.emplace(record.index, record.entry->logged_at_ms);
  return absl::OkStatus();
}

void Registry::Absorb(Draft&& draft) { state_->Absorb(std::move(draft.batch_->state)); }

}  // namespace trustlog::registry
