// What the participants of a conversation are told in their home sessions, so that their other tabs
// keep their lists: `message_added {message, conversation}` and `conversation {id, last_message,
// updated_at, participants}`. Only sessions named `conversation:<id>` have them.
//
// The participants are the users who have sent something; the state of the session is
// {"participants": [party, …]}, the newest last. Who may not follow the conversation any more does
// not see what is sent: the host asks at each delivery.
#pragma once

#include <chartroom/plugin.hpp>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace chat {

// Of one conversation; above, who has been there longest without being new goes.
inline constexpr std::size_t kParticipantsMax = 64;
// Of a message's text in a home session, and of its beginning in a list; a longer one is cut, and
// `truncated` says so.
inline constexpr std::size_t kHomeTextBytesMax = 16u << 10;
inline constexpr std::size_t kPreviewBytesMax = 256;

// Notes that `party` takes part. Nothing where the session is no conversation or the party no user.
void join_participants(const chartroom::Turn& turn, std::string_view party);

// Tells the homes of all participants of a message, as `message` says it (handler.cpp). Nothing
// where the session is no conversation.
void tell_homes(const chartroom::Turn& turn, const nlohmann::json& message);

}  // namespace chat
