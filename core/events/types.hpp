// The canonical event types, whose payloads every dialect understands. A plugin may emit others;
// those travel over the native dialect only.
#pragma once

#include <string_view>

namespace chartroom::events::types {

// In; some of them also out.
inline constexpr std::string_view kChat =
    "chat";  // {content, role?, agents?, profile?, message_type?, fields?}
inline constexpr std::string_view kChatRespond = "chat.respond";  // {message, assistant?}
inline constexpr std::string_view kEcho = "echo";                 // {content}
inline constexpr std::string_view kBroadcast = "broadcast";       // {content}
inline constexpr std::string_view kTyping = "typing";    // in {is_typing}; out {user, is_typing}
inline constexpr std::string_view kProfile = "profile";  // a person's, kept as it came
inline constexpr std::string_view kDiagnosis = "diagnosis";
inline constexpr std::string_view kPrescription = "prescription";

// Out.
inline constexpr std::string_view kMessage =
    "message";  // {id, content, message_type, sender, created_at, fields?}
inline constexpr std::string_view kStreamStart =
    "stream_start";  // {message_id, in_reply_to, workflow?, agents?}
inline constexpr std::string_view kStatus = "status";  // {message_id, status, details}
inline constexpr std::string_view kToken = "token";    // {message_id, content}
inline constexpr std::string_view kStreamEnd =
    "stream_end";  // {message_id, in_reply_to, content, finish, usage, agents_completed}
inline constexpr std::string_view kEmergency =
    "emergency";  // {message_id, level, message, matched, source}
inline constexpr std::string_view kProgress = "progress";         // {stage, progress, message}
inline constexpr std::string_view kStreamChunk = "stream_chunk";  // {content}
inline constexpr std::string_view kComplete = "complete";         // {result}
inline constexpr std::string_view kConversation =
    "conversation";  // {id, last_message, updated_at, participants}
inline constexpr std::string_view kMessageAdded = "message_added";  // {message, conversation}
inline constexpr std::string_view kError =
    "error";  // {code, message, message_id?, field?, retry_after_ms?}

}  // namespace chartroom::events::types

// `finish` of a stream_end: how the answer came to its end.
namespace chartroom::events::finish {

inline constexpr std::string_view kStop = "stop";
inline constexpr std::string_view kLength = "length";
inline constexpr std::string_view kCancelled = "cancelled";
inline constexpr std::string_view kInterrupted = "interrupted";
inline constexpr std::string_view kError = "error";

}  // namespace chartroom::events::finish
