// Opening the log's file: who may have it, whether it is one, and what a start settles before it.
#pragma once

#include <memory>
#include <string>

#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

// Which crash may take back commits that were acknowledged.
enum class Durability : std::uint8_t {
    power_loss,     // none: a commit is on the disk before it is acknowledged
    process_crash,  // a loss of power or of the kernel: the last commits, never part of one
};

// An exclusive claim on a log's file for as long as it lives. It stands on a file of its own, since
// SQLite's own locks must let readers in.
class FileLock {
  public:
    // Throws `locked` if another server has it, or what taking it met.
    explicit FileLock(const std::string& log_path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    // The log was refused: leaves no file behind that was not there.
    void forget();

  private:
    std::string path_;
    int fd_ = -1;
    bool created_ = false;
};

// What the file says about itself.
struct LogIdentity {
    Epoch epoch;
    base::Secret seed_key{};
    OwnerEpoch owner_epoch;
};

// A connection that may write, its settings made. The file is refused, or a log of this version.
[[nodiscard]] std::unique_ptr<Db> open_for_writing(const std::string& path, Durability durability,
                                                   const std::string& vfs);
// A connection that only reads.
[[nodiscard]] std::unique_ptr<Db> open_for_reading(const std::string& path, const std::string& vfs);

[[nodiscard]] LogIdentity read_identity(Db& db);
// Begins a server's time on the file: makes what is missing, raises the owner epoch, draws a new
// epoch where commits may have been lost, and notes that the file is open.
[[nodiscard]] LogIdentity begin_serving(Db& db, Durability durability, const std::string& boot_id,
                                        base::Random& random);
// Ends it in order.
void end_serving(Db& db);

// The running kernel's; empty if the system does not say.
[[nodiscard]] std::string current_boot_id();

}  // namespace chartroom::storage
