// JSON values for handlers, by nlohmann/json: Message::data(), Row::data(), Config::data() and
// Turn::emit(type, value). A header of its own since it costs seconds for each file that includes
// it.
#pragma once

#include <chartroom/types.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace chartroom {

struct json_adapter {
    // Throws nlohmann::json::exception, which fails the turn if nobody catches it.
    static nlohmann::json parse(std::string_view text) { return nlohmann::json::parse(text); }
    // Keys come sorted, so equal values are equal bytes. Invalid UTF-8 becomes U+FFFD.
    static std::string dump(const nlohmann::json& value) {
        return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
};

}  // namespace chartroom
