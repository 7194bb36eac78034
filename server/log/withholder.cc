#include "server/log/withholder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "proto/bytes/reason.h"
#include "server/runtime/failpoint.h"

namespace trustlog::log {
namespace {

constexpr std::size_t kReadAtOnce = 64;  // records, with their companions
constexpr auto kRetryAfter = std::chrono::seconds(1);

}  // namespace

void Withholder::Published(std::uint64_t size) {
  const runtime::MutexLock lock(mutex_);
  published_ = std::max(published_, size);
}

void Withholder::Request(std::uint64_t index, WithheldDone done) {
  absl::Status ended;
  {
    const runtime::MutexLock lock(mutex_);
    ended = ended_;
    if (ended.ok()) requests_.emplace_back(index, std::move(done));
  }
  if (!ended.ok()) done(std::move(ended));
}

WithholdingState Withholder::state() const {
  const runtime::MutexLock lock(mutex_);
  return state_;
}

runtime::Deadline Withholder::next() const {
  if (retry_at_.has_value()) return *retry_at_;
  return due_.empty() ? runtime::Deadline::max() : clock_.Now();
}

absl::Status Withholder::Work(const std::function<bool()>& may_go_on) {
  absl::Status status;
  if (!retry_at_.has_value() || clock_.Now() >= *retry_at_) {
    status = TakeOverNotices();
    if (status.ok()) status = WithholdDue(may_go_on);
    if (absl::IsUnavailable(status)) {
      if (!retry_at_.has_value()) spdlog::warn("withholding waits: {}", bytes::MessageOf(status));
      retry_at_ = clock_.Now() + kRetryAfter;
      status = absl::OkStatus();
    } else {
      retry_at_.reset();
    }
    Count();
  }
  return status.ok() ? AnswerRequests() : status;
}

// What was withheld before this start is only counted.
absl::Status Withholder::TakeOverNotices() {
  std::uint64_t published = 0;
  {
    const runtime::MutexLock lock(mutex_);
    published = published_;
  }
  if (published == noticed_) return absl::OkStatus();
  const auto found = admitter_.Withholdable(noticed_, published);
  std::vector<Withholding> due;
  std::uint64_t gone = 0;
  for (std::size_t begin = 0; begin < found.size(); begin += kReadAtOnce) {
    std::vector<std::uint64_t> indices;
    for (std::size_t i = begin; i < std::min(found.size(), begin + kReadAtOnce); ++i) indices.push_back(found[i].index);
    const auto records = store_.ReadRecordsAt(indices);
    if (!records.ok()) return records.status();
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if ((*records)[i].companion.empty()) {
        ++gone;
      } else {
        due.push_back(found[begin + i]);
      }
    }
  }
  due_.insert(due_.end(), due.begin(), due.end());
  withheld_ += gone;
  noticed_ = published;
  return absl::OkStatus();
}

absl::Status Withholder::WithholdDue(const std::function<bool()>& may_go_on) {
  while (!due_.empty()) {
    const auto [index, notice] = due_.front();
    if (auto status = WithholdOne(index); !status.ok()) return status;
    spdlog::info("statement {} is withheld (notice {})", index, notice);
    due_.pop_front();
    ++withheld_;
    if (!may_go_on()) break;
  }
  return absl::OkStatus();
}

absl::Status Withholder::WithholdOne(std::uint64_t index) {
  if (auto status = TRUSTLOG_FAILPOINT("withhold.before"); !status.ok()) return status;
  if (auto status = store_.Withhold(index); !status.ok()) return status;
  return TRUSTLOG_FAILPOINT("withhold.after");
}

absl::Status Withholder::AnswerRequests() {
  Requests requests;
  {
    const runtime::MutexLock lock(mutex_);
    requests.swap(requests_);
  }
  for (auto& [index, done] : requests) {
    const auto before = store_.ReadRecordsAt({&index, 1});
    auto status = before.ok() ? WithholdOne(index) : before.status();
    if (status.ok()) {
      Answer(std::move(done), before->front().companion.empty());
      continue;
    }
    Answer(std::move(done), bytes::Refuse(bytes::Reason::kOutcomeUnknown, fmt::format("statement {} may still be in the store: {}",
                                                                                      index, bytes::MessageOf(status))));
    if (!absl::IsUnavailable(status)) return status;
  }
  return absl::OkStatus();
}

void Withholder::Answer(WithheldDone done, absl::StatusOr<bool> answer) {
  answers_.Run([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

void Withholder::Count() {
  const runtime::MutexLock lock(mutex_);
  state_ = {withheld_, due_.size()};
}

void Withholder::End(const absl::Status& status) {
  Requests requests;
  {
    const runtime::MutexLock lock(mutex_);
    if (!ended_.ok()) return;
    ended_ = status;
    requests.swap(requests_);
  }
  for (auto& [index, done] : requests) Answer(std::move(done), status);
}

}  // namespace trustlog::log
