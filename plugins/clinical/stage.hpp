// One stage of a report: how far it is, and what it streams.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace clinical {

struct Stage {
    std::string stage;
    int progress = 0;  // per cent
    std::string message;
    std::vector<nlohmann::json> chunks;  // the `content` of each stream_chunk
};

}  // namespace clinical
