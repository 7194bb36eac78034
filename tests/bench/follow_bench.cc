// How fast a whole log is verified: fsck of hashes and tiles alone and with statements, and a monitor's replay, over logs in files
// beside what the same two cores do in a plain loop. Writes its logs once into a temporary directory, runs the measurements in turn
// for some rounds, and prints one JSON object: medians, and ratios of figures of this run.
//
//   follow_bench [--leaves N] [--records N] [--signed N] [--rounds N] [--only WORD]
//
// leaves: of the log of 300-byte entries (1,048,576); records: of the batch-signed log (131,072); signed: of the one with an Ed25519
// signature each (32,768).
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/follow/fsck.h"
#include "client/follow/monitor.h"
#include "client/net/directory_fetcher.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "tests/support/alliance_log.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::follow {
namespace {

using support::SignedRecord;
using testing::SyntheticLog;

constexpr std::size_t kEntryBytes = 300;
constexpr std::size_t kBatch = 1'000;      // statements of one batch signature
constexpr std::size_t kThreads = 2;        // of the plain loops
constexpr char kBatchKey[] = "one-batch";  // of member one

[[noreturn]] void Die(std::string_view what) {
  std::fprintf(stderr, "follow_bench: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// `work(begin, end)` on kThreads threads, each with its share of [0, count).
void InShares(std::size_t count, const std::function<void(std::size_t begin, std::size_t end)>& work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] { work(count * i / kThreads, count * (i + 1) / kThreads); });
  for (std::thread& thread : threads) thread.join();
}

// A log in files.
struct StoredLog {
  explicit StoredLog(const SyntheticLog& log) : origin(log.origin()), head(log.Head()), policy(log.Policy()) {
    testing::WriteFiles(log.Publish(), directory.path());
  }

  support::TemporaryDirectory directory;
  std::string origin;
  merkle::TreeHead head;
  tlog::Policy policy;
};

SyntheticLog OpaqueLog(std::size_t leaves) {
  SyntheticLog log;
  for (std::size_t i = 0; i < leaves; ++i) {
    std::string entry = fmt::format("entry {} ", i);
    entry.resize(kEntryBytes, '.');
    log.Append(std::move(entry), "");
  }
  return log;
}

std::string EvidencePayload(const testing::AllianceLog& log, std::size_t number) {
  auto statement = support::EvidenceStatement("one", log.alliance["commitment-one-2"]);
  statement.variant = number + 1;  // 0 is the alliance's own
  return support::PayloadOf(statement);
}

// The record of a payload with one signature.
SignedRecord RecordOf(std::string payload, const keys::KeyId& key, std::string signature) {
  auto statement = attest::ParseStatement(payload, support::SampleContext());
  if (!statement.ok()) Die(statement.status().ToString());
  auto entry = attest::Derive(*statement, attest::StatementId(payload), {{key, std::move(signature)}});
  if (!entry.ok()) Die(entry.status().ToString());
  return {.envelope = {std::string(attest::kPayloadType), std::move(payload), {}},
          .statement = *std::move(statement),
          .entry = *std::move(entry)};
}

std::vector<std::string> SignBatch(const keys::PrivateKey& key, const std::vector<std::string>& payloads) {
  std::vector<merkle::Hash> ids;
  for (const std::string& payload : payloads) ids.push_back(attest::StatementId(payload));
  const auto batch = keys::SignBatch(key, ids);
  if (!batch.ok()) Die(batch.status().ToString());
  std::vector<std::string> signatures;
  for (std::uint32_t i = 0; i < batch->count(); ++i) signatures.push_back(batch->Signature(i));
  return signatures;
}

// Registers kBatchKey: signed by itself, in a batch of one, and by a key of its owner.
void RegisterBatchKey(testing::AllianceLog& log) {
  const auto key = support::SampleKey(kBatchKey), sponsor = support::SampleKey("one-1");
  const auto statement = support::Replaced(support::KeyStatement("member:one", kBatchKey, "\"sign\"", {"one-1"}),
                                           "\"alg\":\"ed25519\"", "\"alg\":\"ed25519-batch\"");
  const std::string payload = support::PayloadOf(statement);
  SignedRecord record = RecordOf(payload, key.public_key().id(), SignBatch(key, {payload}).front());
  const auto signature = sponsor.Sign(attest::Pae(attest::kPayloadType, payload));
  auto& signatures = record.entry.signatures;
  signatures.push_back({sponsor.public_key().id(), *signature});
  std::sort(signatures.begin(), signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  log.Append(record);
}

testing::AllianceLog BatchSignedLog(std::size_t records) {
  testing::AllianceLog log;
  RegisterBatchKey(log);
  const auto key = support::SampleKey(kBatchKey);
  for (std::size_t begin = 0; begin < records; begin += kBatch) {
    std::vector<std::string> payloads;
    for (std::size_t i = begin; i < std::min(records, begin + kBatch); ++i) payloads.push_back(EvidencePayload(log, i));
    const auto signatures = SignBatch(key, payloads);
    for (std::size_t i = 0; i < payloads.size(); ++i)
      log.Append(RecordOf(std::move(payloads[i]), key.public_key().id(), signatures[i]));
  }
  return log;
}

struct Signature {
  std::string message, signature;
};

// With what a verifier of its signatures alone has to verify.
std::pair<testing::AllianceLog, std::vector<Signature>> SignedLog(std::size_t records) {
  testing::AllianceLog log;
  const auto key = support::SampleKey("one-1");
  std::vector<Signature> all;
  for (std::size_t i = 0; i < records; ++i) {
    std::string payload = EvidencePayload(log, i);
    std::string message = attest::Pae(attest::kPayloadType, payload);
    auto signature = key.Sign(message);
    if (!signature.ok()) Die(signature.status().ToString());
    all.push_back({std::move(message), *signature});
    log.Append(RecordOf(std::move(payload), key.public_key().id(), *std::move(signature)));
  }
  return {std::move(log), std::move(all)};
}

void RunFsck(const StoredLog& log, std::uint64_t from) {
  net::DirectoryFetcher files(log.directory.path());
  const auto result = Fsck(files, log.origin, log.head, {.from = from});
  if (!result.ok()) Die(result.status().ToString());
  if (result->damage_count != 0 || result->entries != log.head.size) Die("fsck found damage: " + result->damage.front().what);
}

// From an empty state directory.
void RunMonitor(const StoredLog& log) {
  net::DirectoryFetcher files(log.directory.path());
  const support::TemporaryDirectory state;
  auto monitor = Monitor::Open(files, log.policy, state.path());
  if (!monitor.ok()) Die(monitor.status().ToString());
  std::uint64_t seen = 0;
  const auto result = monitor->RunOnce({.now = SyntheticLog::kTime + 60}, [&seen](const Delivery& delivery) {
    seen += delivery.entries.size();
    if (!delivery.findings.empty()) {
      const Finding& first = delivery.findings.front();
      Die(fmt::format("entry {}: {}: {}", first.index, first.code, first.detail));
    }
    return absl::OkStatus();
  });
  if (!result.ok()) Die(result.status().ToString());
  if (seen != log.head.size) Die("not every entry was delivered");
}

// What fsck cannot be faster than: the hashes of leaves and nodes, of entries that lie in memory.
void HashAll(const std::vector<merkle::ByteView>& entries) {
  InShares(entries.size(), [&entries](std::size_t begin, std::size_t end) {
    std::vector<merkle::Hash> row(merkle::kTileWidth);
    for (; begin < end; begin += merkle::kTileWidth) {
      std::size_t width = std::min<std::size_t>(merkle::kTileWidth, end - begin);
      merkle::HashLeaves(std::span(entries).subspan(begin, width), std::span(row).first(width));
      for (; width > 1; width /= 2) merkle::HashNodes(std::span(row).first(width / 2 * 2), std::span(row).first(width / 2));
    }
  });
}

void VerifyAll(const std::vector<Signature>& signatures) {
  const keys::PublicKey key = support::SampleKey("one-1").public_key();
  InShares(signatures.size(), [&](std::size_t begin, std::size_t end) {
    for (; begin < end; ++begin) {
      if (!key.Verify(signatures[begin].message, signatures[begin].signature).ok()) Die("a signature does not verify");
    }
  });
}

struct Options {
  std::map<std::string, std::size_t> numbers = {{"leaves", 1'048'576}, {"records", 131'072}, {"signed", 32'768}, {"rounds", 5}};
  std::string only;  // part of the names of what is measured
};

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = std::string_view(argv[i]).starts_with("--") ? argv[i] + 2 : argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "only") {
      options.only = value;
    } else if (const auto number = options.numbers.find(name);
               number == options.numbers.end() ||
               std::from_chars(value.data(), value.data() + value.size(), number->second).ec != std::errc()) {
      Die(fmt::format("{} {}: not an option", name, value));
    }
  }
  return options;
}

// One thing that is measured: what it does once, and to how many entries.
struct Measurement {
  std::string name;
  std::size_t entries = 0;
  std::function<void()> run;
  std::vector<double> rates{};  // entries a second

  double median() const {
    if (rates.empty()) return 0;
    auto sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

double Ratio(const std::vector<Measurement>& all, std::string_view a, std::string_view b) {
  const auto median = [&all](std::string_view name) {
    return std::find_if(all.begin(), all.end(), [name](const Measurement& m) { return m.name == name; })->median();
  };
  return median(b) == 0 ? 0 : median(a) / median(b);
}

void Print(const std::vector<Measurement>& all) {
  std::printf("{\n");
  for (const Measurement& m : all) {
    if (m.rates.empty()) continue;
    const auto [least, most] = std::minmax_element(m.rates.begin(), m.rates.end());
    std::printf("  \"%s\": {\"entries\": %zu, \"per_second\": %.0f, \"least\": %.0f, \"most\": %.0f},\n", m.name.c_str(), m.entries,
                m.median(), *least, *most);
  }
  std::printf("  \"ratios\": {\"fsck_hashes / hashes_alone\": %.3f, \"monitor_signed / signatures_alone\": %.3f}\n}\n",
              Ratio(all, "fsck_hashes", "hashes_alone"), Ratio(all, "monitor_signed", "signatures_alone"));
}

void Run(const Options& options) {
  const auto number = [&options](const char* name) { return options.numbers.at(name); };
  const auto wanted = [&options](std::string_view name) { return name.find(options.only) != std::string_view::npos; };
  const SyntheticLog opaque = OpaqueLog(wanted("fsck_hashes") || wanted("hashes_alone") ? number("leaves") : 1);
  std::vector<merkle::ByteView> entries;
  for (std::uint64_t i = 0; i < opaque.size(); ++i) entries.push_back(bytes::AsBytes(opaque.entry(i)));
  const StoredLog hashes(opaque);
  const bool batches = wanted("fsck_statements") || wanted("monitor_batches");
  const StoredLog batch_signed(BatchSignedLog(batches ? number("records") : 1).log);
  const auto [log, signatures] = SignedLog(wanted("monitor_signed") || wanted("signatures_alone") ? number("signed") : 1);
  const StoredLog one_each(log.log);

  std::vector<Measurement> all = {
      {"fsck_hashes", hashes.head.size, [&] { RunFsck(hashes, hashes.head.size); }},
      {"hashes_alone", entries.size(), [&] { HashAll(entries); }},
      {"fsck_statements", batch_signed.head.size, [&] { RunFsck(batch_signed, 0); }},
      {"monitor_batches", batch_signed.head.size, [&] { RunMonitor(batch_signed); }},
      {"monitor_signed", one_each.head.size, [&] { RunMonitor(one_each); }},
      {"signatures_alone", signatures.size(), [&, &signatures = signatures] { VerifyAll(signatures); }},
  };
  for (std::size_t round = 0; round < number("rounds"); ++round) {
    for (Measurement& m : all) {
      if (wanted(m.name)) m.rates.push_back(static_cast<double>(m.entries) / Seconds(m.run));
    }
  }
  Print(all);
}

}  // namespace
}  // namespace trustlog::follow

int main(int argc, char** argv) { trustlog::follow::Run(trustlog::follow::ParseOptions(argc, argv)); }
