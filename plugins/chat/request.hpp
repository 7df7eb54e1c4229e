// A `chat` message as it must be, or what is wrong with it. Pure.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace chat {

struct Request {
    std::string content;
    std::string message_type = "user";  // or "note": for the people in the session, not answered
    nlohmann::json profile;             // an object, or null: none
    nlohmann::json fields;  // likewise: what a dialect wants to come back with the message
};

struct Invalid {
    std::string code;
    std::string message;
    std::string field;
};

// A `role` is taken for a label and changes nothing: who a message is from, the session says.
[[nodiscard]] std::expected<Request, Invalid> parse_request(std::string_view payload);

}  // namespace chat
