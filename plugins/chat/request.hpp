// A `chat` and a `chat.respond` as they must be, or what is wrong with them. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace chat {

struct Request {
    std::string content;
    std::string message_type = "user";  // or "note": for the people in the session, not answered
    bool agents = false;                // the answer is the work of agents
    std::string assistant;              // who is asked, by a name of the configuration's table
    nlohmann::json profile;             // an object, or null: none
    nlohmann::json fields;  // likewise: what a dialect wants to come back with the message
};

struct RespondRequest {
    std::uint64_t message = 0;  // the id of the message to be answered
    std::string assistant;
};

struct Invalid {
    std::string code;
    std::string message;
    std::string field;
};

// A longer profile is refused.
inline constexpr std::size_t kProfileBytesMax = 16u << 10;

// A `role` is taken for a label and changes nothing: who a message is from, the session says.
[[nodiscard]] std::expected<Request, Invalid> parse_request(std::string_view payload);
[[nodiscard]] std::expected<RespondRequest, Invalid> parse_respond(std::string_view payload);
// A profile by itself.
[[nodiscard]] std::expected<nlohmann::json, Invalid> parse_profile(std::string_view payload);

}  // namespace chat
