#include "client/cli/verified_log.h"

#include <sys/stat.h>

#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"

namespace trustlog::cli {
namespace {

absl::StatusOr<tlog::Checkpoint> ParseUnsigned(const std::string& note) {
  const auto parsed = tlog::ParseNote(note);
  if (!parsed.ok()) return follow::CheckFailure(follow::CheckCode::kFileMalformed, bytes::MessageOf(parsed.status()));
  auto checkpoint = tlog::ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return follow::CheckFailure(follow::CheckCode::kFileMalformed, bytes::MessageOf(checkpoint.status()));
  return checkpoint;
}

absl::Status Explain(const absl::Status& status) {
  if (!absl::IsNotFound(status) || bytes::ReasonOf(status)) return status;
  return bytes::Refuse(bytes::Reason::kCheckpointNotFound, "the log shows no checkpoint at this address");
}

}  // namespace

absl::StatusOr<VerifiedLog> OpenVerifiedLog(Session& session, std::optional<std::int64_t> max_age) {
  auto fetcher = session.OpenLog();
  if (!fetcher.ok()) return fetcher.status();
  return OpenVerifiedLog(session, *std::move(fetcher), max_age);
}

absl::StatusOr<VerifiedLog> OpenVerifiedLog(Session& session, std::unique_ptr<net::Fetcher> fetcher,
                                            std::optional<std::int64_t> max_age) {
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  VerifiedLog log;
  log.fetcher = std::move(fetcher);
  if (session.keeps_state()) {
    auto tracker = follow::CheckpointTracker::Open(session.settings().state_root(), **policy);
    if (!tracker.ok()) return tracker.status();
    auto tracked = tracker->Update(*log.fetcher, session.now(), max_age);
    if (!tracked.ok()) return Explain(tracked.status());
    log.movement = tracked->movement;
    log.signed_checkpoint = std::move(tracked->shown);
  } else {
    auto note = log.fetcher->Get("checkpoint", tlog::kMaxNoteBytes);
    if (!note.ok()) return Explain(note.status());
    log.note = *std::move(note);
    if (!session.skips_policy()) {
      auto opened = follow::OpenCheckpoint(log.note, {.policy = *policy, .now = session.now(), .max_age = max_age});
      if (!opened.ok()) return opened.status();
      log.signed_checkpoint = *std::move(opened);
    }
  }
  if (log.signed_checkpoint) {
    log.note = log.signed_checkpoint->note;
    log.checkpoint = log.signed_checkpoint->checkpoint;
    return log;
  }
  auto checkpoint = ParseUnsigned(log.note);
  if (!checkpoint.ok()) return checkpoint.status();
  log.checkpoint = *std::move(checkpoint);
  return log;
}

absl::StatusOr<std::optional<follow::SignedCheckpoint>> SavedCheckpoint(Session& session) {
  const std::optional<follow::SignedCheckpoint> none;
  if (!session.keeps_state()) return none;
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  if ((*policy)->logs().size() != 1) return none;
  const auto& vkey = (*policy)->logs().front().vkey;
  const std::string directory = session.settings().state_root() + "/" + follow::StateDirectory::KeyOf(vkey.name(), vkey.ToString());
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return none;
  const auto tracker = follow::CheckpointTracker::Open(session.settings().state_root(), **policy);
  if (!tracker.ok()) return tracker.status();
  return tracker->Saved();
}

}  // namespace trustlog::cli
