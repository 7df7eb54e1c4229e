// `/ws`: an echo for text, one reply frame for a JSON question. Clients know nothing of sessions.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_plain();
}
