// The arrows of the design as a test: which folder may include which, and which libraries it may know. Reads every #include of the tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trustlog {
namespace {

namespace fs = std::filesystem;

struct Layer {
  std::set<std::string> may;          // folders of ours, or single headers of them
  std::set<std::string> libraries;    // first part of <...> includes that are not std or POSIX
};

// Every folder may include itself and std; absl and fmt outside merkle; spdlog in .cc files of server.
const std::map<std::string, Layer>& Layers() {
  static const std::map<std::string, Layer> layers = {
      {"merkle", {{}, {"openssl"}}},
      {"proto/bytes", {{"merkle"}, {}}},
      {"proto/keys", {{"proto/bytes", "merkle"}, {"openssl", "sodium"}}},
      {"proto/tlog", {{"proto/keys", "proto/bytes", "merkle"}, {}}},
      {"proto/attest", {{"proto/keys", "proto/bytes", "merkle"}, {"boost/json"}}},
      {"storage", {{"storage/sqlite", "proto/bytes", "merkle"}, {}}},
      {"storage/sqlite", {{"storage", "proto/bytes", "merkle"}, {"sqlite3"}}},
      {"client/registry", {{"proto/attest", "proto/keys", "proto/bytes", "merkle"}, {"boost/json"}}},
      {"client/index", {{"proto/attest", "proto/bytes", "merkle"}, {}}},
      {"client/net", {{"proto/tlog", "proto/bytes", "merkle"}, {"curl"}}},
      {"client/rpc", {{"trustlog/v1", "google/rpc", "proto/bytes"}, {"grpcpp", "grpc", "google/protobuf"}}},
      {"client/follow",
       {{"client/net", "client/registry", "proto/tlog", "proto/attest", "proto/keys", "proto/bytes", "merkle"}, {"boost/json"}}},
      {"client/cli",
       {{"client/follow", "client/net", "client/registry", "client/rpc", "proto/tlog", "proto/attest", "proto/keys", "proto/bytes", "merkle",
         "trustlog/v1"},
        {"CLI", "toml++", "boost/json"}}},
      {"server/runtime", {{}, {}}},
      {"server/metrics", {{"server/runtime"}, {"prometheus"}}},
      {"server/signer", {{"proto/tlog", "proto/keys", "proto/bytes", "merkle", "server/runtime", "server/metrics"}, {}}},
      {"server/log",
       {{"server/signer/signer.h", "storage", "proto/tlog", "proto/bytes", "merkle", "server/runtime", "server/metrics"}, {}}},
      {"server/admission",
       {{"server/log/admitter.h", "storage", "client/registry", "proto/attest", "proto/keys", "proto/bytes", "merkle", "server/runtime",
         "server/metrics"},
        {}}},
      {"server/query",
       {{"server/log", "server/admission/live_registry.h", "storage", "client/index", "client/registry", "proto/attest", "proto/bytes", "merkle",
         "server/runtime", "server/metrics"},
        {}}},
      {"server/api",
       {{"server/log", "server/admission", "server/query", "storage", "client/index", "client/registry", "trustlog/v1", "google/rpc", "proto/attest", "proto/tlog",
         "proto/bytes", "merkle", "server/runtime", "server/metrics"},
        {"google/protobuf"}}},
      {"server/grpc",
       {{"server/api", "trustlog/v1", "proto/bytes", "server/runtime", "server/metrics"}, {"grpcpp", "grpc", "google/protobuf"}}},
      {"server/http", {{"server/runtime", "server/metrics"}, {"boost/beast", "boost/asio", "openssl", "zlib"}}},
      {"server/tiles", {{"server/http", "storage", "proto/tlog", "proto/bytes", "merkle", "server/runtime", "server/metrics"}, {"zlib"}}},
      {"server/web", {{"server/http", "server/api", "proto/attest", "proto/bytes", "server/runtime", "server/metrics"}, {"boost/json"}}},
      {"server",
       {{"merkle", "proto/bytes", "proto/keys", "proto/tlog", "proto/attest", "storage", "client/registry", "client/net", "server/runtime",
         "server/metrics", "server/signer", "server/log", "server/admission", "server/query", "server/api", "server/grpc", "server/http", "server/tiles",
         "server/web", "trustlog/v1"},
        {"CLI", "toml++", "systemd"}}},
  };
  return layers;
}

const std::regex kInclude(R"rx(^\s*#\s*include\s+(["<])([^">]+)[">])rx");
const std::set<std::string> kForeign = {"openssl",         "sodium", "boost/json", "boost/beast", "boost/asio", "sqlite3", "curl",   "grpcpp",     "grpc",
                                        "google/protobuf", "CLI",    "toml++",     "prometheus",  "zlib",       "systemd", "spdlog", "libpq-fe", "boost"};

bool IsIn(std::string_view path, std::string_view folder) {
  return path == folder || (path.size() > folder.size() && path.substr(0, folder.size()) == folder && (path[folder.size()] == '/' || path[folder.size()] == '.'));
}

// The longest name of kForeign that the include begins with; "" for std, POSIX, absl and fmt.
std::string LibraryOf(std::string_view include) {
  std::string best;
  for (const auto& name : kForeign) {
    if (IsIn(include, name) && name.size() > best.size()) best = name;
  }
  return best;
}

// What is wrong with one include of one file; "" if nothing is.
std::string Judge(const std::string& folder, const fs::path& file, bool ours, const std::string& include) {
  const auto& layer = Layers().at(folder);
  const std::string where = file.string() + " includes " + include;
  if (!ours) {
    const std::string library = LibraryOf(include);
    if (folder == "merkle" && (IsIn(include, "absl") || IsIn(include, "fmt"))) return where;
    if (library.empty() || layer.libraries.contains(library)) return "";
    if (library == "spdlog" && folder.rfind("server", 0) == 0 && file.extension() == ".cc") return "";
    return where;
  }
  if (IsIn(include, "absl") || IsIn(include, "fmt")) return folder == "merkle" ? where : "";
  const std::string included_folder = fs::path(include).parent_path().string();
  if (included_folder == folder) return "";
  for (const auto& allowed : layer.may) {
    if (included_folder == allowed || include == allowed) return "";
  }
  return where;
}

std::vector<std::string> Violations(const std::string& folder, const fs::path& file, std::istream& text) {
  std::vector<std::string> violations;
  std::string line;
  std::smatch match;
  while (std::getline(text, line)) {
    if (!std::regex_search(line, match, kInclude)) continue;
    const bool quoted = match[1] == "\"";
    const std::string include = match[2];
    // Library headers that are written in quotes (gRPC's generated code, absl) are judged by their first folder.
    const bool ours = quoted && LibraryOf(include).empty();
    if (auto wrong = Judge(folder, file, ours, include); !wrong.empty()) violations.push_back(std::move(wrong));
  }
  return violations;
}

TEST(Layers, EveryIncludeFollowsAnArrowOfTheDesign) {
  int files = 0;
  for (const auto* top : {"merkle", "proto", "storage", "client", "server"}) {
    for (const auto& found : fs::recursive_directory_iterator(fs::path(TRUSTLOG_SOURCE_DIR) / top)) {
      const auto extension = found.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      const auto relative = fs::relative(found.path(), TRUSTLOG_SOURCE_DIR);
      const std::string folder = relative.parent_path().string();
      ASSERT_TRUE(Layers().contains(folder)) << "folder without a row: " << folder;
      std::ifstream text(found.path());
      for (const auto& violation : Violations(folder, relative, text)) ADD_FAILURE() << violation;
      ++files;
    }
  }
  EXPECT_GT(files, 100);
}

TEST(Layers, SeesAnIllegalInclude) {
  const struct {
    const char *name, *folder, *file, *line;
  } cases[] = {
      {"back edge", "merkle", "merkle/x.cc", "#include \"proto/bytes/hex.h\""},
      {"absl in merkle", "merkle", "merkle/x.cc", "#include \"absl/status/status.h\""},
      {"client knows the server", "client/follow", "client/follow/x.cc", "#include \"server/log/log.h\""},
      {"core knows kinds", "server/log", "server/log/x.cc", "#include \"proto/attest/entry.h\""},
      {"core knows the concrete signer", "server/log", "server/log/x.cc", "#include \"server/signer/local_signer.h\""},
      {"sqlite outside its folder", "storage", "storage/x.cc", "#include <sqlite3.h>"},
      {"spdlog in a header", "server/log", "server/log/x.h", "#include <spdlog/spdlog.h>"},
      {"beast outside http", "server/tiles", "server/tiles/x.cc", "#include <boost/beast/http.hpp>"},
  };
  for (const auto& c : cases) {
    std::istringstream text(c.line);
    EXPECT_EQ(Violations(c.folder, c.file, text).size(), 1U) << c.name;
  }
}

TEST(Layers, HeadersKeepHeavyAndForeignStringTypesOut) {
  const std::set<std::string> heavy = {"boost/beast", "boost/asio", "CLI", "spdlog", "sqlite3", "curl", "toml++"};
  for (const auto* top : {"merkle", "proto", "storage", "client", "server"}) {
    for (const auto& found : fs::recursive_directory_iterator(fs::path(TRUSTLOG_SOURCE_DIR) / top)) {
      if (found.path().extension() != ".h") continue;
      std::ifstream text(found.path());
      std::string line;
      std::smatch match;
      while (std::getline(text, line)) {
        EXPECT_EQ(line.find("absl::string_view"), std::string::npos) << found.path();
        EXPECT_EQ(line.find("absl::Span"), std::string::npos) << found.path();
        if (!std::regex_search(line, match, kInclude)) continue;
        EXPECT_FALSE(heavy.contains(LibraryOf(match[2].str()))) << found.path() << ": " << line;
      }
    }
  }
}

}  // namespace
}  // namespace trustlog
