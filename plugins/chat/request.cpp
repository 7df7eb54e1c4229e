#include "plugins/chat/request.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

std::unexpected<Invalid> refuse(std::string message, std::string field,
                                std::string code = "validation_error") {
    return std::unexpected(Invalid{std::move(code), std::move(message), std::move(field)});
}

// An absent member and a null are one.
Json take(const Json& data, const char* key) {
    const auto found = data.find(key);
    return found == data.end() ? Json() : *found;
}

}  // namespace

std::expected<Request, Invalid> parse_request(std::string_view payload) {
    const Json data = Json::parse(payload, nullptr, false);
    if (!data.is_object()) return refuse("A chat message must be an object", "data");
    Request request;
    const Json content = take(data, "content");
    if (content.is_null()) return refuse("Message cannot be empty", "content");
    if (!content.is_string()) return refuse("content must be a string", "content");
    request.content = content.get<std::string>();
    if (request.content.find_first_not_of(" \t\r\n") == std::string::npos)
        return refuse("Message cannot be empty", "content");
    if (const Json role = take(data, "role"); !role.is_null() && !role.is_string())
        return refuse("role must be a string", "role");
    if (const Json type = take(data, "message_type"); !type.is_null()) {
        if (!type.is_string()) return refuse("message_type must be a string", "message_type");
        request.message_type = type.get<std::string>();
        if (request.message_type != "user" && request.message_type != "note")
            return refuse("Clients may send messages of type user or note", "message_type",
                          "forbidden");
    }
    for (auto [key, target] :
         {std::pair{"profile", &request.profile}, {"fields", &request.fields}}) {
        *target = take(data, key);
        if (!target->is_null() && !target->is_object())
            return refuse(std::string(key) + " must be an object", key);
    }
    return request;
}

}  // namespace chat
