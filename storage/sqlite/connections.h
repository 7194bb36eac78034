// The connections of one store: a writer behind one mutex, a pool of read-only ones, and a thread that keeps the WAL short.
//
// Commits and swaps go through Write() one after the other; reads never wait for them. The WAL is checkpointed beside the commits:
// the thread copies what is there, then takes the writer for the little that came meanwhile, so that the next commit starts the WAL
// anew. After one write of unknown outcome, or storage that contradicts itself, every later write gets that same answer.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/sqlite/db.h"

namespace trustlog::sqlite {

// What create and open share: set and read back on each connection that writes.
std::span<const Setting> WriterSettings();

class Connections final {
 public:
  // A read-only connection on loan. Must not outlive the Connections.
  class Lease final {
   public:
    Lease(Connections& home, std::unique_ptr<Db> db) : home_(&home), db_(std::move(db)) {}
    ~Lease();
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Db& db() { return *db_; }

   private:
    Connections* home_;
    std::unique_ptr<Db> db_;
  };

  // Empties the WAL into the database (the durable state is then in one file, synced) and starts the checkpoint thread.
  // `before_first_write` runs once, before the first transaction; its error is that transaction's.
  static absl::StatusOr<std::unique_ptr<Connections>> Open(const std::string& path,
                                                           std::function<absl::Status()> before_first_write);
  ~Connections();

  // One transaction, see InTransaction. Waits for the writer.
  [[nodiscard]] absl::Status Write(const std::function<absl::Status(Db&)>& work);
  // Reads on the writer's connection, whose cache is warm, in one snapshot. Waits for the writer.
  [[nodiscard]] absl::Status ReadAsWriter(const std::function<absl::Status(Db&)>& work);
  absl::StatusOr<Lease> Read();
  // Waits for writer and readers. Unavailable: readers stayed too long.
  [[nodiscard]] absl::Status EmptyWal();
  // No writes from now on: each gets `outcome`, which is given back.
  absl::Status StopWriting(absl::Status outcome);
  // OK, or why there are no writes any more.
  absl::Status stopped() const;
  // Ends the thread, empties the WAL, closes everything. Nothing may be on loan or called afterwards.
  [[nodiscard]] absl::Status Close();

 private:
  Connections(std::string path, std::function<absl::Status()> before_first_write, std::unique_ptr<Db> writer,
              std::unique_ptr<Db> checkpointer);
  absl::Status Remember(absl::Status outcome);  // with writer_mutex_ held
  void KeepWalShort();
  void EndThread();

  const std::string path_;
  mutable std::mutex writer_mutex_;  // held across the commit: it is the turn to write
  std::function<absl::Status()> before_first_write_;
  std::unique_ptr<Db> writer_;
  absl::Status stopped_;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Db>> readers_;

  std::mutex thread_mutex_;
  std::condition_variable thread_wakes_;
  bool checkpoint_due_ = false, closing_ = false;
  std::unique_ptr<Db> checkpointer_;
  std::thread thread_;
};

}  // namespace trustlog::sqlite
