// An event: one row of a session. Never changed after it is written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/ids.hpp"

namespace chartroom::events {

// The numbers are on disk (storage/FORMAT.md): never renumber.
enum class Kind : std::uint8_t { in = 1, out = 2, command = 3, effect = 4, note = 5 };

// What a row is worth to a reader who comes later. Effects, commands and notes have none.
enum class Class : std::uint8_t {
    none = 0,
    lasting = 1,   // messages, answers' ends, results: history
    piece = 2,     // tokens, chunks: superseded by the end of their stream
    fleeting = 3,  // typing: a cursor skips it once it is older than kFleetingUs
};
inline constexpr std::int64_t kFleetingUs = 10'000'000;

// A text that the log has given a number (EventLog::intern). Numbers are chained and compared;
// texts are shown, and stand in a side table that can be erased.
struct Name {
    std::uint64_t number = 0;  // 0: none
    std::string text;
    bool operator==(const Name&) const = default;
};

// The party that stands for a session begins so, its id follows: the subject of what anonymous
// people say in it, and the party of Scope::followers_of.
inline constexpr std::string_view kSessionParty = "session/";

enum class Scope : std::uint8_t {
    everyone = 0,
    only = 1,
    all_but = 2,
    followers_of = 3,  // whoever may follow the session that `party` stands for, asked at delivery
};

// Which participants an `out` event is for; `party` is an interned number, 0 for everyone.
struct Audience {
    Scope scope = Scope::everyone;
    std::uint64_t party = 0;
    std::string name;  // of followers_of: the party's text, which access is asked with
    bool operator==(const Audience&) const = default;
};

// Where an event that another session emitted came from: its outbox row. Zero: from here.
struct Source {
    base::SessionNumber session;
    base::Offset offset;
    bool operator==(const Source&) const = default;
};

struct Event {
    base::Offset offset;
    std::int64_t at_us = 0;  // UTC
    Kind kind = Kind::note;
    Class cls = Class::none;
    bool ends_turn = false;  // the last row of the turn that `cause` began
    bool json = true;        // payload is JSON text; otherwise bytes
    bool erased = false;     // payload and client id are gone; stands outside the chained header
    Name type;
    Name actor;          // who did it: a user, an anonymous participant, a plugin, the server
    Name subject;        // whose content it is
    Audience audience;   // of `out` rows
    base::Offset cause;  // the inbound event whose turn this row belongs to; 0 for none
    std::uint64_t build =
        0;  // the plugin build (an interned number) of the turn that this row opens
    Source source;
    std::string client_id;  // of `in` rows; empty: none
    std::string payload;    // opaque to the log

    bool operator==(const Event&) const = default;
};

// Shared because one committed event stands in its session's tail and in the delivery windows of
// many followers at once, and outlives whichever lets go first. Immutable.
using EventPtr = std::shared_ptr<const Event>;

}  // namespace chartroom::events
