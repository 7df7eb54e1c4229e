// EventLog: the contract of the event log. Every store (memory, sqlite) implements it and passes
// tests/contract/event_log_contract.hpp. The engine knows this header and nothing of any store.
//
// Threads: every function may be called from any thread and returns at once. A completion runs on
// the executor that was handed over with the call, exactly once, also when the log is being closed.
// Bounds: a store queues what it is given; callers bound what they have outstanding (the engine's
// credits), so no call is refused for a full queue.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/executor.hpp"
#include "core/base/ids.hpp"
#include "core/events/event.hpp"

namespace chartroom::storage {

using base::Digest;
using base::Epoch;
using base::Executor;
using base::Offset;
using base::OwnerEpoch;
using base::Result;
using base::SessionId;
using base::SessionNumber;
using events::EventPtr;

template <typename T>
using Done = std::move_only_function<void(T)>;

// ---- names -------------------------------------------------------------------------------------

// Three spaces of names, each numbered 1, 2, 3 … and never renumbered.
enum class NameSpace : std::uint8_t {
    type = 1,   // event types
    party = 2,  // actors and subjects: users, participants, plugins, sessions as subjects
    build = 3,  // plugin builds, as their canonical JSON (id, version, sha256, config)
};

struct NameRequest {
    NameSpace space;
    std::string text;
};

struct Interned {
    std::uint64_t number = 0;
    base::Secret secret{};  // of a party; zeros in the other spaces
};

// ---- writing -----------------------------------------------------------------------------------

// What a session's one writer needs to go on.
struct Acquired {
    SessionNumber number;
    OwnerEpoch owner_epoch;
    Offset head;   // 0: no row yet; the session is written with its first group
    Offset first;  // the oldest row there is (1 unless trimmed)
    Digest head_hash{};
    // Inbound rows whose turn has not ended, oldest first.
    struct Unfinished {
        Offset inbound;
        std::uint64_t plugin = 0;  // the party number of the plugin whose turn it is
    };
    std::vector<Unfinished> unfinished;
    // The row of the last state of each plugin (a party number), and, when acquired, what that row
    // holds.
    struct State {
        std::uint64_t plugin = 0;
        Offset row;
        std::string payload;
    };
    std::vector<State> states;
    // Offsets of `command` rows that emit to another session and have not been appended there yet.
    std::vector<Offset> outbox;
    // For each source session, the highest source offset that has been appended here.
    struct Delivered {
        SessionNumber source;
        Offset offset;
    };
    std::vector<Delivered> delivered;
    // Of the session's past, some rows from `erased_from` on were erased by the note at
    // `erased_by`, the newest such note: who was shown rows in between holds what is gone. 0: none.
    Offset erased_from;
    Offset erased_by;
};

// Events that are committed together, all or nothing: a message and its immediate answers.
struct Group {
    SessionNumber session;
    OwnerEpoch owner_epoch;
    Offset expected_head;          // events are expected_head + 1 … without gaps
    std::vector<EventPtr> events;  // at least one, at most kGroupEventsMax
    Digest hash{};                 // chain.hpp: over the head hash and these events

    // Small tables that ride with the group, so that a start costs what is unfinished and no more.
    std::vector<Acquired::Unfinished> turns_left_open{};  // began in this group and outlive it
    std::vector<Acquired::Unfinished> turns_ended{};      // were left open earlier and end here
    std::vector<Acquired::State> states{};                // the last state set in this group
    std::vector<Offset> outbox{};                         // rows of this group that emit elsewhere
};
inline constexpr std::size_t kGroupEventsMax = 4096;

enum class AppendStatus : std::uint8_t {
    ok,           // durable as configured
    duplicate,    // the stored row at the group's last offset has this hash: a success
    conflict,     // head differs from expected_head; nothing of the group was written
    fenced,       // owner_epoch is not the newest, whatever the rest says; nothing was written
    erased,       // the session was erased; nothing was written
    unavailable,  // not now (disk full, locked); nothing was written, the same group may be retried
    unknown,      // written or not, nobody can tell: acquire again before trusting anything
};

struct AppendAnswer {
    AppendStatus status = AppendStatus::unknown;
    std::string reason;  // for the operator where status is unavailable or unknown
};

// ---- erasing -----------------------------------------------------------------------------------

// What is to go of one session. Said by the session's writer, which has ended its turns before.
struct Erasure {
    // Its last group, a note without a subject. Rows before it are erased, it is not.
    Group note;
    // The party whose rows go; the session goes on, without any plugin's last state. 0: every row
    // goes, and the session is over.
    std::uint64_t subject = 0;
    // Where one subject's rows go: notes of this type (a number) go too, whoever's they are, from
    // the subject's first row on.
    std::uint64_t state_type = 0;
    // Of a session that is over: the party that is the session as a subject. Its name and secret go
    // where no other session has rows of it.
    std::uint64_t own = 0;
    // The ledger's number of the person's erasure that this is a part of; 0: it stands alone.
    std::uint64_t part_of = 0;
    std::string reason;  // for the ledger
};

struct PersonErasure {
    std::uint64_t number = 0;  // in the ledger
    std::uint64_t party = 0;
};

// A row of the ledger of erasures; it names nobody.
struct LedgerRow {
    std::uint64_t number = 0;  // 1, 2, 3 …
    std::int64_t at_us = 0;
    SessionNumber session;      // 0: a person's erasure as a whole
    std::uint64_t subject = 0;  // 0: all rows of the session
    std::uint64_t part_of = 0;
    bool complete = false;
    std::string reason;
};

// ---- reading -----------------------------------------------------------------------------------

enum class Direction : std::uint8_t { forward, backward };

struct ReadRequest {
    SessionNumber session;
    // Rows with after < offset < before; before 0 means "to the head".
    Offset after;
    Offset before;
    Direction direction = Direction::forward;
    std::size_t rows_max = 512;          // of matching rows; at least 1
    std::size_t bytes_max = 256 * 1024;  // of payloads; at least one row is returned if one matches
    // Only rows that somebody may see as frames: kind out (erased rows too).
    bool visible_only = false;
    // Only rows of class lasting.
    bool lasting_only = false;
    // Only rows whose cause is this, and that row itself; 0: any.
    Offset cause;
};

struct Page {
    std::vector<EventPtr> events;  // in the order of the direction
    // Everything between the request's start and this offset, itself included, was looked at; the
    // next page's `after` (forward) or `before` (backward).
    Offset scanned_to;
    // Rows may follow scanned_to. A page may be empty and yet have more: a store looks at a bounded
    // number of rows a page (read_filter.hpp, kScanRowsMax).
    bool more = false;
};

struct SessionInfo {
    SessionId id;
    SessionNumber number;
    Offset head;
    std::int64_t created_at_us = 0;
    std::int64_t last_at_us = 0;
    bool erased = false;
};

struct SessionPage {
    std::vector<SessionInfo> sessions;  // by id, bytewise
    bool more = false;
};

// What stands in the log under a client id.
struct ClientIdHit {
    Offset offset;
    EventPtr event;
};

enum class VerifyState : std::uint8_t { intact, broken };
struct VerifyReport {
    VerifyState state = VerifyState::intact;
    std::uint64_t groups = 0;
    std::uint64_t events = 0;
    Offset first_bad;     // last offset of the first group that does not check out
    std::string problem;  // what is wrong there
};

// How the store is, for /readyz and metrics.
struct Health {
    bool writable = true;
    std::string reason;  // why not, with the file and what to do
};

// Upper bounds, in microseconds, of the classes that commits are counted in; one more has the rest.
inline constexpr std::array<std::uint64_t, 10> kCommitUsBounds = {
    100, 250, 500, 1'000, 2'500, 5'000, 10'000, 50'000, 250'000, 1'000'000};

struct StoreStats {
    std::uint64_t groups = 0;
    std::uint64_t events = 0;
    std::uint64_t commits = 0;
    std::uint64_t commit_us_total = 0;
    std::array<std::uint64_t, kCommitUsBounds.size() + 1> commits_by_us{};
    std::uint64_t append_failures = 0;

    void add_commit(std::uint64_t us) {
        ++commits;
        commit_us_total += us;
        const auto bound = std::ranges::lower_bound(kCommitUsBounds, us);
        ++commits_by_us[static_cast<std::size_t>(bound - kCommitUsBounds.begin())];
    }
};

class EventLog {
  public:
    virtual ~EventLog() = default;

    // The identity of this incarnation of the log; constant while it is open.
    [[nodiscard]] virtual Epoch epoch() const = 0;
    // 32 bytes made with the log and never changed: seeds of turns follow from it.
    [[nodiscard]] virtual base::Secret seed_key() const = 0;

    // Makes the caller the session's one writer and says what it needs. A session that has no row
    // yet gets a number, kept only once its first group is committed.
    // Errors: erased, unavailable, corrupt.
    virtual void acquire(SessionId session, Executor& on, Done<Result<Acquired>> done) = 0;

    // The numbers (and secrets) of names, in order. New names get a number at once and are written
    // with the first group that uses them. Errors: unavailable, corrupt.
    virtual void intern(std::vector<NameRequest> names, Executor& on,
                        Done<Result<std::vector<Interned>>> done) = 0;
    // The text of a number, or not_found. Errors: not_found, unavailable, corrupt.
    virtual void name_of(NameSpace space, std::uint64_t number, Executor& on,
                         Done<Result<std::string>> done) = 0;

    // One answer a group, in order. Groups of one session in one call are written in order and a
    // failed one fails the later ones of its session with conflict; other sessions are untouched.
    virtual void append(std::vector<Group> groups, Executor& on,
                        Done<std::vector<AppendAnswer>> done) = 0;

    // Erases rows of one session: their bytes and client ids are gone from every file of the store,
    // their digests stay, so that the chain checks out. Answered when it is complete; for a part of
    // a person's erasure, when its rows are overwritten (the files are clean after
    // finish_person()). Takes a bounded time of each commit, however much is erased, and other
    // sessions go on. Answers: as append() to `note`. With conflict, fenced, erased and unavailable
    // nothing has happened; with ok it is complete; with unknown nobody can tell. Once begun it
    // cannot be taken back: what a stop or a full disk interrupts goes on by itself, at the next
    // start too.
    virtual void erase(Erasure erasure, Executor& on, Done<AppendAnswer> done) = 0;
    // Begins the erasure of a party as a subject everywhere, with a row of the ledger; one that has
    // begun and not ended is gone on with. Nothing is erased by this: the caller erases each of
    // sessions_of() and then calls finish_person(). Errors: not_found (no such party), unavailable.
    virtual void begin_person(std::string party, std::string reason, std::int64_t at_us,
                              Executor& on, Done<Result<PersonErasure>> done) = 0;
    // Sessions with rows of this subject, in order with the writes. Errors: unavailable.
    virtual void sessions_of(std::uint64_t subject, Executor& on,
                             Done<Result<std::vector<SessionId>>> done) = 0;
    // Erases the party's name and secret, gives the sessions whose ids begin with `own_prefix` the
    // ids `erased/<number>`, and completes the erasure. From then on the name's text, interned
    // again, is another party, and those ids are other sessions. Errors, nothing has happened:
    // conflict (sessions_of() has some still, or such a session is not erased), not_found (no such
    // erasure has begun), unavailable.
    virtual void finish_person(PersonErasure person, std::string own_prefix, Executor& on,
                               Done<Result<void>> done) = 0;
    // The ledger, in order. Errors: unavailable.
    virtual void erasures(Executor& on, Done<Result<std::vector<LedgerRow>>> done) = 0;

    // Committed rows only. An erased row comes without payload and client id. Errors: not_found (no
    // such session, or it has no row yet), unavailable, corrupt.
    virtual void read(ReadRequest request, Executor& on, Done<Result<Page>> done) = 0;
    // Errors: not_found.
    virtual void find_session(SessionId session, Executor& on, Done<Result<SessionInfo>> done) = 0;
    // Sessions whose id begins with `prefix`, ids above `after`, at most `limit`.
    virtual void sessions(std::string prefix, std::string after, std::size_t limit, Executor& on,
                          Done<Result<SessionPage>> done) = 0;
    // The inbound row with this client id, of this actor (a party number; 0: anyone), in
    // (since, head]. Rows are looked at through fingerprints, so a range costs little.
    virtual void find_client_id(SessionNumber session, std::uint64_t actor, std::string client_id,
                                Offset since, Executor& on,
                                Done<Result<std::optional<ClientIdHit>>> done) = 0;
    // Sessions with an unfinished turn or an undelivered outbox row: what a start has to look at.
    virtual void unfinished(Executor& on, Done<Result<std::vector<SessionId>>> done) = 0;

    // Recomputes the session's chain. Errors: not_found, unavailable.
    virtual void verify(SessionId session, Executor& on, Done<Result<VerifyReport>> done) = 0;

    // Inputs that took a plugin down: (build, key) pairs with a count; see plugin_host.
    virtual void quarantine_add(std::uint64_t build, std::string key, Executor& on,
                                Done<Result<std::uint64_t>> done) = 0;
    virtual void quarantine_list(
        Executor& on, Done<Result<std::vector<std::pair<std::string, std::uint64_t>>>> done) = 0;

    [[nodiscard]] virtual Health health() const = 0;
    [[nodiscard]] virtual StoreStats stats() const = 0;
};

}  // namespace chartroom::storage
