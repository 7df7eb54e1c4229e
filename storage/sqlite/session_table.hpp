// The sessions as their writer sees them: numbers, heads and head hashes, with what the open
// transaction has changed kept apart until it is committed. Belongs to the writer's thread.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/api/event_log.hpp"
#include "storage/sqlite/chunk_index.hpp"
#include "storage/sqlite/db.hpp"
#include "storage/sqlite/row_codec.hpp"

namespace chartroom::storage {

// Heads kept in memory; over it they are forgotten and looked up again.
inline constexpr std::size_t kHeadsCached = 262'144;
// Numbers given to sessions that have no row yet; over it the oldest is taken back, and a group for
// it is a conflict.
inline constexpr std::size_t kReservedMax = 262'144;

// Finds the newest row of a session. Belongs to one connection.
class HeadFinder {
  public:
    HeadFinder(Db& db, const ChunkIndex& index) : index_(index), table_(db) {}
    struct Place {
        Offset offset;  // 0: the session has no rows
        std::uint64_t row = 0;
    };
    [[nodiscard]] Place head_of(SessionNumber session);
    // The rowid of a row at or below the head; 0 above it.
    [[nodiscard]] std::uint64_t row_of(SessionNumber session, Offset offset);

  private:
    const ChunkIndex& index_;
    ChunkTable table_;
};

// Numbers of sessions that have no row yet. They outlive a connection, since their writers do.
class Reservations {
  public:
    // Numbers from here on are free.
    void begin_at(std::uint64_t number) { next_ = std::max(next_, number); }
    [[nodiscard]] std::optional<SessionNumber> find(const SessionId& id) const;
    [[nodiscard]] const SessionId* find(SessionNumber number) const;  // null: none
    SessionNumber add(const SessionId& id);
    void drop(SessionNumber number);

  private:
    std::uint64_t next_ = 1;
    std::map<SessionNumber, SessionId> ids_;
    std::unordered_map<SessionId, SessionNumber> numbers_;
};

class SessionTable {
  public:
    struct Head {
        Offset offset;
        Digest hash{};
    };
    struct State {
        bool written = false;  // it has rows
        bool erased = false;
        Head head;                  // committed
        Head next;                  // with what the open transaction adds
        std::uint64_t subject = 0;  // one that the table `subject` has for it; 0: ask the table
        bool touched = false;
        bool erasing = false;  // by the open transaction
    };

    SessionTable(Db& db, const ChunkIndex& index, Reservations& reserved);

    // The number of the session, a new one if it has none.
    [[nodiscard]] SessionNumber number_of(const SessionId& id);
    // Null: no such number was given. The pointer lives until the next call.
    [[nodiscard]] State* find(SessionNumber number);
    // The group's rows are inserted, into a session that find() knows: moves its head, and writes
    // the session's own row if these are its first.
    void advance(const Group& group);
    // Nothing is appended to it any more. Of a session that find() knows and that has rows.
    void erase(SessionNumber number);
    // Ids that begin with `prefix` become `erased/<number>`, and mean other sessions from now on.
    // False, and nothing is changed: one of them is not erased.
    [[nodiscard]] bool forget_ids(const std::string& prefix);
    // In which sessions rows of a subject stand, that are not erased.
    [[nodiscard]] std::vector<SessionNumber> sessions_of(std::uint64_t subject);
    // The subject's first row in a session, or one below it; 0: it has none.
    [[nodiscard]] Offset first_of(std::uint64_t subject, SessionNumber session);
    // The rows of a subject (0: of every one) in a session are erased.
    void forget_subject(std::uint64_t subject, SessionNumber session);
    [[nodiscard]] std::string id_of(SessionNumber number);  // of one that has rows
    // A row of a session that find() knows; throws corrupt if it is not there.
    [[nodiscard]] StoredRow row_at(SessionNumber session, Offset offset);
    // Whether the stored row at the group's last offset carries its hash.
    [[nodiscard]] bool has(const Group& group);

    void committed();
    void rolled_back();

  private:
    [[nodiscard]] Digest hash_at(SessionNumber session, std::uint64_t row, Offset offset);
    void note_subjects(const Group& group, State& state);
    void touch(SessionNumber number, State& state);

    HeadFinder heads_;
    RowSelector rows_;
    Statement select_by_id_;
    Statement select_by_number_;
    Statement insert_;
    Statement add_subject_;
    std::unordered_map<std::uint64_t, State> states_;
    std::vector<SessionNumber> touched_;
    Reservations& reserved_;
};

}  // namespace chartroom::storage
