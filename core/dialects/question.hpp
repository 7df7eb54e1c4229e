// `/ws/chat`: a question in, the answer out as start, tokens, end.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_question();
}
