// Who a connection speaks for. Made by authentication, read by access, immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/base/random.hpp"

namespace chartroom::auth {

enum class Who : std::uint8_t { anonymous, user, admin };

// What the party of a user begins with; the `sub` follows.
inline constexpr std::string_view kUserParty = "user/";

struct Principal {
    Who who = Who::anonymous;
    // A user's `sub`; for an anonymous participant 32 hex digits that follow from its key; for an
    // admin a label.
    std::string id;
    std::vector<std::string> sessions;       // claims: names that may be followed and written
    std::vector<std::string> sessions_read;  // claims: names that may be followed and read
    // Who came with a ticket has this session and no other. Empty: not so.
    base::SessionId only_session = {};

    // The name under which the log knows this principal: `user/<sub>`, `anon/<id>`, `admin/<id>`.
    [[nodiscard]] std::string party() const;
};

// Shared because the followers of one connection on several strands hold it, and a token refresh
// replaces it without waiting for them.
using PrincipalPtr = std::shared_ptr<const Principal>;

// A participant key: 128 random bits as 32 lower-case hex digits. Only its client holds it; who
// shows it again is the same anonymous participant.
[[nodiscard]] std::string make_participant_key(base::Random& random);

// The anonymous participant of a key. Its id is a digest of the key, so that what the log and other
// clients see does not open anything.
// Errors: validation_error (not 32 lower-case hex digits), with field `participant`.
[[nodiscard]] base::Result<Principal> anonymous_participant(std::string_view key);

}  // namespace chartroom::auth
