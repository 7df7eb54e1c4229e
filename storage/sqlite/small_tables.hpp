// The tables that make a start cheap: unfinished turns, last states, undelivered outbox rows, what
// was delivered, and the quarantine. storage/FORMAT.md, "The small ones". Belongs to the writer.
#pragma once

#include "storage/api/event_log.hpp"
#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

class SmallTables {
  public:
    explicit SmallTables(Db& db);

    // Puts what stands in them of this session into `into`; of a state only its row's offset.
    void load(SessionNumber session, Acquired& into);
    // What rides with the group, within its transaction.
    void ride_along(const Group& group);
    // What is to be taken up again of this row goes: an erased message's turn, an erased emit.
    void forget_row(SessionNumber session, Offset row);
    void forget_states(SessionNumber session);
    // All of it goes: the session is over.
    void forget(SessionNumber session);
    // Adds one and returns the count.
    [[nodiscard]] std::uint64_t quarantine(std::uint64_t build, const std::string& key);

  private:
    Statement turns_, add_turn_, end_turn_;
    Statement states_, set_state_;
    Statement outbox_, add_outbox_, end_outbox_;
    Statement delivered_, set_delivered_;
    Statement quarantine_;
    Statement forget_turn_, forget_states_;
    Db& db_;
};

}  // namespace chartroom::storage
