// One question about the register on the read pool: the snapshot it is answered from, the size and date it is pinned to, and the
// page of a list. Internal to this folder. Single-threaded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/bytes/reason.h"
#include "server/admission/live_registry.h"
#include "server/api/messages.h"
#include "server/api/prover.h"
#include "server/api/registry_page.h"
#include "server/query/record_source.h"
#include "server/runtime/clock.h"

namespace trustlog::api {

struct QuestionParts {  // all borrowed
  const admission::LiveRegistry& registry;
  const query::RecordIndex& index;
  const runtime::Clock& clock;
  std::size_t max_answer_bytes = 0;
  std::chrono::milliseconds query_time{0};
};

// What a list's request says beside its filter.
struct PageRequest {
  QueryHash query{};
  std::uint64_t at_size = 0;
  std::uint32_t page_size = 0;
  std::string_view page_token;
};

class RegistryQuestion final {
 public:
  RegistryQuestion(const QuestionParts& parts, std::shared_ptr<const log::Published> snapshot)
      : parts_(parts), prover_(std::move(snapshot)), give_up_at_(parts.clock.Now() + parts.query_time) {}

  // Pins the question. SIZE_NOT_PUBLISHED. 0: the newest.
  [[nodiscard]] absl::Status PinSize(std::uint64_t size);
  // To the entries that were logged by then; O(log size) reads. ARGUMENT_INVALID: none was.
  [[nodiscard]] absl::Status PinTime(std::int64_t unix_ms);
  // `text`: a time, or "" for now. ARGUMENT_INVALID{field}.
  [[nodiscard]] absl::Status PinDate(std::string_view text, std::string_view field);
  // Pins the size, and the date if `date_field` is not "". A token that this query did not give: PAGE_TOKEN_INVALID.
  [[nodiscard]] absl::Status BeginPage(const PageRequest& request, std::string_view date, std::string_view date_field);

  // REQUIRES, all that follow: pinned.
  const merkle::TreeHead& head() const { return head_; }
  query::RecordSource& source() { return *source_; }
  const admission::LiveRegistry& registry() const { return parts_.registry; }
  std::int64_t date() const { return page_.date; }
  std::string date_text() const;
  registry::AsOf as_of() const { return {head_.size, page_.date}; }
  v1::AsOf MakeAsOf() const { return api::MakeAsOf(head_, prover_.snapshot()); }
  const storage::LogReader& reader() const { return *prover_.snapshot().reader; }
  Prover& prover() { return prover_; }

  // Under the registry's lock, as query::Ask.
  template <typename Answer>
  absl::StatusOr<Answer> Ask(const std::function<absl::StatusOr<Answer>(const registry::Registry&)>& read) {
    return query::Ask<Answer>(parts_.registry, *source_, read);
  }

  // The page: where it goes on, and whether it is full (rows, bytes or time).
  RegistryPage& place() { return page_; }
  bool IsFull() const { return rows_ >= wanted_ || bytes_ >= parts_.max_answer_bytes || parts_.clock.Now() >= give_up_at_; }
  std::size_t rows_left() const { return wanted_ - rows_; }
  template <typename Row, typename Rows>
  void Tell(Row row, Rows* rows) {
    ++rows_;
    bytes_ += row.ByteSizeLong() + kRowOverhead;
    *rows->Add() = std::move(row);
  }
  std::string NextToken() const { return FormatRegistryPage(page_); }

  // Rows of the records under `key` from place().index on, void ones left out. `make`, under the registry's lock, gives the row or
  // nothing. True: the list is at its end.
  template <typename Row>
  absl::StatusOr<bool> Walk(
      const std::string& key,
      const std::function<absl::StatusOr<std::optional<Row>>(const registry::Registry&, const registry::Fact&)>& make,
      google::protobuf::RepeatedPtrField<Row>* rows);

 private:
  static constexpr std::size_t kRowOverhead = 8;
  static constexpr std::size_t kWalkAtOnce = 64;

  const QuestionParts& parts_;
  Prover prover_;
  const runtime::Deadline give_up_at_;
  merkle::TreeHead head_;
  std::optional<query::RecordSource> source_;
  RegistryPage page_;
  std::size_t wanted_ = 1, rows_ = 0, bytes_ = 0;
};

template <typename Row>
absl::StatusOr<bool> RegistryQuestion::Walk(
    const std::string& key,
    const std::function<absl::StatusOr<std::optional<Row>>(const registry::Registry&, const registry::Fact&)>& make,
    google::protobuf::RepeatedPtrField<Row>* rows) {
  bool first = true;  // however little time there is, a page goes on
  while (page_.index < head_.size) {
    const auto found = source_->Under(key, page_.index, kWalkAtOnce);
    if (!found.ok()) return found.status();
    for (const registry::Fact& fact : found->facts) {
      if (!std::exchange(first, false) && IsFull()) return false;
      const auto row_of = [&](const registry::Registry& registry) -> absl::StatusOr<std::optional<Row>> {
        if (registry.IsVoid(fact.index)) return std::nullopt;
        return make(registry, fact);
      };
      auto row = Ask<std::optional<Row>>(row_of);
      if (bytes::ReasonOf(row.status()) == bytes::Reason::kTooLarge) {
        source_->Forget();  // perhaps too much of the rows before
        row = Ask<std::optional<Row>>(row_of);
      }
      if (!row.ok()) return row.status();
      if (row->has_value()) Tell(**std::move(row), rows);
      page_.index = fact.index + 1;
    }
    page_.index = found->next;
    source_->Forget();
    if (page_.index < head_.size && IsFull()) return false;
  }
  return true;
}

}  // namespace trustlog::api
