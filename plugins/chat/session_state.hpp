// What the plugin keeps of a session: one JSON object, whose members belong to different files.
#pragma once

#include <chartroom/plugin.hpp>
#include <nlohmann/json.hpp>

namespace chat {

// Null: there is none.
[[nodiscard]] nlohmann::json kept(const chartroom::Turn& turn, const char* member);
// Leaves the other members as they are. A note in the log, with this step's events.
void keep(const chartroom::Turn& turn, const char* member, nlohmann::json value);

}  // namespace chat
