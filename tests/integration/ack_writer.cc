// Writers with an acknowledgement ledger (protocols.md section 8): submits evidence statements over gRPC from several threads and records, synced,
// what was sent and what was answered, so that a checker can hold the log to its word.
//
//   ack_writer --grpc HOST:PORT --key FILE --issuer URN --origin O --ledger FILE [--threads N] [--wait durable|published|mixed] [--count N]
//              [--batch N] [--retry]
//
// Runs until --count statements were answered or the server is gone (then exit 0: the harness killed it). --retry first sends again every statement
// of the ledger whose outcome is unknown; their payloads lie in FILE.payloads.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/rpc/log_client.h"
#include "merkle/hash.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key.h"
#include "proto/keys/key_file.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog {
namespace {

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Options {
  std::string grpc, key, issuer, origin, ledger, wait = "mixed";
  int threads = 8;
  long count = 0;          // 0: until the server is gone
  int batch = 1;
  bool retry = false;
};

// Appends whole lines, each synced before the next step.
class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        payloads_(open((path + ".payloads").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

  void Payload(const std::string& id, const std::string& payload) { Append(payloads_, id + " " + bytes::EncodeBase64(payload) + "\n"); }
  void Sent(long n, const std::string& id, std::string_view wait) {
    Append(file_, fmt::format("{{\"at\":{},\"op\":\"send\",\"n\":{},\"id\":\"{}\",\"wait\":\"{}\"}}\n", NowMs(), n, id, wait));
  }
  void Answered(long n, std::string_view result, std::string_view members) {
    Append(file_, fmt::format("{{\"at\":{},\"op\":\"answer\",\"n\":{},\"result\":\"{}\"{}}}\n", NowMs(), n, result, members));
  }

 private:
  void Append(int file, const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fdatasync(file) != 0) std::abort();
  }
  std::mutex mutex_;
  const int file_, payloads_;
};

std::string MakePayload(const Options& options, long n) {
  const std::string now = attest::FormatTime(NowMs() / 1000);
  const std::string nonce = bytes::EncodeBase64Url(bytes::AsBytes(keys::RandomBytes(16)));
  const std::string document = fmt::format("document {}", n);
  return fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"{}","digest":{{"sha256":"{}"}}}}],)"
      R"("predicateType":"https://trustlog.example/attest/evidence/v1","predicate":{{"logOrigin":"{}","issuer":"{}","issuedAt":"{}","nonce":"{}",)"
      R"("about":["{}"],"form":"other","mediaType":"text/plain"}}}})",
      document, bytes::EncodeHex(merkle::Sha256(bytes::AsBytes("content of " + document))), options.origin, options.issuer, now, nonce, options.issuer);
}

v1::Envelope MakeEnvelope(const keys::PrivateKey& key, const std::string& payload) {
  v1::Envelope envelope;
  envelope.set_payload(payload);
  envelope.set_payload_type(std::string(attest::kPayloadType));
  auto* signature = envelope.add_signatures();
  const auto signed_bytes = key.Sign(attest::Pae(attest::kPayloadType, payload));
  if (!signed_bytes.ok()) std::abort();
  signature->set_sig(*signed_bytes);
  signature->set_keyid(bytes::EncodeHex(key.public_key().id()));
  return envelope;
}

class Writer {
 public:
  Writer(const Options& options, keys::PrivateKey key) : options_(options), key_(std::move(key)), ledger_(options.ledger) {}

  int Run() {
    if (options_.retry) Retry();
    std::vector<std::thread> threads;
    for (int i = 0; i < options_.threads; ++i) threads.emplace_back([this, i] { Work(i); });
    for (auto& thread : threads) thread.join();
    std::printf("%ld answered\n", answered_.load());
    return 0;
  }

 private:
  std::unique_ptr<rpc::LogClient> Connect() const {
    rpc::ClientOptions client;
    client.target = options_.grpc;
    client.tries = 1;
    auto made = rpc::LogClient::Create(std::move(client));
    if (!made.ok()) std::abort();
    return *std::move(made);
  }

  void Work(int thread) {
    const auto client = Connect();
    while (!gone_ && (options_.count == 0 || next_ < options_.count)) {
      const bool published = options_.wait == "published" || (options_.wait == "mixed" && thread % 2 == 1);
      if (options_.batch > 1) {
        SendBatch(*client, published);
      } else {
        const std::string payload = MakePayload(options_, next_);
        Send(*client, payload, published);
      }
    }
  }

  void Send(rpc::LogClient& client, const std::string& payload, bool published) {
    const long n = next_++;
    const std::string id = bytes::EncodeHex(attest::StatementId(payload));
    ledger_.Payload(id, payload);
    ledger_.Sent(n, id, published ? "published" : "durable");
    v1::AddStatementRequest request;
    *request.mutable_envelope() = MakeEnvelope(key_, payload);
    request.set_wait(published ? v1::WAIT_PUBLISHED : v1::WAIT_DURABLE);
    v1::AddStatementResponse response;
    const auto status = client.AddStatement(request, response);
    if (!status.ok()) return Failed(n, status);
    std::string members = fmt::format(",\"index\":{},\"duplicate\":{}", response.outcome().index(), response.outcome().duplicate());
    if (published) {
      const auto& answer = response.published();
      std::string proof;
      for (const auto& hash : answer.proof().hashes()) proof += (proof.empty() ? "\"" : ",\"") + bytes::EncodeBase64(hash) + "\"";
      members += fmt::format(",\"size\":{},\"checkpoint\":\"{}\",\"proof\":[{}]", answer.checkpoint().size(),
                             bytes::EncodeBase64(answer.checkpoint().note()), proof);
    }
    ledger_.Answered(n, published ? "published" : "durable", members);
    ++answered_;
  }

  void SendBatch(rpc::LogClient& client, bool published) {
    v1::AddStatementsRequest request;
    std::vector<long> numbers;
    for (int i = 0; i < options_.batch; ++i) {
      const long n = next_++;
      const std::string payload = MakePayload(options_, n);
      const std::string id = bytes::EncodeHex(attest::StatementId(payload));
      ledger_.Payload(id, payload);
      ledger_.Sent(n, id, published ? "published" : "durable");
      numbers.push_back(n);
      *request.add_envelopes() = MakeEnvelope(key_, payload);
    }
    request.set_wait(published ? v1::WAIT_PUBLISHED : v1::WAIT_DURABLE);
    v1::AddStatementsResponse response;
    const auto status = client.AddStatements(request, response);
    for (int i = 0; i < options_.batch; ++i) {
      const long n = numbers[static_cast<std::size_t>(i)];
      if (!status.ok()) {
        Failed(n, status);
      } else if (response.results(i).has_refusal()) {
        Failed(n, rpc::FromRpcStatus(response.results(i).refusal()));
      } else {
        const auto& outcome = response.results(i).outcome();
        ledger_.Answered(n, "durable", fmt::format(",\"index\":{},\"duplicate\":{}", outcome.index(), outcome.duplicate()));
        ++answered_;
      }
    }
  }

  void Failed(long n, const absl::Status& status) {
    const auto reason = bytes::ReasonOf(status);
    const std::string word = reason.has_value() ? std::string(bytes::Describe(*reason).word) : "";
    // Only what is said to have written nothing is a plain no.
    const bool refused = absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status) ||
                         absl::IsResourceExhausted(status) || word == "READ_ONLY" || word == "STOPPED";
    ledger_.Answered(n, refused ? "refused" : "unknown", word.empty() ? "" : fmt::format(",\"reason\":\"{}\"", word));
    if (reason.has_value() && !told_.exchange(true)) std::printf("first refusal: %s\n", status.ToString().c_str());
    if (!refused && !reason.has_value()) gone_ = true;
    if (refused) std::this_thread::yield();
  }

  // What was sent and never answered for certain is sent again: the same statement, so at most one entry.
  void Retry() {
    std::map<std::string, std::string> payloads;
    std::ifstream stored(options_.ledger + ".payloads");
    for (std::string id, payload; stored >> id >> payload;) payloads[id] = bytes::DecodeBase64(payload).value_or("");
    std::map<long, std::string> open_numbers;
    std::ifstream lines(options_.ledger);
    long highest = -1;
    for (std::string line; std::getline(lines, line);) {
      const auto number = [&](const char* name) { return std::atol(line.c_str() + line.find(name) + std::string_view(name).size()); };
      const long n = number("\"n\":");
      highest = std::max(highest, n);
      if (line.find("\"op\":\"send\"") != std::string::npos) {
        open_numbers[n] = line.substr(line.find("\"id\":\"") + 6, 64);
      } else if (line.find("\"result\":\"unknown\"") == std::string::npos) {
        open_numbers.erase(n);
      }
    }
    next_ = highest + 1;
    const auto client = Connect();
    std::map<std::string, bool> settled;
    for (const auto& [n, id] : open_numbers) {
      if (gone_) return;
      if (!payloads.contains(id) || settled[id]) continue;
      settled[id] = true;
      Send(*client, payloads[id], true);
    }
  }

  const Options& options_;
  const keys::PrivateKey key_;
  Ledger ledger_;
  std::atomic<long> next_{0};
  std::atomic<long> answered_{0};
  std::atomic<bool> gone_{false};
  std::atomic<bool> told_{false};
};

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--retry") {
      options.retry = true;
      continue;
    }
    if (i + 1 == argc) {
      std::fprintf(stderr, "ack_writer: %s needs a value\n", flag.c_str());
      return 2;
    }
    const std::string value = argv[++i];
    const std::map<std::string, std::string*> texts = {{"--grpc", &options.grpc},     {"--key", &options.key},       {"--issuer", &options.issuer},
                                                       {"--origin", &options.origin}, {"--ledger", &options.ledger}, {"--wait", &options.wait}};
    if (const auto text = texts.find(flag); text != texts.end()) {
      *text->second = value;
    } else if (flag == "--threads") {
      options.threads = std::atoi(value.c_str());
    } else if (flag == "--count") {
      options.count = std::atol(value.c_str());
    } else if (flag == "--batch") {
      options.batch = std::atoi(value.c_str());
    } else {
      std::fprintf(stderr, "ack_writer: unknown option %s\n", flag.c_str());
      return 2;
    }
  }
  auto key = keys::ReadPrivateKeyFile(options.key);
  if (!key.ok()) {
    std::fprintf(stderr, "ack_writer: %s\n", std::string(bytes::MessageOf(key.status())).c_str());
    return 2;
  }
  return Writer(options, *std::move(key)).Run();
}

}  // namespace
}  // namespace trustlog

int main(int argc, char** argv) { return trustlog::Main(argc, argv); }
