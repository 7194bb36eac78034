// CheckpointStore over the table `slots`. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "storage/checkpoint_store.h"
#include "storage/sqlite/connections.h"

namespace trustlog::sqlite {

class SqliteCheckpoints final : public storage::CheckpointStore {
 public:
  explicit SqliteCheckpoints(Connections& connections) : connections_(connections) {}  // borrows

  absl::StatusOr<std::string> Latest(std::string_view origin, storage::Slot slot) const override;
  [[nodiscard]] absl::Status Swap(std::string_view origin, storage::Slot slot, std::string_view old, std::string_view now) override;
  [[nodiscard]] absl::Status Confirm() override { return connections_.stopped(); }

 private:
  Connections& connections_;
};

}  // namespace trustlog::sqlite
