// `/ws/{user_id}`: any message type in, progress and pieces of a result out. A user's connections
// all follow the user's home session.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_clinical();
}
