#include "storage/sqlite/row_codec.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "core/base/check.hpp"

namespace chartroom::storage {
namespace {

constexpr std::uint64_t kEndsTurn = 1u << 5;
constexpr std::uint64_t kJson = 1u << 6;
constexpr std::uint64_t kErased = 1u << 7;
constexpr unsigned kScopeShift = 8;
constexpr std::uint64_t kUnusedBits = 0xfc00;
constexpr unsigned kTypeShift = 16;
constexpr std::uint64_t kTypeMax = (std::uint64_t{1} << 47) - 1;

void unpack_bits(std::uint64_t bits, events::Event& event, const std::string& path) {
    const auto kind = bits & 7;
    const auto scope = (bits >> kScopeShift) & 3;
    if (kind < 1 || kind > 5 || (bits & kUnusedBits) != 0) {
        fail_corrupt(path, "a row has a kind that does not exist, or unknown bits");
    }
    event.kind = kind_of(bits);
    event.cls = class_of(bits);
    event.ends_turn = (bits & kEndsTurn) != 0;
    event.json = (bits & kJson) != 0;
    event.erased = (bits & kErased) != 0;
    event.audience.scope = static_cast<events::Scope>(scope);
    event.type.number = bits >> kTypeShift;
}

}  // namespace

std::uint64_t pack_bits(const events::Event& event) {
    CHECK(event.type.number <= kTypeMax);
    return static_cast<std::uint64_t>(event.kind) | static_cast<std::uint64_t>(event.cls) << 3 |
           (event.ends_turn ? kEndsTurn : 0) | (event.json ? kJson : 0) |
           (event.erased ? kErased : 0) |
           static_cast<std::uint64_t>(event.audience.scope) << kScopeShift |
           event.type.number << kTypeShift;
}

RowInserter::RowInserter(Db& db)
    : usual_(db,
             "INSERT INTO event (session, offset, at, bits, actor, subject, cause, client_id, hash,"
             " payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
      full_(db,
            "INSERT INTO event (session, offset, at, bits, actor, subject, cause, client_id, hash,"
            " payload, party, build, source_session, source_offset)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)") {}

void RowInserter::bind(Statement& into, SessionNumber session, const events::Event& event,
                       const Digest* hash) {
    into.bind(1, session.value).bind(2, event.offset.value).bind_signed(3, event.at_us);
    into.bind(4, pack_bits(event));
    into.bind_number(5, event.actor.number).bind_number(6, event.subject.number);
    into.bind_number(7, event.cause.value);
    event.client_id.empty() ? into.bind_null(8) : into.bind_text(8, event.client_id);
    hash == nullptr ? into.bind_null(9) : into.bind_blob(9, *hash);
    event.json ? into.bind_text(10, event.payload) : into.bind_blob(10, event.payload);
}

std::uint64_t RowInserter::insert(SessionNumber session, const events::Event& event,
                                  const Digest* hash) {
    const bool rare = event.audience.party != 0 || event.build != 0 ||
                      event.source.session.value != 0 || event.source.offset.value != 0;
    Statement& statement = rare ? full_ : usual_;
    bind(statement, session, event, hash);
    if (rare) {
        full_.bind_number(11, event.audience.party).bind_number(12, event.build);
        full_.bind_number(13, event.source.session.value);
        full_.bind_number(14, event.source.offset.value);
    }
    statement.run();
    return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(statement.db().handle()));
}

RowSelector::RowSelector(Db& db)
    : select_(db,
              "SELECT row, session, offset, at, bits, actor, subject, cause, party, build,"
              " source_session, source_offset, client_id, hash, payload"
              " FROM event WHERE row BETWEEN ?1 AND ?2 ORDER BY row") {}

void RowSelector::start(std::uint64_t first, std::uint64_t last) {
    select_.reset();  // an earlier run may have ended before its last row
    select_.bind(1, first).bind(2, last);
}

bool RowSelector::next(StoredRow& into) {
    if (!select_.next()) return false;
    into.row = select_.number(0);
    into.session = {select_.number(1)};
    events::Event& event = into.event;
    event.offset = {select_.number(2)};
    event.at_us = select_.signed_number(3);
    unpack_bits(select_.number(4), event, select_.db().path());
    event.actor.number = select_.number(5);
    event.subject.number = select_.number(6);
    event.cause = {select_.number(7)};
    event.audience.party = select_.number(8);
    event.build = select_.number(9);
    event.source = {SessionNumber{select_.number(10)}, Offset{select_.number(11)}};
    event.client_id = select_.bytes(12);
    const std::string_view hash = select_.bytes(13);
    into.has_hash = !hash.empty();
    if (into.has_hash) {
        if (hash.size() != into.hash.size()) {
            fail_corrupt(select_.db().path(), "a hash is not 32 bytes");
        }
        std::ranges::copy(hash, into.hash.begin());
    }
    event.payload = select_.bytes(14);
    return true;
}

StoredRow RowSelector::one(std::uint64_t row) {
    StoredRow stored;
    start(row, row);
    if (!next(stored)) fail_corrupt(select_.db().path(), "an indexed row is missing");
    reset();
    return stored;
}

}  // namespace chartroom::storage
