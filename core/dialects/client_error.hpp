// What of an error a client is told.
#pragma once

#include <string_view>

#include "core/base/error.hpp"
#include "core/events/event.hpp"

namespace chartroom::dialects {

// The error itself where its code is for clients; otherwise `internal`, without its message, which
// may name files.
[[nodiscard]] inline base::Error client_error(const base::Error& error) {
    if (base::info(error.code).client_visible) {
        return error;
    }
    return {.code = base::Code::internal,
            .message = std::string(base::info(base::Code::internal).meaning)};
}

// An `error` event of the engine or of a plugin as the error that it tells. A code that the table
// does not have, a plugin's own, is told as plugin_failed with its message.
[[nodiscard]] base::Error event_error(const events::Event& event);

[[nodiscard]] inline std::string_view name(base::Code code) {
    return base::info(code).name;
}

}  // namespace chartroom::dialects
