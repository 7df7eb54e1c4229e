// The names of a memory store: those on the disk, and those that have a number but were not used by
// a committed group yet. The latter are lost with the store, and their numbers are given again.
#pragma once

#include <array>
#include <map>
#include <string>

#include "core/base/random.hpp"
#include "storage/memory/memory_disk.hpp"

namespace chartroom::storage {

// Not thread-safe: its owner holds the disk's mutex.
class MemoryNames {
  public:
    MemoryNames(MemoryDisk& disk, base::Random& random);

    // The number of `request`, a new one if nobody asked for it before.
    [[nodiscard]] Interned intern(const NameRequest& request);
    // Null: no such number.
    [[nodiscard]] const MemoryDisk::StoredName* find(NameSpace space, std::uint64_t number) const;
    // The party's text and secret go; its number stays.
    void erase(std::uint64_t party);
    // Puts the names that `group` uses on the disk.
    void save_used_by(const Group& group);

  private:
    using Key = std::pair<NameSpace, std::uint64_t>;
    void save(NameSpace space, std::uint64_t number);

    MemoryDisk& disk_;
    base::Random& random_;
    std::array<std::uint64_t, 4> next_{};  // by name space
    std::map<MemoryDisk::NameKey, std::uint64_t> unsaved_numbers_;
    std::map<Key, MemoryDisk::StoredName> unsaved_;
};

}  // namespace chartroom::storage
