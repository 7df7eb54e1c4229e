// A SQLite VFS over the system's that fails as a test asks: the disk is full, a write is cut short,
// a sync reports an error.
#pragma once

#include <atomic>
#include <string>

namespace chartroom::storage {

enum class DiskFault : int {
    none,
    full,         // writes to the WAL find no space
    short_write,  // a write to the WAL stops in the middle with an error
    failed_sync,  // syncs of the WAL fail; what was written is in the page cache
    read_only,    // no file can be opened for writing
};

// Registers the VFS for the life of the object. One at a time in a process.
class FaultyVfs {
  public:
    FaultyVfs();
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    [[nodiscard]] std::string name() const;
    // From now on, until set again.
    void set(DiskFault fault);
    // How often a fault struck.
    [[nodiscard]] int strikes() const;
};

}  // namespace chartroom::storage
