#include "server/role_setup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "client/registry/draft.h"
#include "client/registry/memory_facts.h"
#include "client/registry/registry.h"
#include "client/registry/signatures.h"
#include "merkle/integrate.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key_file.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/runtime/failpoint.h"
#include "server/signer/mark_file.h"
#include "storage/open_storage.h"

namespace trustlog::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConfigBytes = 1u << 20;

// The records that the envelopes become, admitted in order with the rules of the log itself.
absl::StatusOr<std::vector<storage::Record>> Admit(const InitOptions& options, std::uint64_t now_ms) {
  const registry::Registry base(options.origin);
  registry::Draft draft(base);
  registry::MemoryFacts facts;
  std::vector<storage::Record> records;
  const auto source = registry::KeysKnownTo(draft);
  for (const auto& text : options.envelopes) {
    const auto envelope = attest::ParseEnvelope(text);
    if (!envelope.ok()) return envelope.status();
    const auto statement = attest::ParseStatement(envelope->payload, draft.context());
    if (!statement.ok()) return statement.status();
    if (statement->log_origin != options.origin) {
      return bytes::Refuse(bytes::Reason::kWrongLog,
                           fmt::format("the statement is meant for {}, not for {}", statement->log_origin, options.origin),
                           {{"origin", options.origin}});
    }
    auto verified = registry::VerifySignatures(*envelope, *statement, source);
    if (!verified.ok()) return verified.status();
    auto entry = attest::Derive(*statement, attest::StatementId(envelope->payload), std::move(verified->signatures));
    if (!entry.ok()) return entry.status();
    entry->logged_at_ms = now_ms;
    const registry::Record record{draft.size(), &*entry, &*statement};
    if (auto status = draft.Add(record, facts); !status.ok()) return status;
    auto encoded = attest::EncodeEntry(*entry);
    if (!encoded.ok()) return encoded.status();
    records.push_back({*std::move(encoded), entry->statement_id, envelope->payload});
    facts.Add(record.index, *std::move(entry));
  }
  return records;
}

std::string Today(std::uint64_t now_ms) { return attest::FormatTime(static_cast<std::int64_t>(now_ms / 1000)).substr(0, 10); }

absl::Status AppendFirst(storage::Storage& store, const std::vector<storage::Record>& records) {
  std::vector<merkle::ByteView> entries;
  for (const auto& record : records) entries.push_back(bytes::AsBytes(record.entry));
  std::vector<merkle::Hash> leaves(records.size());
  merkle::HashLeaves(entries, leaves);
  const merkle::TreeHead empty;
  const auto growth = merkle::Integrate(empty, {}, leaves);
  if (!growth.has_value()) return absl::InternalError("the first entries do not integrate");
  return store.log().Append(empty, *growth, records);
}

// Where everything of a log lies, as absolute paths: the settings are read from any directory.
struct Places {
  std::string key_directory, mark_directory;
  std::string key, mark, policy, config;
  std::string unfinished;          // the settings, until all that they name is there
  std::vector<std::string> store;  // its files, the database first
};

std::string Absolute(const std::string& path) {
  std::error_code error;
  const auto absolute = fs::absolute(path, error).lexically_normal();
  return error ? path : absolute.has_filename() ? absolute.string() : absolute.parent_path().string();
}

absl::StatusOr<Places> PlacesOf(const InitOptions& options) {
  if (options.key_directory.empty() || options.mark_directory.empty())
    return absl::InvalidArgumentError("a log needs a directory for its key and one for its mark");
  Places places;
  places.key_directory = Absolute(options.key_directory);
  places.mark_directory = Absolute(options.mark_directory);
  places.key = places.key_directory + "/log.key";
  places.mark = places.mark_directory + "/mark";
  places.policy = options.policy_file.empty() ? places.key_directory + "/log.policy" : Absolute(options.policy_file);
  places.config = places.key_directory + "/trustlogd.toml";
  places.unfinished = places.config + ".unfinished";
  auto store = storage::FilesOf(options.storage_url);
  if (!store.ok()) return store.status();
  places.store = *std::move(store);
  return places;
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// All files of the log that are there; the one that tells of an interrupted run is the last.
std::vector<std::string> FilesThere(const Places& places) {
  std::vector<std::string> files = {places.key, places.key + ".pub", places.mark, places.policy};
  files.insert(files.end(), places.store.begin(), places.store.end());
  files.push_back(places.unfinished);
  files.erase(std::remove_if(files.begin(), files.end(), [](const std::string& path) { return !IsThere(path); }), files.end());
  return files;
}

// An earlier run left its settings unfinished: what it made is where those say, whatever is asked for now.
absl::Status HalfMade(const Places& places) {
  Places made = places;
  const auto text = keys::ReadSmallFile(places.unfinished, kMaxConfigBytes);
  if (const auto config = text.ok() ? ParseConfig(*text, places.unfinished, {}) : text.status(); config.ok()) {
    made.mark = config->log.mark + "/mark";
    made.policy = config->log.policy_file;
    if (auto store = storage::FilesOf(config->storage.url); store.ok()) made.store = *std::move(store);
  }
  return absl::FailedPreconditionError(
      fmt::format("half-made by an interrupted init: remove {}", fmt::join(FilesThere(made), " ")));
}

absl::Status CheckNothingIsThere(const Places& places) {
  if (IsThere(places.unfinished) && !IsThere(places.config)) return HalfMade(places);
  for (const auto& path : {places.key, places.config, places.policy, places.mark, places.store.front()}) {
    if (IsThere(path)) return absl::FailedPreconditionError(fmt::format("{} exists already: a log is made once", path));
  }
  return absl::OkStatus();
}

// What a run made is gone again if it fails: the files that were not there when it began, then the directories.
class Undo final {
 public:
  Undo() = default;
  ~Undo() {
    if (kept_) return;
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) unlink(file->c_str());
    for (auto made = directories_.rbegin(); made != directories_.rend(); ++made) rmdir(made->c_str());
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;

  // Called before the file is made.
  void Note(const std::string& path) {
    if (!IsThere(path)) files_.push_back(path);
  }
  void NoteDirectories(const std::vector<std::string>& made) { directories_.insert(directories_.end(), made.begin(), made.end()); }
  void Keep() { kept_ = true; }

 private:
  std::vector<std::string> files_, directories_;
  bool kept_ = false;
};

// Before any file: what is wrong with a place is said while nothing is there to be in the way of the next try.
absl::Status MakePlaces(const Places& places, Undo& undo) {
  for (const auto& path : {places.key, places.mark, places.policy, places.store.front()}) {
    const auto made = bytes::MakeDirectories(bytes::DirectoryOf(path), 0700);
    if (!made.ok()) return made.status();
    undo.NoteDirectories(*made);
  }
  for (const auto& directory : {places.key_directory, places.mark_directory}) {
    if (auto status = keys::CheckKeyDirectory(directory); !status.ok()) return status;
  }
  return absl::OkStatus();
}

Config ConfigOf(const InitOptions& options, const Places& places, const std::string& inception) {
  Config config;
  config.log.origin = options.origin;
  config.log.key = places.key;
  config.log.mark = places.mark_directory;
  config.log.inception = inception;
  config.log.policy_file = places.policy;
  config.storage.url = "sqlite:" + places.store.front();
  config.witness_client.policy = places.policy;
  return config;
}

absl::Status MakeStore(const std::string& url, const storage::Identity& identity, const std::vector<storage::Record>& records) {
  auto store = storage::CreateStorage(url, identity);
  auto status = store.status();
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.store");
  if (status.ok()) status = AppendFirst(**store, records);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.genesis");
  if (status.ok()) status = (*store)->CloseCleanly();
  return status;
}

absl::Status PutInPlace(const Places& places) {
  if (std::rename(places.unfinished.c_str(), places.config.c_str()) != 0)
    return absl::UnknownError(fmt::format("cannot create {}: {}", places.config, std::strerror(errno)));
  return bytes::SyncDirectory(places.key_directory);
}

// The settings first, under another name: they tell of a run that was interrupted. They get their own name when all is there.
absl::Status MakeFiles(const Places& places, const Config& config, const storage::Identity& identity, const keys::PrivateKey& key,
                       const std::vector<storage::Record>& records) {
  signer::Mark mark;
  mark.origin = identity.origin;
  mark.key_id = key.public_key().id();
  mark.store_id = identity.store_id;
  auto status = bytes::WriteWhole(places.unfinished, FormatConfig(config), 0644);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.settings");
  if (status.ok()) status = keys::WriteKeyFiles(places.key, key);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.key");
  if (status.ok()) status = bytes::WriteWhole(places.policy, fmt::format("log {}\nquorum none\n", identity.vkey), 0644);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.policy");
  if (status.ok()) status = signer::MarkFile::Create(places.mark_directory, mark);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.mark");
  if (status.ok()) status = MakeStore(config.storage.url, identity, records);
  if (status.ok()) status = TRUSTLOG_FAILPOINT("init.closed");
  if (status.ok()) status = PutInPlace(places);
  return status;
}

}  // namespace

absl::StatusOr<InitResult> InitLog(const InitOptions& options, std::chrono::milliseconds now) {
  if (!tlog::IsValidOrigin(options.origin)) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not an origin: at most 255 of the characters A-Z a-z 0-9 . _ ~ / : -", options.origin));
  }
  if (options.envelopes.empty()) return absl::InvalidArgumentError("a log begins with its genesis statement");
  const auto now_ms = static_cast<std::uint64_t>(now.count());
  const auto records = Admit(options, now_ms);
  if (!records.ok()) return records.status();
  const auto places = PlacesOf(options);
  if (!places.ok()) return places.status();
  if (auto status = CheckNothingIsThere(*places); !status.ok()) return status;

  const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519);
  if (!key.ok()) return key.status();
  const auto vkey = tlog::VerifierKey::Make(options.origin, tlog::kTypeEd25519, key->public_key());
  if (!vkey.ok()) return vkey.status();
  storage::Identity identity{options.origin, vkey->ToString(), Today(now_ms), {}};
  const std::string random = keys::RandomBytes(identity.store_id.size());
  std::copy(random.begin(), random.end(), identity.store_id.begin());

  Undo undo;
  if (auto status = MakePlaces(*places, undo); !status.ok()) return status;
  for (const auto& path : {places->unfinished, places->key, places->key + ".pub", places->policy, places->mark}) undo.Note(path);
  for (const auto& path : places->store) undo.Note(path);
  const auto config = ConfigOf(options, *places, identity.inception);
  if (auto status = MakeFiles(*places, config, identity, *key, *records); !status.ok()) return status;
  undo.Keep();
  return InitResult{identity.vkey, records->size(), places->config};
}

}  // namespace trustlog::server
