// What stands in the `data` of the conversation dialect's frames, made of events' payloads, and the
// token of its first frame. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/events/event.hpp"

namespace chartroom::dialects {

// An id as JSON: a number where it is a canonical decimal below 2^53, else a string.
[[nodiscard]] std::string json_id(std::string_view id);

// `{id, content, message_type, sender_id, created_at, conversation_id}` of a `message` payload.
[[nodiscard]] std::string message_json(std::string_view payload, std::string_view conversation);

// `{id, last_message, updated_at, participants}` of a `conversation` payload.
[[nodiscard]] std::string conversation_json(std::string_view payload);

// `{conversation_id, user_id, is_typing}` of a `typing`.
[[nodiscard]] std::string typing_json(const events::Event& event, std::string_view conversation);

// Of the events of a stream: `{message_id, in_reply_to, conversation_id}` of its start,
// `{message_id, content, is_complete}` of a piece and of its end, and of that
// `{message_id, usage {prompt_tokens, completion_tokens, total_tokens}}`, numbers always.
[[nodiscard]] std::string start_json(const events::Event& event, std::string_view conversation);
[[nodiscard]] std::string content_json(const events::Event& event);
[[nodiscard]] std::string last_content_json(const events::Event& event);
[[nodiscard]] std::string complete_json(const events::Event& event);

// `{code, message, …}`; codes are in upper case here.
[[nodiscard]] std::string error_json(const base::Error& error);

// The token of an `auth` frame, beside `type` or in `data`. Errors: validation_error.
[[nodiscard]] base::Result<std::string> read_token(const JsonFrame& frame);

}  // namespace chartroom::dialects
