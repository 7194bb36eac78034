// replay_history [--text] [--split SEED] FILE...: the registry's side of the generated histories (README.md). Prints `FILE digest` for
// each file, or with --text the whole text. --split: what is submitted is admitted in batches by drafts, cut at random places, and the
// text is that of a second registry that follows what was committed, over snapshots taken at random; any split must give one text.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "client/registry/draft.h"
#include "client/registry/memory_facts.h"
#include "client/registry/signatures.h"
#include "client/registry/snapshot.h"
#include "client/registry/state_text.h"
#include "proto/attest/derive.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::registry {
namespace {

namespace json = boost::json;
using bytes::Reason;

[[noreturn]] void Die(const std::string& why) {
  std::cerr << "replay_history: " << why << "\n";
  std::exit(1);
}
void Must(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

std::string Text(const json::value& value) { return std::string(value.as_string()); }

std::string WordOf(const absl::Status& refusal) {
  const auto reason = bytes::ReasonOf(refusal);
  if (!reason.has_value()) Die(refusal.ToString());
  return std::string(bytes::Describe(*reason).word);
}

struct Step {
  std::uint64_t t = 0;
  std::string payload, mode;
  std::vector<attest::EntrySignature> signatures;  // in envelope order

  attest::Id id() const { return attest::StatementId(payload); }
};

std::vector<Step> StepsOf(const json::value& history) {
  std::vector<Step> steps;
  for (const auto& value : history.at("steps").as_array()) {
    Step step{value.at("t").to_number<std::uint64_t>(), Text(value.at("payload")), Text(value.at("mode")), {}};
    for (const auto& pair : value.at("signatures").as_array()) {
      keys::KeyId id{};
      const auto bytes = *bytes::DecodeHex(Text(pair.at(0)));
      std::copy(bytes.begin(), bytes.end(), id.begin());
      step.signatures.push_back({id, *bytes::DecodeHex(Text(pair.at(1)))});
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

// A record as a replay meets it.
Replayed Found(const Step& step, std::uint64_t index, attest::Entry entry, absl::StatusOr<attest::Statement> statement) {
  Replayed replayed{.index = index, .entry = std::move(entry), .statement = Withheld{}, .signatures = absl::OkStatus()};
  if (step.mode == "withheld") return replayed;
  if (statement.ok()) {
    replayed.statement = *std::move(statement);
  } else {
    replayed.statement = Malformed{statement.status()};
  }
  return replayed;
}

// For a record at a place where no log takes its kind (GENESIS_ORDER): as if it stood in a log of its own type base and prefix.
attest::LogContext ContextOf(const std::string& payload, const std::string& origin) {
  const auto statement = json::parse(payload);
  const auto type = Text(statement.at("predicateType"));
  if (type.ends_with("/genesis/v1")) return {origin, "", ""};
  const auto issuer = Text(statement.at("predicate").at("issuer"));
  return {origin, type.substr(0, type.rfind('/', type.rfind('/') - 1)),
          issuer.substr(0, issuer.find(':', issuer.find(':') + 1) + 1)};
}

class History final {
 public:
  History(const json::value& history, std::optional<std::uint64_t> split)
      : history_(history),
        split_(split.has_value()),
        random_(split.value_or(0)),
        admitting_(Text(history.at("origin"))),
        following_(Text(history.at("origin"))) {}

  std::string Replay() {
    const auto steps = StepsOf(history_);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      if (step.mode != "submit") {
        EndBatch();
        Force(step);
        continue;
      }
      Submit(i, step);
      if (!split_ || random_() % 4 == 0) EndBatch();
    }
    EndBatch();
    FollowCommitted();
    return StateText(following_, Missing()) + answers_ + Verdicts();
  }

 private:
  // Checks 5 to 27 in the order of records.md 6.4.
  void Submit(std::size_t number, const Step& step) {
    if (!draft_.has_value()) draft_.emplace(admitting_);
    const auto id = step.id();
    if (const auto first = known_.find(id); first != known_.end()) {
      answers_ += fmt::format("duplicate {} {}\n", number, first->second);
      return;
    }
    attest::Entry entry;
    auto statement = absl::StatusOr<attest::Statement>(absl::UnknownError(""));
    if (const auto refusal = Admit(step, entry, statement); !refusal.ok()) {
      answers_ += fmt::format("refused {} {}\n", number, WordOf(refusal));
      return;
    }
    const auto index = draft_->size() - 1;
    known_.emplace(id, index);
    facts_.Add(index, entry);
    committed_.push_back(Found(step, index, std::move(entry), std::move(statement)));
  }

  absl::Status Admit(const Step& step, attest::Entry& entry, absl::StatusOr<attest::Statement>& statement) {
    if (draft_->frozen()) return bytes::Refuse(Reason::kLogFrozen, "frozen");  // 6
    statement = attest::ParseStatement(step.payload, draft_->context());       // 7-14
    if (!statement.ok()) return statement.status();
    std::vector<std::size_t> sizes;
    for (const auto& signature : step.signatures) sizes.push_back(signature.signature.size());
    if (auto status = attest::CheckDerivedSize(*statement, sizes); !status.ok()) return status;                     // 15
    if (statement->log_origin != draft_->context().origin) return bytes::Refuse(Reason::kWrongLog, "another log");  // 16
    if (auto status = CheckKeysInEnvelopeOrder(step, *statement); !status.ok()) return status;                      // 17
    auto derived = attest::Derive(*statement, step.id(), step.signatures);
    if (!derived.ok()) return derived.status();
    entry = *std::move(derived);
    entry.logged_at_ms = step.t;
    return draft_->Add({draft_->size(), &entry, &*statement}, facts_);
  }

  absl::Status CheckKeysInEnvelopeOrder(const Step& step, const attest::Statement& statement) const {
    std::vector<keys::KeyId> met;
    for (const auto& key : KeysInStatement(statement)) met.push_back(key.id());
    const auto in_statement = met;
    met.clear();
    for (const auto& [id, signature] : step.signatures) {
      const bool known =
          draft_->FindKey(id).has_value() || std::find(in_statement.begin(), in_statement.end(), id) != in_statement.end();
      if (!known) return bytes::Refuse(Reason::kKeyUnknown, "no such key");
      if (std::find(met.begin(), met.end(), id) != met.end()) return bytes::Refuse(Reason::kEnvelopeMalformed, "a key twice");
      met.push_back(id);
    }
    return absl::OkStatus();
  }

  void EndBatch() {
    if (draft_.has_value()) admitting_.Absorb(std::move(*draft_));
    draft_.reset();
    if (split_ && random_() % 3 != 0) return;  // the follower comes later
    FollowCommitted();
  }

  // What an operator logs whatever the rules say. The entry is derived as for a log that would take the statement.
  void Force(const Step& step) {
    const auto index = admitting_.size();
    auto context = admitting_.context();
    auto statement = attest::ParseStatement(step.payload, context);
    absl::StatusOr<attest::Statement> readable = statement;
    if (!readable.ok()) readable = attest::ParseStatement(step.payload, ContextOf(step.payload, context.origin));
    Must(readable.status());
    auto entry = attest::Derive(*readable, step.id(), step.signatures);
    Must(entry.status());
    entry->logged_at_ms = step.t;
    auto replayed = Found(step, index, *entry, std::move(statement));
    if (step.mode == "withheld") withheld_.emplace_back(index, step.id());
    Must(admitting_.Apply(replayed, facts_));
    known_.emplace(step.id(), index);
    facts_.Add(index, *std::move(entry));
    committed_.push_back(std::move(replayed));
    if (!split_) FollowCommitted();
  }

  void FollowCommitted() {
    for (const auto& replayed : committed_) {
      Must(following_.Apply(replayed, followed_));
      followed_.Add(replayed.index, *replayed.entry);
    }
    committed_.clear();
    if (!split_ || random_() % 4 != 0) return;
    auto snapshot = ParseSnapshot(FormatSnapshot({following_.size(), {}}, following_), following_.context().origin);
    Must(snapshot.status());
    following_ = std::move(snapshot->registry);
  }

  // A notice is about a statement: it covers whatever entry has its id.
  std::vector<std::uint64_t> Missing() const {
    std::vector<std::uint64_t> missing;
    for (const auto& [index, id] : withheld_) {
      if (!following_.NoticeAbout(followed_.ById(id).value()->index).has_value()) missing.push_back(index);
    }
    return missing;
  }

  std::string Verdicts() const {
    std::string text;
    for (const auto& value : history_.at("questions").as_array()) {
      const Question question = {Text(value.at("member")),
                                 value.at("principle").to_number<std::uint8_t>(),
                                 {value.at("size").to_number<std::uint64_t>(), attest::ParseTime(Text(value.at("date"))).value()}};
      const auto answer = Evaluate(following_, followed_, question);
      text += answer.ok() ? VerdictLine(question, *answer) : answer.status().ToString() + "\n";
    }
    return text;
  }

  const json::value& history_;
  const bool split_;
  std::mt19937_64 random_;
  Registry admitting_, following_;
  MemoryFacts facts_, followed_;
  std::optional<Draft> draft_;
  std::map<attest::Id, std::uint64_t> known_;
  std::vector<Replayed> committed_;  // and not followed yet
  std::vector<std::pair<std::uint64_t, attest::Id>> withheld_;
  std::string answers_;
};

int Main(const std::vector<std::string>& words) {
  bool as_text = false;
  std::optional<std::uint64_t> split;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--text") {
      as_text = true;
    } else if (words[i] == "--split" && i + 1 < words.size()) {
      split = std::stoull(words[++i]);
    } else {
      std::ostringstream file;
      file << std::ifstream(words[i], std::ios::binary).rdbuf();
      const auto history = json::parse(file.str());
      const auto text = History(history, split).Replay();
      const auto digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text)));
      std::cout << (as_text ? text + "digest " : words[i] + " ") << digest << "\n";
    }
  }
  return 0;
}

}  // namespace
}  // namespace trustlog::registry

int main(int argc, char** argv) { return trustlog::registry::Main({argv + 1, argv + argc}); }
