#include "server/api/admin_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "proto/attest/entry.h"
#include "proto/attest/kind.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;
using std::chrono::milliseconds;

constexpr std::size_t kMaxWaiting = 64;  // calls
constexpr milliseconds kDay{24 * 3'600'000};

absl::StatusOr<attest::Entry> EntryAt(const storage::LogReader& reader, std::uint64_t index) {
  const auto records = reader.ReadRecordsAt({&index, 1});
  if (!records.ok()) return records.status();
  auto entry = attest::DecodeEntry(records->front().entry);
  if (!entry.ok()) return Refuse(Reason::kCorruption, fmt::format("entry {} does not decode", index));
  return entry;
}

absl::Status NotAbout(std::uint64_t notice_index, std::uint64_t index, std::string_view why) {
  return Refuse(Reason::kRefNotFound,
                fmt::format("no erasure notice in force about entry {}: entry {} {}", index, notice_index, why),
                {{"index", fmt::format("{}", notice_index)}});
}

}  // namespace

AdminApi::AdminApi(log::Log& log, const admission::LiveRegistry& registry, const runtime::Clock& clock, AdminFacts facts)
    : log_(log),
      registry_(registry),
      clock_(clock),
      facts_(std::move(facts)),
      started_(clock.Now()),
      reads_("admin", 1, kMaxWaiting) {}

AdminApi::~AdminApi() { Stop(); }

void AdminApi::Stop() { reads_.Stop(); }

void AdminApi::Run(Done done, std::function<void(Done)> work) {
  const auto shared = std::make_shared<Done>(std::move(done));
  if (reads_.TryRun([shared, work = std::move(work)] { work(std::move(*shared)); })) return;
  (*shared)(Refuse(Reason::kPushback, "too many calls are waiting", {{"retry_ms", "200"}}));
}

void AdminApi::GetStats(const v1::GetStatsRequest*, v1::GetStatsResponse* response, const Call&, Done done) {
  Run(std::move(done), [this, response](const Done& answer) { answer(WriteStats(*response)); });
}

absl::Status AdminApi::WriteStats(v1::GetStatsResponse& response) const {
  const auto state = log_.state();
  response.set_origin(log_.identity().origin);
  response.set_version(facts_.version);
  response.set_integrated_size(state.integrated);
  response.set_published_size(state.published);
  response.set_mark_size(state.mark);
  response.set_writes(state.writes);
  response.set_queued(state.queued);
  response.set_unpublished_ms(state.unpublished_for.count());
  response.set_published_at_ms(state.published_at_ms);
  response.set_uptime_ms(std::chrono::duration_cast<milliseconds>(clock_.Now() - started_).count());
  response.set_withheld(state.withholding.withheld);
  response.set_withholding_due(state.withholding.due);
  const auto entries = EntriesSince((clock_.WallNow() - kDay).count());
  if (!entries.ok()) return entries.status();
  response.set_entries_last_day(*entries);
  if (!facts_.storage) return absl::OkStatus();
  for (auto& [part, bytes] : facts_.storage()) {
    auto* row = response.add_storage();
    row->set_part(std::move(part));
    row->set_bytes(bytes);
  }
  return absl::OkStatus();
}

// Published entries logged at or after that time, which never falls along the log: log2(size) reads.
absl::StatusOr<std::uint64_t> AdminApi::EntriesSince(std::int64_t logged_at_ms) const {
  const auto snapshot = log_.published();
  if (snapshot == nullptr) return 0;
  std::uint64_t begin = 0, end = snapshot->head.size;
  while (begin < end) {
    const auto middle = begin + (end - begin) / 2;
    const auto entry = EntryAt(*snapshot->reader, middle);
    if (!entry.ok()) return entry.status();
    if (static_cast<std::int64_t>(entry->logged_at_ms) < logged_at_ms) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return snapshot->head.size - begin;
}

void AdminApi::WithholdStatement(const v1::WithholdStatementRequest* request, v1::WithholdStatementResponse* response, const Call&,
                                 Done done) {
  Run(std::move(done), [this, request, response](Done answer) {
    if (auto status = CheckNotice(request->index(), request->notice_index()); !status.ok()) return answer(std::move(status));
    log_.Withhold(request->index(), [response, answer = std::move(answer)](const absl::StatusOr<bool>& repeated) {
      if (repeated.ok()) response->set_repeated(*repeated);
      answer(repeated.status());
    });
  });
}

// The registry has the first notice about each claim; a second one that the rules took is as good.
absl::Status AdminApi::CheckNotice(std::uint64_t index, std::uint64_t notice_index) const {
  const auto snapshot = log_.published();
  const auto published = snapshot == nullptr ? 0 : snapshot->head.size;
  if (index >= published) {
    return Refuse(Reason::kIndexOutOfRange, fmt::format("index {} is not below size {}", index, published),
                  {{"published", fmt::format("{}", published)}});
  }
  if (notice_index >= published) return NotAbout(notice_index, index, fmt::format("is not published (size {})", published));
  struct Known {
    std::uint64_t size;
    bool is_void, has_notice;
  };
  const auto known = registry_.With([&](const registry::Registry& registry) {
    return Known{registry.size(), registry.IsVoid(notice_index), registry.NoticeAbout(index).has_value()};
  });
  if (known.size < published) return Refuse(Reason::kReadOnly, "this node does not write, and has not read all of its log");
  const auto notice = EntryAt(*snapshot->reader, notice_index);
  if (!notice.ok()) return notice.status();
  if (notice->kind != attest::Kind::kErasureNotice) {
    return Refuse(Reason::kRefWrongKind,
                  fmt::format("entry {} is of kind {}, not an erasure notice", notice_index, attest::KindName(notice->kind)),
                  {{"id", bytes::EncodeHex(notice->statement_id)}});
  }
  if (known.is_void) return NotAbout(notice_index, index, "is a notice that the rules refuse");
  const auto entry = EntryAt(*snapshot->reader, index);
  if (!entry.ok()) return entry.status();
  const bool names_it =
      std::any_of(notice->refs.begin(), notice->refs.end(), [&](const attest::Ref& ref) { return ref.id == entry->statement_id; });
  return names_it && known.has_notice ? absl::OkStatus() : NotAbout(notice_index, index, "is a notice about another entry");
}

}  // namespace trustlog::api
