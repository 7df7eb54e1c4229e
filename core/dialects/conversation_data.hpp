// What stands in the `data` of the conversation dialect's frames, made of events' payloads. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/events/event.hpp"

namespace chartroom::dialects {

// An id as JSON: a number where it is a canonical decimal below 2^53, else a string.
[[nodiscard]] std::string json_id(std::string_view id);

// `{id, content, message_type, sender_id, created_at, conversation_id}` of a `message` payload.
[[nodiscard]] std::string message_json(std::string_view payload, std::string_view conversation);

// `{id, last_message, updated_at, participants}` of a `conversation` payload.
[[nodiscard]] std::string conversation_json(std::string_view payload);

// `{prompt_tokens, completion_tokens, total_tokens}` of a `stream_end`, numbers always.
[[nodiscard]] std::string usage_json(const events::Event& event);

// `{code, message, …}`; codes are in upper case here.
[[nodiscard]] std::string error_json(const base::Error& error);

}  // namespace chartroom::dialects
