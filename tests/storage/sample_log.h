// Records for storage tests, and the steps of a batch as the sequencer does them.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "merkle/integrate.h"
#include "proto/bytes/wire.h"
#include "storage/open_storage.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::storage {

inline Identity SampleIdentity() {
  Identity identity{"TEST-storage.example/2026", "TEST-storage.example/2026+01234567+key", "2026-11-23", {}};
  identity.store_id.fill(7);
  return identity;
}

inline Id SampleId(std::uint64_t index) { return merkle::Sha256(bytes::AsBytes(fmt::format("id {}", index))); }

// Different at each index in every part, with sizes that vary.
inline Record SampleRecord(std::uint64_t index) {
  return {fmt::format("entry {} {}", index, std::string(index * 37 % 300, 'e')), SampleId(index),
          fmt::format("companion {} {}", index, std::string(index * 101 % 700, 'c'))};
}

inline std::vector<Record> SampleRecords(std::uint64_t begin, std::uint64_t count) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(SampleRecord(begin + i));
  return records;
}

inline std::vector<merkle::Hash> LeavesOf(const std::vector<Record>& records) {
  std::vector<merkle::ByteView> views;
  for (const Record& record : records) views.push_back(bytes::AsBytes(record.entry));
  std::vector<merkle::Hash> leaves(records.size());
  merkle::HashLeaves(views, leaves);
  return leaves;
}

// The head and growth by which `records` would be appended now.
struct Batch {
  merkle::TreeHead expected;
  merkle::Growth growth;
  std::vector<Record> records;
};

inline Batch Prepare(LogWriter& log, std::vector<Record> records) {
  const View view = log.Look({}).value();
  auto growth = merkle::Integrate(view.head, view.edge, LeavesOf(records));
  return {view.head, growth.value(), std::move(records)};
}

inline absl::Status Commit(LogWriter& log, const Batch& batch) { return log.Append(batch.expected, batch.growth, batch.records); }

inline absl::Status AppendAll(LogWriter& log, std::vector<Record> records) { return Commit(log, Prepare(log, std::move(records))); }

// Appends SampleRecords up to `size` in batches of `width`.
inline void GrowTo(LogWriter& log, std::uint64_t size, std::uint64_t width) {
  for (std::uint64_t at = log.IntegratedHead().value().size; at < size; at += width) {
    ASSERT_EQ(AppendAll(log, SampleRecords(at, std::min(width, size - at))), absl::OkStatus());
  }
}

using support::TemporaryDirectory;

}  // namespace trustlog::storage
