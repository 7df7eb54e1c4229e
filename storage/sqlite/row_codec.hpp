// An event as a row of the table `event`, both ways.
#pragma once

#include "storage/api/event_log.hpp"
#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

// The small numbers of an event in one column; FORMAT.md, "event".
[[nodiscard]] std::uint64_t pack_bits(const events::Event& event);

[[nodiscard]] constexpr events::Kind kind_of(std::uint64_t bits) {
    return static_cast<events::Kind>(bits & 7);
}
[[nodiscard]] constexpr events::Class class_of(std::uint64_t bits) {
    return static_cast<events::Class>((bits >> 3) & 3);
}

// Appends rows. Belongs to the writer.
class RowInserter {
  public:
    explicit RowInserter(Db& db);
    // `hash` is given with the last row of a group, else null. Returns the rowid.
    std::uint64_t insert(SessionNumber session, const events::Event& event, const Digest* hash);

  private:
    void bind(Statement& into, SessionNumber session, const events::Event& event,
              const Digest* hash);

    Statement usual_;  // without the columns that most rows leave empty
    Statement full_;
};

// What one stored row holds. Names have their numbers only.
struct StoredRow {
    std::uint64_t row = 0;
    SessionNumber session;
    events::Event event;
    bool has_hash = false;
    Digest hash{};
};

// Reads rows by rowid. Belongs to one connection.
class RowSelector {
  public:
    explicit RowSelector(Db& db);

    // Starts on the rows from `first` to `last`, both included; then next() until it is false.
    void start(std::uint64_t first, std::uint64_t last);
    // Throws corrupt where a row has values that FORMAT.md does not know.
    [[nodiscard]] bool next(StoredRow& into);
    void reset() { select_.reset(); }
    // The one row; throws corrupt if it is not there.
    [[nodiscard]] StoredRow one(std::uint64_t row);
    [[nodiscard]] Db& db() const { return select_.db(); }

  private:
    Statement select_;
};

}  // namespace chartroom::storage
