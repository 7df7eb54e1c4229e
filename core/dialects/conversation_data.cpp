#include "core/dialects/conversation_data.hpp"

#include <nlohmann/json.hpp>

#include "core/dialects/client_error.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/events/json_scan.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

// The members of an object, which they point into; of anything else, none.
events::JsonObject members_of(std::string_view json) {
    return events::scan_object(json).value_or(events::JsonObject{});
}

std::string raw(const events::JsonObject& object, std::string_view key,
                std::string_view otherwise) {
    const auto* member = object.find(key);
    return std::string(member == nullptr ? otherwise : member->value);
}

// A name (a user's `sub`) that stands as a JSON string, as an id.
std::string id_of(std::string_view json) {
    const auto text = events::json_string(json);
    return text ? json_id(*text) : std::string(json);
}

std::string usage_json(const events::Event& event) {
    const std::string text = raw_member(event, "usage", "{}");
    const auto usage = members_of(text);
    const auto count = [&](std::string_view key) {
        return events::json_integer(raw(usage, key, "0")).value_or(0);
    };
    return JsonWriter()
        .number("prompt_tokens", count("prompt_tokens"))
        .number("completion_tokens", count("completion_tokens"))
        .number("total_tokens", count("total_tokens"))
        .take();
}

std::string content_json(const events::Event& event, std::string_view content, bool is_complete) {
    return JsonWriter(content.size() + 96)
        .raw("message_id", raw_member(event, "message_id", "null"))
        .raw("content", content)
        .boolean("is_complete", is_complete)
        .take();
}

}  // namespace

std::string json_id(std::string_view id) {
    const auto number = events::json_integer(id);
    return number && std::to_string(*number) == id ? std::string(id) : events::to_json_string(id);
}

std::string message_json(std::string_view payload, std::string_view conversation) {
    const auto message = members_of(payload);
    return JsonWriter(payload.size() + 96)
        .raw("id", raw(message, "id", "null"))
        .raw("content", raw(message, "content", R"("")"))
        .raw("message_type", raw(message, "message_type", R"("user")"))
        .raw("sender_id", id_of(raw(message, "sender", "null")))
        .raw("created_at", raw(message, "created_at", "null"))
        .raw("conversation_id", json_id(conversation))
        .take();
}

std::string conversation_json(std::string_view payload) {
    const auto conversation = members_of(payload);
    const std::string id = events::json_string(raw(conversation, "id", "")).value_or("");
    std::string participants = "[";
    const auto list =
        nlohmann::json::parse(raw(conversation, "participants", "[]"), nullptr, false);
    for (const auto& one : list) {
        if (one.is_string()) {
            participants += participants.size() > 1 ? "," : "";
            participants += json_id(one.get<std::string>());
        }
    }
    participants += "]";
    return JsonWriter(payload.size() + 96)
        .raw("id", json_id(id))
        .raw("last_message", message_json(raw(conversation, "last_message", "{}"), id))
        .raw("updated_at", raw(conversation, "updated_at", "null"))
        .raw("participants", participants)
        .take();
}

std::string typing_json(const events::Event& event, std::string_view conversation) {
    return JsonWriter()
        .raw("conversation_id", json_id(conversation))
        .raw("user_id", id_of(raw_text(event, "user")))
        .raw("is_typing", raw_member(event, "is_typing", "false"))
        .take();
}

std::string start_json(const events::Event& event, std::string_view conversation) {
    return JsonWriter()
        .raw("message_id", raw_member(event, "message_id", "null"))
        .raw("in_reply_to", raw_member(event, "in_reply_to", "null"))
        .raw("conversation_id", json_id(conversation))
        .take();
}

std::string content_json(const events::Event& event) {
    return content_json(event, raw_text(event, "content"), false);
}

std::string last_content_json(const events::Event& event) {
    return content_json(event, R"("")", true);
}

std::string complete_json(const events::Event& event) {
    return JsonWriter()
        .raw("message_id", raw_member(event, "message_id", "null"))
        .raw("usage", usage_json(event))
        .take();
}

std::string error_json(const base::Error& error) {
    std::string code(name(error.code));
    for (char& c : code) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    JsonWriter data;
    data.text("code", code).text("message", error.message);
    add_details(data, error);
    return data.take();
}

base::Result<std::string> read_token(const JsonFrame& frame) {
    FrameFields fields(frame.object);
    const auto data = members_of(fields.raw("data"));
    FrameFields inner(data);
    FrameFields& place = fields.has("token") ? fields : inner;
    std::string token = place.required_text("token");
    if (place.error()) {
        return std::unexpected(*place.error());
    }
    return token;
}

}  // namespace chartroom::dialects
