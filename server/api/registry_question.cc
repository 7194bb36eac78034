#include "server/api/registry_question.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/attest/entry.h"
#include "proto/attest/forms.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kMaxPage = 1'000;

absl::Status OtherQuery() {
  return Refuse(Reason::kPageTokenInvalid, "the page token belongs to another query", {{"field", "page_token"}});
}

}  // namespace

absl::Status RegistryQuestion::PinSize(std::uint64_t size) {
  const auto head = prover_.HeadAt(size);
  if (!head.ok()) return head.status();
  head_ = *head;
  page_.size = head_.size;
  source_.emplace(parts_.index, prover_.shared_snapshot(), head_.size);
  return absl::OkStatus();
}

absl::Status RegistryQuestion::PinTime(std::int64_t unix_ms) {
  // The first entry after that time; times never fall in a log that follows the rules.
  std::uint64_t begin = 0, end = prover_.snapshot().head.size;
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    const auto record = reader().ReadRecordsAt({&middle, 1});
    if (!record.ok()) return record.status();
    const auto entry = attest::DecodeEntry(record->front().entry);
    if (!entry.ok()) return Refuse(Reason::kCorruption, fmt::format("entry {} does not decode", middle));
    if (unix_ms < 0 || entry->logged_at_ms > static_cast<std::uint64_t>(unix_ms)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  if (begin == 0) return Refuse(Reason::kArgumentInvalid, "the log began later", {{"field", "at_time_ms"}});
  return PinSize(begin);
}

absl::Status RegistryQuestion::PinDate(std::string_view text, std::string_view field) {
  if (text.empty()) {
    page_.date = std::clamp<std::int64_t>(parts_.clock.WallNow().count() / 1'000, attest::kMinTime, attest::kMaxTime);
    return absl::OkStatus();
  }
  const auto date = attest::ParseTime(text);
  if (!date.has_value()) return Refuse(Reason::kArgumentInvalid, "a date is YYYY-MM-DDTHH:MM:SSZ", {{"field", std::string(field)}});
  page_.date = *date;
  return absl::OkStatus();
}

absl::Status RegistryQuestion::BeginPage(const PageRequest& request, std::string_view date, std::string_view date_field) {
  wanted_ = std::min(request.page_size == 0 ? kDefaultPage : request.page_size, kMaxPage);
  if (!date_field.empty()) {
    if (auto status = PinDate(date, date_field); !status.ok()) return status;
  }
  if (request.page_token.empty()) {
    page_.query = request.query;
    return PinSize(request.at_size);
  }
  const auto page = ParseRegistryPage(request.page_token);
  if (!page.has_value() || page->query != request.query) return OtherQuery();
  if (page->size > prover_.snapshot().head.size || (request.at_size != 0 && page->size != request.at_size)) return OtherQuery();
  // A date that the request leaves out is that of the first page.
  if (date_field.empty() ? page->date != 0 : page->date == 0 || (!date.empty() && page->date != page_.date)) return OtherQuery();
  page_ = *page;
  return PinSize(page->size);
}

std::string RegistryQuestion::date_text() const { return attest::FormatTime(page_.date); }

}  // namespace trustlog::api
