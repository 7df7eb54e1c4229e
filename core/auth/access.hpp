// Who may do what. Pure: the only place that builds session ids and compares principals with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/principal.hpp"
#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/base/random.hpp"
#include "core/events/event.hpp"

namespace chartroom::auth {

enum class AnonymousNames : std::uint8_t { secret, named };  // [access] anonymous
enum class Conversations : std::uint8_t { closed, open };    // [access] conversations

struct AccessPolicy {
    AnonymousNames anonymous = AnonymousNames::secret;
    Conversations conversations = Conversations::closed;
    bool self_erase = false;
};

// What `resolve` has to know of the route that a name came in on.
struct RouteIdentity {
    std::string key;       // stands in `room/<key>/…`: the dialect's name, e.g. "broadcast"
    bool is_room = false;  // the broadcast route: everyone in one room
};

struct Resolved {
    base::SessionId id;
    std::string name;    // what this principal says to come back to it
    bool fresh = false;  // made up just now: nothing can be in it yet
};

// The session that `name` (already percent-decoded once; empty: a new one, or the one that a ticket
// is for) means for `principal` on `route`. `random` makes a UUID where a new session is needed.
// Errors: validation_error (a name outside [A-Za-z0-9._@:-]{1,128}), forbidden.
[[nodiscard]] base::Result<Resolved> resolve(const AccessPolicy& policy, const Principal& principal,
                                             const RouteIdentity& route, std::string_view name,
                                             base::Random& random);

// Whether `text` may stand in a token's `sessions` or `sessions_read`: a name, or `kind:*`, which
// covers every name that begins with `kind:`.
[[nodiscard]] bool is_session_claim(std::string_view text);

enum class Action : std::uint8_t { follow, history, write, cancel, export_, erase };

// Whether `principal` may do `action` in `session`. `own` : for cancel, the turn is the
// principal's.
[[nodiscard]] bool may(const AccessPolicy& policy, const Principal& principal, Action action,
                       const base::SessionId& session, bool own = true);

// Whether `principal` may erase the person whose token says `sub`: an admin, and under
// `self_erase` that user.
[[nodiscard]] bool may_erase_person(const AccessPolicy& policy, const Principal& principal,
                                    std::string_view sub);
// What the ids of a user's own sessions begin with: `user/<encoded sub>/`.
[[nodiscard]] std::string sessions_of_user(std::string_view sub);

// The session that the user of `party` (Principal::party) means by `name` where no claim covers it:
// where a plugin sends what is for that person, e.g. `home`.
// Errors: validation_error (the name, or a party that is no user's).
[[nodiscard]] base::Result<base::SessionId> own_session(std::string_view party,
                                                        std::string_view name);

// Whether `event` is one that `principal` (with this party number) sees in a session that it may
// read. Effects, commands, notes and inbound rows are for admins.
[[nodiscard]] bool visible(const AccessPolicy& policy, const events::Event& event,
                           const Principal& principal, std::uint64_t party);

// Ids of which a listing for some principal consists.
struct IdRange {
    std::string id;       // the one id, or what all of them begin with
    bool prefix = false;  // which of the two
    bool operator==(const IdRange&) const = default;
};

// What a listing shows to `principal`, rising, none within another: its own sessions and those that
// its claims cover. Open sessions never, since whoever has their id is let in.
[[nodiscard]] std::vector<IdRange> listed(const Principal& principal);

// What `principal` says to come to `session`, where a listing shows it; nothing for a session that
// it reaches by no name.
[[nodiscard]] std::optional<std::string> name_of(const AccessPolicy& policy,
                                                 const Principal& principal,
                                                 const base::SessionId& session);

// The scope within which a client id is unique in `session`: the session itself for `open/`, else
// the principal. True: ids of anyone in the session meet.
[[nodiscard]] bool client_ids_are_shared(const base::SessionId& session);

}  // namespace chartroom::auth
