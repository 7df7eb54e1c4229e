// Reader: lists of sessions and the small tables.
#include "storage/sqlite/reader.hpp"

namespace chartroom::storage {

// Of a row (id, number, created_at, erased).
SessionInfo Reader::info_of(Statement& row) {
    SessionInfo info{.id = {std::string(row.bytes(0))},
                     .number = {row.number(1)},
                     .created_at_us = row.signed_number(2),
                     .erased = row.number(3) != 0};
    const HeadFinder::Place head = heads_.head_of(info.number);
    if (!head.offset) fail_corrupt(db_->path(), "a session has no rows");
    info.head = head.offset;
    info.last_at_us = rows_.one(head.row).event.at_us;
    return info;
}

Result<SessionInfo> Reader::find_session(const SessionId& id) {
    session_.bind_text(1, id.value);
    if (!session_.next()) return base::fail(base::Code::not_found, "no such session");
    const ResetLater reset(session_);
    return info_of(session_);
}

SessionPage Reader::sessions(const std::string& prefix, const std::string& after,
                             std::size_t limit) {
    SessionPage page;
    // The least id above `after` is `after` with a zero byte.
    const std::string from = std::max(prefix, after.empty() ? after : after + '\0');
    sessions_.bind_text(1, from);
    const ResetLater reset(sessions_);
    while (sessions_.next()) {
        if (!sessions_.bytes(0).starts_with(prefix)) break;
        if (page.sessions.size() == limit) {
            page.more = true;
            break;
        }
        page.sessions.push_back(info_of(sessions_));
    }
    return page;
}

std::vector<SessionId> Reader::unfinished() {
    Statement select(*db_,
                     "SELECT id FROM session WHERE number IN"
                     " (SELECT session FROM turn UNION SELECT session FROM outbox)"
                     " ORDER BY number");
    std::vector<SessionId> ids;
    while (select.next()) ids.push_back({std::string(select.bytes(0))});
    return ids;
}

std::vector<std::pair<std::string, std::uint64_t>> Reader::quarantine() {
    Statement select(*db_, "SELECT key, count FROM quarantine ORDER BY build, key");
    std::vector<std::pair<std::string, std::uint64_t>> list;
    while (select.next()) list.emplace_back(select.bytes(0), select.number(1));
    return list;
}

std::vector<LedgerRow> Reader::erasures() {
    Statement select(*db_,
                     "SELECT number, at, session, subject, part_of, state = 2, reason FROM erasure"
                     " ORDER BY number");
    std::vector<LedgerRow> rows;
    while (select.next()) {
        rows.push_back({.number = select.number(0),
                        .at_us = select.signed_number(1),
                        .session = {select.number(2)},
                        .subject = select.number(3),
                        .part_of = select.number(4),
                        .complete = select.number(5) != 0,
                        .reason = std::string(select.bytes(6))});
    }
    return rows;
}

}  // namespace chartroom::storage
