// An event as a line of text: for a person, or as JSON for a program.
#pragma once

#include <string>

#include "core/events/event.hpp"

namespace chartroom::tool {

// `   17  2026-01-15T10:30:00.123Z  in       chat           user/ann  {"content":"…"}`; what
// belongs to a turn names its cause. The payload is cut to `payload_most` bytes, controls disarmed.
[[nodiscard]] std::string timeline_line(const events::Event& event, std::size_t payload_most);

// One JSON object with every field; a payload that is no JSON stands as base64 in
// `payload_base64`.
[[nodiscard]] std::string json_line(const events::Event& event);

}  // namespace chartroom::tool
