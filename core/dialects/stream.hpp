// `/api/v1/ws/chat[/{user_id}]`: messages with a person's profile in; status, tokens and the work
// of agents out.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_stream();
}
