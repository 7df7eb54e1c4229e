// `/api/v1/chat/ws`: one connection, many conversations of several people and an assistant. The
// first frame shows who is there.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_conversation();
}
