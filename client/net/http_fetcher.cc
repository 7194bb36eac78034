#include "client/net/http_fetcher.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "fmt/format.h"

namespace trustlog::net {
namespace {

using std::chrono::milliseconds;

constexpr long kMaxIdleConnections = 32;

void StartCurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

// A part of a URL; "" where there is none.
std::string Part(CURLU* url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, 0) != CURLUE_OK || text == nullptr) return "";
  std::string part = text;
  curl_free(text);
  return part;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

absl::StatusOr<std::string> CheckBase(const std::string& base_url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
  const auto refuse = [&base_url](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("log address {}: {}", base_url, why));
  };
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, base_url.c_str(), 0) != CURLUE_OK) return refuse("not a URL");
  if (!Part(url.get(), CURLUPART_USER).empty() || !Part(url.get(), CURLUPART_PASSWORD).empty()) return refuse("has a user name");
  if (!Part(url.get(), CURLUPART_QUERY).empty() || !Part(url.get(), CURLUPART_FRAGMENT).empty())
    return refuse("has a query or a fragment");
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && !(scheme == "http" && IsLoopback(Part(url.get(), CURLUPART_HOST)))) {
    return refuse("must be https (http only to this machine)");
  }
  std::string base = Part(url.get(), CURLUPART_URL);
  if (!base.ends_with('/')) base += '/';
  return base;
}

bool IsPlainPath(const std::string& path) {
  if (path.empty() || path.front() == '/') return false;
  const bool printable = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; });
  return printable && ("/" + path + "/").find("/../") == std::string::npos;
}

struct Answer {
  absl::StatusOr<std::string> result = absl::UnavailableError("not asked");
  bool retry = false;
  milliseconds retry_after{0};
};

struct Transfer {
  std::size_t request = 0;  // its place in the call
  std::string url;
  std::size_t max_bytes = 0;
  std::string body;
  bool too_large = false;
};

std::size_t TakeBytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (bytes > transfer.max_bytes - transfer.body.size()) {
    transfer.too_large = true;
    return 0;  // ends the transfer: an endless body costs max_bytes and no more
  }
  transfer.body.append(data, bytes);
  return bytes;
}

absl::Status TooLarge(const Transfer& transfer) {
  return absl::DataLossError(fmt::format("{}: the answer has more than {} bytes", transfer.url, transfer.max_bytes));
}

Answer Judge(CURL* easy, CURLcode code, Transfer& transfer) {
  if (transfer.too_large) return {.result = TooLarge(transfer)};
  if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_PEER_FAILED_VERIFICATION) {
    return {.result = absl::FailedPreconditionError(fmt::format("{}: {}", transfer.url, curl_easy_strerror(code)))};
  }
  if (code != CURLE_OK) {
    return {.result = absl::UnavailableError(fmt::format("{}: {}", transfer.url, curl_easy_strerror(code))), .retry = true};
  }
  long http = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http);
  const std::string said = fmt::format("{}: HTTP {}", transfer.url, http);
  if (http == 200) return {.result = std::move(transfer.body)};
  if (http == 404) return {.result = absl::NotFoundError(said)};
  if (http != 429 && http < 500) return {.result = absl::FailedPreconditionError(said)};
  curl_off_t seconds = 0;  // of either form of Retry-After; 0 where there is none
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  return {.result = absl::UnavailableError(said), .retry = true, .retry_after = std::chrono::seconds(seconds)};
}

}  // namespace

// Handles of one call at a time: curl keeps the connections of a multi handle open between calls.
class HttpFetcher::Engine final {
 public:
  explicit Engine(const HttpOptions& options) : options_(options), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
  }
  ~Engine() {
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One try of each of `pending`. What is worth another try stays in `pending`; returned: the longest Retry-After among those.
  milliseconds Try(const std::string& base_url, std::span<const GetRequest> requests, std::vector<std::size_t>& pending,
                   std::vector<absl::StatusOr<std::string>>& results) {
    std::vector<Transfer> transfers;
    for (const std::size_t i : pending) transfers.push_back({i, base_url + requests[i].path, requests[i].max_bytes, "", false});
    std::vector<Answer> answers(transfers.size());
    Run(transfers, answers);
    pending.clear();
    milliseconds retry_after{0};
    for (std::size_t i = 0; i < transfers.size(); ++i) {
      if (answers[i].retry) pending.push_back(transfers[i].request);
      retry_after = std::max(retry_after, answers[i].retry_after);
      results[transfers[i].request] = std::move(answers[i].result);
    }
    return retry_after;
  }

 private:
  // answers[i] belongs to transfers[i].
  void Run(std::vector<Transfer>& transfers, std::vector<Answer>& answers) {
    std::size_t next = 0, running = 0;
    while (next < transfers.size() || running > 0) {
      for (; next < transfers.size() && running < std::max<std::size_t>(options_.parallel, 1); ++next, ++running)
        Start(transfers[next]);
      int active = 0;
      curl_multi_perform(multi_, &active);
      const std::size_t done = Collect(transfers, answers);
      running -= done;
      if (done == 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

  void Start(Transfer& transfer) {
    CURL* easy = nullptr;
    if (idle_.empty()) {
      easy = curl_easy_init();
    } else {
      easy = idle_.back();
      idle_.pop_back();
      curl_easy_reset(easy);
    }
    const bool loopback = transfer.url.starts_with("http:");
    curl_easy_setopt(easy, CURLOPT_URL, transfer.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, loopback ? "http" : "https");
    if (loopback) curl_easy_setopt(easy, CURLOPT_PROXY, "");  // never by way of another machine
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, identity");  // E2
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_multi_add_handle(multi_, easy);
  }

  // The number of transfers that ended.
  std::size_t Collect(std::vector<Transfer>& transfers, std::vector<Answer>& answers) {
    std::size_t done = 0;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      answers[static_cast<std::size_t>(transfer - transfers.data())] = Judge(easy, code, *transfer);
      curl_multi_remove_handle(multi_, easy);
      idle_.push_back(easy);
      ++done;
    }
    return done;
  }

  const HttpOptions& options_;
  CURLM* multi_;
  std::vector<CURL*> idle_;
};

struct HttpFetcher::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Engine>> idle;

  std::unique_ptr<Engine> Take(const HttpOptions& options) {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Engine>(options);
    std::unique_ptr<Engine> engine = std::move(idle.back());
    idle.pop_back();
    return engine;
  }
  void Return(std::unique_ptr<Engine> engine) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(engine));
  }
};

HttpFetcher::HttpFetcher(std::string base_url, HttpOptions options)
    : base_url_(std::move(base_url)), options_(std::move(options)), pool_(std::make_unique<Pool>()) {}
HttpFetcher::~HttpFetcher() = default;

absl::StatusOr<std::unique_ptr<HttpFetcher>> HttpFetcher::Create(const std::string& base_url, HttpOptions options) {
  StartCurl();
  auto base = CheckBase(base_url);
  if (!base.ok()) return base.status();
  return std::unique_ptr<HttpFetcher>(new HttpFetcher(*std::move(base), std::move(options)));
}

absl::StatusOr<std::string> HttpFetcher::Get(const std::string& path, std::size_t max_bytes) {
  const GetRequest request{path, max_bytes};
  return std::move(GetMany({&request, 1}).front());
}

std::vector<absl::StatusOr<std::string>> HttpFetcher::GetMany(std::span<const GetRequest> requests) {
  std::vector<absl::StatusOr<std::string>> results(requests.size(), absl::UnavailableError("not asked"));
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (IsPlainPath(requests[i].path)) {
      pending.push_back(i);
    } else {
      results[i] = absl::InvalidArgumentError(fmt::format("not a plain path: {}", requests[i].path));
    }
  }
  std::minstd_rand random(std::random_device{}());
  std::unique_ptr<Engine> engine = pool_->Take(options_);
  milliseconds pause = options_.first_pause;
  for (int tried = 1; !pending.empty(); ++tried, pause *= 2) {
    const milliseconds asked_for = engine->Try(base_url_, requests, pending, results);
    if (pending.empty() || tried >= options_.tries || asked_for > options_.longest_pause) break;
    const milliseconds jittered(std::uniform_int_distribution<milliseconds::rep>(pause.count() / 2, pause.count())(random));
    Sleep(std::min(std::max(jittered, asked_for), options_.longest_pause));
  }
  pool_->Return(std::move(engine));
  return results;
}

void HttpFetcher::Sleep(milliseconds pause) const {
  if (options_.sleep) {
    options_.sleep(pause);
  } else {
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace trustlog::net
