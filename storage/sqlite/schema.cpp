#include "storage/sqlite/schema.hpp"

#include <array>
#include <string>

namespace chartroom::storage {
namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE session (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    erased INTEGER NOT NULL DEFAULT 0);
CREATE TABLE name (
    space INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text TEXT,
    secret BLOB,
    PRIMARY KEY (space, number),
    UNIQUE (space, text)) WITHOUT ROWID;
CREATE TABLE event (
    row INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    at INTEGER NOT NULL,
    bits INTEGER NOT NULL,
    actor INTEGER,
    subject INTEGER,
    cause INTEGER,
    party INTEGER,
    build INTEGER,
    source_session INTEGER,
    source_offset INTEGER,
    client_id TEXT,
    hash BLOB,
    payload);
CREATE TABLE chunk (
    session INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    rows BLOB NOT NULL,
    visible INTEGER NOT NULL,
    lasting INTEGER NOT NULL,
    ids BLOB,
    PRIMARY KEY (session, chunk)) WITHOUT ROWID;
CREATE TABLE turn (
    session INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    plugin INTEGER NOT NULL,
    PRIMARY KEY (session, inbound, plugin)) WITHOUT ROWID;
CREATE TABLE state (
    session INTEGER NOT NULL,
    plugin INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (session, plugin)) WITHOUT ROWID;
CREATE TABLE outbox (
    session INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (session, offset)) WITHOUT ROWID;
CREATE TABLE delivered (
    session INTEGER NOT NULL,
    source INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (session, source)) WITHOUT ROWID;
CREATE TABLE quarantine (
    build INTEGER NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (build, key)) WITHOUT ROWID;
CREATE VIEW log AS
    SELECT s.id AS session, e.offset,
           strftime('%Y-%m-%dT%H:%M:%S', e.at / 1000000, 'unixepoch') ||
               printf('.%06dZ', e.at % 1000000) AS at,
           CASE e.bits & 7 WHEN 1 THEN 'in' WHEN 2 THEN 'out' WHEN 3 THEN 'command'
                WHEN 4 THEN 'effect' WHEN 5 THEN 'note' END AS kind,
           CASE (e.bits >> 3) & 3 WHEN 1 THEN 'lasting' WHEN 2 THEN 'piece'
                WHEN 3 THEN 'fleeting' END AS class,
           (e.bits >> 5) & 1 AS ends_turn, (e.bits >> 7) & 1 AS erased,
           t.text AS type, a.text AS actor, u.text AS subject, e.cause,
           CASE (e.bits >> 8) & 3 WHEN 1 THEN 'only' WHEN 2 THEN 'all_but' END AS scope,
           p.text AS party, b.text AS build, e.source_session, e.source_offset, e.client_id,
           hex(e.hash) AS hash, e.payload
    FROM event e
    JOIN session s ON s.number = e.session
    LEFT JOIN name t ON t.space = 1 AND t.number = e.bits >> 16
    LEFT JOIN name a ON a.space = 2 AND a.number = e.actor
    LEFT JOIN name u ON u.space = 2 AND u.number = e.subject
    LEFT JOIN name p ON p.space = 2 AND p.number = e.party
    LEFT JOIN name b ON b.space = 3 AND b.number = e.build
    ORDER BY e.session, e.offset;
)sql";

constexpr const char* kVersion2 = R"sql(
CREATE TABLE subject (
    subject INTEGER NOT NULL,
    session INTEGER NOT NULL,
    first INTEGER NOT NULL,
    PRIMARY KEY (subject, session)) WITHOUT ROWID;
INSERT INTO subject
    SELECT subject, session, min(offset) FROM event WHERE subject IS NOT NULL
    GROUP BY subject, session;
CREATE INDEX subject_session ON subject (session);
CREATE TABLE digest (row INTEGER PRIMARY KEY, digest BLOB NOT NULL);
CREATE TABLE erasure (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    session INTEGER,
    subject INTEGER,
    own INTEGER,
    part_of INTEGER,
    first INTEGER NOT NULL,
    note INTEGER NOT NULL,
    next INTEGER NOT NULL,
    state_type INTEGER,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL);
CREATE INDEX erasure_session ON erasure (session);
CREATE INDEX erasure_open ON erasure (state, number) WHERE state < 2;
CREATE TABLE new_state (
    session INTEGER NOT NULL,
    plugin INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (session, plugin)) WITHOUT ROWID;
INSERT INTO new_state SELECT session, plugin, offset FROM state;
DROP TABLE state;
ALTER TABLE new_state RENAME TO state;
)sql";

// steps[i] brings a file from version i to version i + 1.
constexpr std::array kSteps = {kVersion1, kVersion2};
static_assert(kSteps.size() == kFormatVersion);

}  // namespace

bool check_format(Db& db) {
    const std::int64_t application = db.number("PRAGMA application_id");
    const std::int64_t version = db.number("PRAGMA user_version");
    const bool empty = db.number("SELECT count(*) FROM sqlite_master") == 0;
    if (empty && application == 0 && version == 0) return false;
    if (application != kApplicationId || version < 1) {
        throw DbFailure({base::Code::not_a_log,
                         db.path() + ": this database is no Chartroom log: name another file"});
    }
    if (version > kFormatVersion) {
        throw DbFailure(
            {base::Code::newer_format, db.path() + ": written by a newer Chartroom (format " +
                                           std::to_string(version) + ", this program knows " +
                                           std::to_string(kFormatVersion) + "): run that one"});
    }
    return true;
}

void migrate(Db& db) {
    const auto from = static_cast<std::size_t>(db.number("PRAGMA user_version"));
    for (std::size_t step = from; step < kSteps.size(); ++step) {
        db.exec("BEGIN IMMEDIATE");
        db.exec(kSteps[step]);
        db.exec(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
        db.exec(("PRAGMA user_version = " + std::to_string(step + 1)).c_str());
        db.exec("COMMIT");
    }
}

}  // namespace chartroom::storage
