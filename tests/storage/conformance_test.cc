#include "tests/storage/conformance.h"

#include "tests/support/memory_storage.h"

namespace trustlog::storage {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override { return store_.Open(); }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override { return store_.Open(); }

 private:
  support::MemoryStore store_{SampleIdentity()};
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override { return CreateStorage(url(), SampleIdentity()); }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override { return OpenStorage(url()); }

 private:
  std::string url() const { return "sqlite:" + directory_.path() + "/log.db"; }

  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Memory, Conformance, testing::Values(Engine{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }}),
                         EngineName);
INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(Engine{"Sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}),
                         EngineName);

}  // namespace
}  // namespace trustlog::storage
