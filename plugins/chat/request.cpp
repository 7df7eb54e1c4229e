#include "plugins/chat/request.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace chat {
namespace {

using Json = nlohmann::json;

// Thrown to and caught in guarded(), so that each check is one line where it belongs.
[[noreturn]] void refuse(std::string message, std::string field,
                         std::string code = "validation_error") {
    throw Invalid{std::move(code), std::move(message), std::move(field)};
}

template <typename Parse>
auto guarded(Parse parse) -> std::expected<decltype(parse()), Invalid> {
    try {
        return parse();
    } catch (const Invalid& invalid) {
        return std::unexpected(invalid);
    }
}

Json object(std::string_view payload) {
    Json data = Json::parse(payload, nullptr, false);
    if (!data.is_object()) refuse("The message must be an object", "data");
    return data;
}

// An absent member and a null are one.
Json take(const Json& data, const char* key) {
    const auto found = data.find(key);
    return found == data.end() ? Json() : *found;
}

std::string text(const Json& data, const char* key, std::string otherwise = {}) {
    const Json value = take(data, key);
    if (value.is_null()) return otherwise;
    if (!value.is_string()) refuse(std::string(key) + " must be a string", key);
    return value.get<std::string>();
}

std::string content_of(const Json& data) {
    std::string content = text(data, "content");
    if (content.find_first_not_of(" \t\r\n") == std::string::npos)
        refuse("Message cannot be empty", "content");
    return content;
}

std::string message_type_of(const Json& data) {
    std::string type = text(data, "message_type", "user");
    if (type != "user" && type != "note")
        refuse("Clients may send messages of type user or note", "message_type", "forbidden");
    return type;
}

bool flag(const Json& data, const char* key) {
    const Json value = take(data, key);
    if (!value.is_null() && !value.is_boolean())
        refuse(std::string(key) + " must be true or false", key);
    return value == true;
}

// An id is a number on some wires and a text on others.
std::string id(const Json& data, const char* key) {
    const Json value = take(data, key);
    if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
    if (!value.is_null() && !value.is_string())
        refuse(std::string(key) + " must be a string or a number", key);
    return value.is_null() ? std::string() : value.get<std::string>();
}

Json member_object(const Json& data, const char* key) {
    Json value = take(data, key);
    if (!value.is_null() && !value.is_object())
        refuse(std::string(key) + " must be an object", key);
    return value;
}

Json bounded_profile(Json profile) {
    if (profile.dump().size() > kProfileBytesMax)
        refuse("profile is longer than " + std::to_string(kProfileBytesMax) + " bytes", "profile");
    return profile;
}

}  // namespace

std::expected<Request, Invalid> parse_request(std::string_view payload) {
    return guarded([&] {
        const Json data = object(payload);
        Request request;
        request.content = content_of(data);
        static_cast<void>(text(data, "role"));
        request.message_type = message_type_of(data);
        request.agents = flag(data, "agents");
        request.assistant = id(data, "assistant");
        request.profile = bounded_profile(member_object(data, "profile"));
        request.fields = member_object(data, "fields");
        return request;
    });
}

std::expected<RespondRequest, Invalid> parse_respond(std::string_view payload) {
    return guarded([&] {
        const Json data = object(payload);
        RespondRequest request;
        const std::string message = id(data, "message");
        const char* end = message.data() + message.size();
        const auto read = std::from_chars(message.data(), end, request.message);
        if (read.ec != std::errc() || read.ptr != end)
            refuse("message must be the id of a message", "message");
        request.assistant = id(data, "assistant");
        return request;
    });
}

std::expected<Json, Invalid> parse_profile(std::string_view payload) {
    return guarded([&] { return bounded_profile(object(payload)); });
}

}  // namespace chat
