// A RecordSource in memory, for monitors, bundles and tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/registry/verdict.h"

namespace trustlog::registry {

class MemoryFacts final : public RecordSource {
 public:
  // Keeps the first record of each statement id.   REQUIRES: ascending by index; gaps are records that do not decode.
  void Add(std::uint64_t index, std::shared_ptr<const attest::Entry> entry);
  void Add(std::uint64_t index, attest::Entry entry) { Add(index, std::make_shared<const attest::Entry>(std::move(entry))); }

  absl::StatusOr<std::optional<Fact>> ById(const attest::Id& id) const override;
  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t index) const override;
  absl::StatusOr<std::optional<Fact>> ByIndex(std::uint64_t index) const override;
  absl::StatusOr<std::vector<Fact>> About(std::string_view member, std::uint8_t principle, std::uint64_t size) const override;
  absl::StatusOr<std::vector<Fact>> ReferringTo(const attest::Id& id, std::uint64_t size) const override;

 private:
  struct IdHash {
    std::size_t operator()(const attest::Id& id) const;
  };
  std::unordered_map<attest::Id, Fact, IdHash> facts_;
  struct Place {
    std::optional<std::uint64_t> logged_at_ms;
    std::shared_ptr<const attest::Entry> entry;  // null: a repetition
  };
  std::vector<Place> places_;                                                            // by index
  std::map<std::string, std::map<std::uint8_t, std::vector<Fact>>, std::less<>> about_;  // by subject, then principle
  std::unordered_map<attest::Id, std::vector<Fact>, IdHash> referring_;                  // by the id referred to
};

}  // namespace trustlog::registry
