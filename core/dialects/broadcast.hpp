// `/ws/broadcast`: text in, and to every follower of the room the text `Someone said: <text>`.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_broadcast();
}
