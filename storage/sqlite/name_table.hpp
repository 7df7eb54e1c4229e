// The numbers of names. Those in the table and those that only have a number yet; the latter are
// written with the first group that uses them. storage/FORMAT.md, "name".
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

// Names kept in memory; over it, those that are in the table are forgotten and looked up again.
inline constexpr std::size_t kNamesCached = 262'144;

// What is known of names without asking the database. Any thread.
class NameCache {
  public:
    // The names' numbers, if all of them are here.
    [[nodiscard]] std::optional<std::vector<Interned>> find(
        const std::vector<NameRequest>& names) const;
    // The text of a number that may not be in the table yet.
    [[nodiscard]] std::optional<std::string> text_of(NameSpace space, std::uint64_t number) const;
    // How many names were erased: a copy of texts made at another count is out of date.
    [[nodiscard]] std::uint64_t erased() const { return erased_.load(); }

  private:
    friend class NameTable;
    struct Entry {
        Interned interned;
        bool saved = false;
    };
    using Texts = std::unordered_map<std::string, Entry>;
    static constexpr std::size_t kSpaces = 4;  // numbered from 1

    mutable std::mutex mutex_;
    std::array<Texts, kSpaces> texts_;
    std::array<std::unordered_map<std::uint64_t, std::string>, kSpaces> unsaved_;
    std::array<std::uint64_t, kSpaces> next_{};  // 0: the table has not been asked
    std::atomic<std::uint64_t> erased_{0};
};

// The writer's side. Belongs to the writer's connection.
class NameTable {
  public:
    NameTable(Db& db, NameCache& cache, base::Random& random);

    // The name's number, a new one if nobody has asked for it before.
    [[nodiscard]] Interned intern(const NameRequest& name);
    // Writes the names that `group` uses and that are not in the table yet.
    void save_used_by(const Group& group);
    void save(NameSpace space, std::uint64_t number);
    // The party's number, if it is in the table.
    [[nodiscard]] std::optional<std::uint64_t> find_party(const std::string& text);
    // Text and secret of a party go from the table, and with the commit from memory.
    void erase(std::uint64_t party);
    void committed();
    void rolled_back();

  private:
    [[nodiscard]] std::optional<Interned> load(const NameRequest& name);
    void forget_saved();

    NameCache& cache_;
    base::Random& random_;
    Statement select_;
    Statement insert_;
    Statement select_text_;
    Statement erase_;
    // In this transaction.
    std::map<std::pair<NameSpace, std::uint64_t>, std::string> saving_;
    std::vector<std::string> erasing_;
};

}  // namespace chartroom::storage
