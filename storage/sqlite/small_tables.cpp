#include "storage/sqlite/small_tables.hpp"

#include "core/base/check.hpp"

namespace chartroom::storage {

SmallTables::SmallTables(Db& db)
    : turns_(db, "SELECT inbound, plugin FROM turn WHERE session = ?1 ORDER BY inbound, plugin"),
      add_turn_(db, "INSERT OR REPLACE INTO turn (session, inbound, plugin) VALUES (?1, ?2, ?3)"),
      end_turn_(db, "DELETE FROM turn WHERE session = ?1 AND inbound = ?2 AND plugin = ?3"),
      states_(db, "SELECT plugin, offset FROM state WHERE session = ?1"),
      set_state_(db, "INSERT OR REPLACE INTO state (session, plugin, offset) VALUES (?1, ?2, ?3)"),
      outbox_(db, "SELECT offset FROM outbox WHERE session = ?1 ORDER BY offset"),
      add_outbox_(db, "INSERT OR REPLACE INTO outbox (session, offset) VALUES (?1, ?2)"),
      end_outbox_(db, "DELETE FROM outbox WHERE session = ?1 AND offset = ?2"),
      delivered_(db, "SELECT source, offset FROM delivered WHERE session = ?1"),
      set_delivered_(db,
                     "INSERT INTO delivered (session, source, offset) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT DO UPDATE SET offset = max(offset, excluded.offset)"),
      quarantine_(db,
                  "INSERT INTO quarantine (build, key, count) VALUES (?1, ?2, 1)"
                  " ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count"),
      forget_turn_(db, "DELETE FROM turn WHERE session = ?1 AND inbound = ?2"),
      forget_states_(db, "DELETE FROM state WHERE session = ?1"),
      db_(db) {}

void SmallTables::load(SessionNumber session, Acquired& into) {
    turns_.bind(1, session.value);
    while (turns_.next()) into.unfinished.push_back({Offset{turns_.number(0)}, turns_.number(1)});
    states_.bind(1, session.value);
    while (states_.next()) {
        into.states.push_back({states_.number(0), Offset{states_.number(1)}, {}});
    }
    outbox_.bind(1, session.value);
    while (outbox_.next()) into.outbox.push_back({outbox_.number(0)});
    delivered_.bind(1, session.value);
    while (delivered_.next()) {
        into.delivered.push_back(
            {SessionNumber{delivered_.number(0)}, Offset{delivered_.number(1)}});
    }
}

void SmallTables::ride_along(const Group& group) {
    const std::uint64_t session = group.session.value;
    for (const auto& turn : group.turns_left_open) {
        add_turn_.bind(1, session).bind(2, turn.inbound.value).bind(3, turn.plugin).run();
    }
    for (const auto& turn : group.turns_ended) {
        end_turn_.bind(1, session).bind(2, turn.inbound.value).bind(3, turn.plugin).run();
    }
    for (const auto& state : group.states) {
        set_state_.bind(1, session).bind(2, state.plugin).bind(3, state.row.value).run();
    }
    for (const Offset offset : group.outbox) {
        add_outbox_.bind(1, session).bind(2, offset.value).run();
    }
    for (const EventPtr& event : group.events) {
        const events::Source& source = event->source;
        if (source.session.value == 0) continue;
        set_delivered_.bind(1, session).bind(2, source.session.value);
        set_delivered_.bind(3, source.offset.value).run();
        end_outbox_.bind(1, source.session.value).bind(2, source.offset.value).run();
    }
}

void SmallTables::forget_row(SessionNumber session, Offset row) {
    forget_turn_.bind(1, session.value).bind(2, row.value).run();
    end_outbox_.bind(1, session.value).bind(2, row.value).run();
}

void SmallTables::forget_states(SessionNumber session) {
    forget_states_.bind(1, session.value).run();
}

void SmallTables::forget(SessionNumber session) {
    for (const char* sql :
         {"DELETE FROM turn WHERE session = ?1", "DELETE FROM outbox WHERE session = ?1",
          "DELETE FROM delivered WHERE session = ?1"}) {
        Statement(db_, sql).bind(1, session.value).run();
    }
    forget_states(session);
}

std::uint64_t SmallTables::quarantine(std::uint64_t build, const std::string& key) {
    quarantine_.bind(1, build).bind_text(2, key);
    CHECK(quarantine_.next());
    const std::uint64_t count = quarantine_.number(0);
    quarantine_.run();
    return count;
}

}  // namespace chartroom::storage
