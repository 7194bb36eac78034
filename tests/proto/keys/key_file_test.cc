#include "proto/keys/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "proto/bytes/reason.h"
#include "proto/keys/pem.h"

namespace trustlog::keys {
namespace {

using absl::StatusCode;
using bytes::Reason;
using ::testing::HasSubstr;
using ::testing::Optional;

namespace fs = std::filesystem;

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "trustlog-keys-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    unsetenv("CREDENTIALS_DIRECTORY");
    fs::remove_all(folder_);
  }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

  static PrivateKey Fresh(Algorithm algorithm = Algorithm::kEd25519) { return *PrivateKey::Generate(algorithm); }

  void Write(std::string_view name, std::string_view content, mode_t mode = 0600) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    ASSERT_EQ(chmod(Path(name).c_str(), mode), 0);
  }

  std::string WrittenKey(std::string_view name) const {
    EXPECT_TRUE(WriteKeyFiles(Path(name), Fresh()).ok());
    return Path(name);
  }

  static mode_t Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  fs::path folder_;
};

TEST_F(KeyFile, WhatIsWrittenIsReadBack) {
  for (const auto algorithm : {Algorithm::kEd25519, Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der}) {
    const auto key = Fresh(algorithm);
    const auto path = Path(AlgorithmName(algorithm));
    const auto written = WriteKeyFiles(path, key);
    ASSERT_TRUE(written.ok()) << written;
    const auto secret = ReadPrivateKeyFile(path);
    ASSERT_TRUE(secret.ok()) << secret.status();
    EXPECT_EQ(secret->ToPkcs8(), key.ToPkcs8());
    const auto open = ReadPublicKeyFile(path + ".pub");
    ASSERT_TRUE(open.ok()) << open.status();
    EXPECT_EQ(*open, key.public_key());
  }
}

TEST_F(KeyFile, ModesAreThoseOfTheContractWhateverTheUmask) {
  for (const mode_t mask : {0000, 0077}) {
    const mode_t before = umask(mask);
    const auto path = WrittenKey(mask == 0 ? "open" : "closed");
    umask(before);
    EXPECT_EQ(Mode(path), 0600U);
    EXPECT_EQ(Mode(path + ".pub"), 0644U);
  }
}

TEST_F(KeyFile, NothingIsOverwritten) {
  const auto path = WrittenKey("key");
  const auto before = ReadSmallFile(path, 4096);
  EXPECT_EQ(WriteKeyFiles(path, Fresh()).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(*ReadSmallFile(path, 4096), *before);

  Write("half.pub", "somebody else's");
  EXPECT_EQ(WriteKeyFiles(Path("half"), Fresh()).code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(Path("half")));
  EXPECT_EQ(*ReadSmallFile(Path("half.pub"), 4096), "somebody else's");

  fs::create_symlink(Path("elsewhere"), Path("link"));
  EXPECT_EQ(WriteKeyFiles(Path("link"), Fresh()).code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(Path("elsewhere")));
}

TEST_F(KeyFile, WritesIntoTheWorkingDirectory) {
  const auto before = fs::current_path();
  fs::current_path(folder_);
  const auto written = WriteKeyFiles("bare", Fresh());
  const auto read = ReadPrivateKeyFile("bare");
  fs::current_path(before);
  EXPECT_TRUE(written.ok()) << written;
  EXPECT_TRUE(read.ok()) << read.status();
}

TEST_F(KeyFile, WritesNothingWhereTheDirectoryIsMissingOrOpenToOthers) {
  EXPECT_EQ(WriteKeyFiles(Path("missing/key"), Fresh()).code(), StatusCode::kNotFound);
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  EXPECT_EQ(WriteKeyFiles(Path("key"), Fresh()).code(), StatusCode::kPermissionDenied);
  EXPECT_FALSE(fs::exists(Path("key")));
}

TEST_F(KeyFile, OnlyModes0600And0400AreRead) {
  const auto path = WrittenKey("key");
  for (const mode_t mode : {0600, 0400, 0000, 0200, 0500, 0640, 0644, 0604, 0660, 0666, 0700, 04600, 02600, 01600}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const auto read = ReadPrivateKeyFile(path);
    EXPECT_EQ(read.ok(), mode == 0600 || mode == 0400) << std::oct << mode;
    if (!read.ok()) {
      EXPECT_EQ(read.status().code(), StatusCode::kPermissionDenied);
    }
  }
}

TEST_F(KeyFile, TheMessageNamesTheFileItsModeAndWhatToDo) {
  const auto path = WrittenKey("key");
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  const std::string message(ReadPrivateKeyFile(path).status().message());
  EXPECT_THAT(message, HasSubstr(path));
  EXPECT_THAT(message, HasSubstr("0644"));
  EXPECT_THAT(message, HasSubstr("chmod 600"));
}

TEST_F(KeyFile, ADirectoryThatOthersCanWriteIsRefused) {
  const auto path = WrittenKey("key");
  for (const mode_t mode : {0700, 0750, 0755, 0500, 0770, 0722, 0702, 0777, 01777}) {
    ASSERT_EQ(chmod(folder_.c_str(), mode), 0);
    const auto read = ReadPrivateKeyFile(path);
    EXPECT_EQ(read.ok(), (mode & 0022) == 0) << std::oct << mode;
    if (!read.ok()) {
      EXPECT_EQ(read.status().code(), StatusCode::kPermissionDenied);
    }
  }
}

TEST_F(KeyFile, ASymbolicLinkIsRefused) {
  const auto path = WrittenKey("key");
  fs::create_symlink(path, Path("link"));
  EXPECT_EQ(ReadPrivateKeyFile(Path("link")).status().code(), StatusCode::kPermissionDenied);
  fs::create_symlink(Path("nowhere"), Path("dangling"));
  EXPECT_EQ(ReadPrivateKeyFile(Path("dangling")).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(KeyFile, WhatIsNotARegularFileIsRefused) {
  fs::create_directory(Path("folder"));
  ASSERT_EQ(chmod(Path("folder").c_str(), 0600), 0);
  EXPECT_EQ(ReadPrivateKeyFile(Path("folder")).status().code(), StatusCode::kPermissionDenied);
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadPrivateKeyFile(Path("pipe")).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(KeyFile, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadPrivateKeyFile(Path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadPrivateKeyFile(Path("no/folder")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadPublicKeyFile(Path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadSmallFile(Path("missing"), 10).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadPrivateKeyFile("").status().code(), StatusCode::kNotFound);
}

TEST_F(KeyFile, AnotherOwnerIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const auto path = WrittenKey("key");
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  EXPECT_EQ(ReadPrivateKeyFile(path).status().code(), StatusCode::kPermissionDenied);
  ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  ASSERT_EQ(chown(folder_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(ReadPrivateKeyFile(path).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(KeyFile, ACredentialOfSystemdMayBeReadableByItsGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, whose file a credential is";
  const auto path = WrittenKey("key");
  ASSERT_EQ(chmod(path.c_str(), 0440), 0);
  EXPECT_FALSE(ReadPrivateKeyFile(path).ok());
  setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_TRUE(ReadPrivateKeyFile(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  EXPECT_FALSE(ReadPrivateKeyFile(path).ok());
  setenv("CREDENTIALS_DIRECTORY", folder_.parent_path().c_str(), 1);
  ASSERT_EQ(chmod(path.c_str(), 0440), 0);
  EXPECT_FALSE(ReadPrivateKeyFile(path).ok());
}

TEST_F(KeyFile, ContentThatIsNotOneKeyIsRefusedWithoutShowingIt) {
  const auto key = Fresh();
  const auto pem = EncodePem(kPrivateKeyLabel, key.ToPkcs8());
  const struct {
    const char* name;
    std::string content;
  } cases[] = {
      {"empty", ""},
      {"DER", key.ToPkcs8()},
      {"public key", EncodePem(kPublicKeyLabel, key.public_key().spki())},
      {"two keys", pem + pem},
      {"label of PKCS#1", EncodePem("RSA PRIVATE KEY", key.ToPkcs8())},
      {"not PKCS#8", EncodePem(kPrivateKeyLabel, "canary-secret")},
      {"raw seed", EncodePem(kPrivateKeyLabel, std::string(32, 'c'))},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Write("key", c.content);
    const auto status = ReadPrivateKeyFile(Path("key")).status();
    EXPECT_THAT(bytes::ReasonOf(status), Optional(Reason::kArgumentInvalid));
    EXPECT_THAT(std::string(status.message()), HasSubstr(Path("key")));
    EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("canary")));
  }
  Write("key", pem + std::string(4096, '\n'));
  EXPECT_THAT(bytes::ReasonOf(ReadPrivateKeyFile(Path("key")).status()), Optional(Reason::kTooLarge));
}

TEST_F(KeyFile, APublicKeyIsReadUnderTheAlgorithmAskedFor) {
  const auto path = WrittenKey("key") + ".pub";
  EXPECT_EQ(ReadPublicKeyFile(path)->algorithm(), Algorithm::kEd25519);
  EXPECT_EQ(ReadPublicKeyFile(path, Algorithm::kEd25519Batch)->algorithm(), Algorithm::kEd25519Batch);
  EXPECT_THAT(bytes::ReasonOf(ReadPublicKeyFile(path, Algorithm::kEcdsaP256Sha256Der).status()),
              Optional(Reason::kAlgorithmMismatch));
  Write("junk.pub", "junk");
  EXPECT_THAT(bytes::ReasonOf(ReadPublicKeyFile(Path("junk.pub")).status()), Optional(Reason::kArgumentInvalid));
  Write("point.pub", EncodePem(kPublicKeyLabel, std::string(44, '\0')));
  EXPECT_THAT(bytes::ReasonOf(ReadPublicKeyFile(Path("point.pub")).status()), Optional(Reason::kAlgorithmMismatch));
}

TEST_F(KeyFile, SmallFilesAreReadWholeUpToTheLimit) {
  Write("file", std::string(10, 'x'));
  EXPECT_EQ(*ReadSmallFile(Path("file"), 10), std::string(10, 'x'));
  EXPECT_EQ(*ReadSmallFile(Path("file"), 11), std::string(10, 'x'));
  const auto status = ReadSmallFile(Path("file"), 9).status();
  EXPECT_THAT(bytes::ReasonOf(status), Optional(Reason::kTooLarge));
  EXPECT_EQ(bytes::MetadataValue(status, "limit"), "9");
  Write("empty", "");
  EXPECT_EQ(*ReadSmallFile(Path("empty"), 0), "");
  EXPECT_EQ(ReadSmallFile(folder_.string(), 10).status().code(), StatusCode::kFailedPrecondition);
}

// Public keys of Google's builders, as they publish them: one has no last line feed.
TEST(ForeignKeyFiles, AreRead) {
  const fs::path folder = TRUSTLOG_SHARED_DATA "/attestations/google-cloud";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent";
  std::vector<fs::path> files = {folder / "gke-gce-vsa-v1.pub.pem"};
  for (const auto& file : fs::directory_iterator(folder / "keys")) files.push_back(file.path());
  EXPECT_GT(files.size(), 20U);
  for (const auto& file : files) {
    const auto key = ReadPublicKeyFile(file.string());
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->algorithm(), Algorithm::kEcdsaP256Sha256Der);
  }
}

}  // namespace
}  // namespace trustlog::keys
