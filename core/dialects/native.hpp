// `/v1/session`, subprotocol chartroom.v1: every event type, several sessions on one connection,
// positions that a client can check. The one dialect whose client knows the log.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {

[[nodiscard]] std::unique_ptr<Dialect> make_native();

// An event as it stands in a page: the frame of a live one, without `prev`. `session_json` is the
// session's name as a JSON string.
[[nodiscard]] std::string native_event(const events::Event& event, std::string_view session_json);

}  // namespace chartroom::dialects
