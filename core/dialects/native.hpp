// `/v1/session`, subprotocol chartroom.v1: every event type, several sessions on one connection,
// positions that a client can check. The one dialect whose client knows the log.
#pragma once

#include <memory>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
[[nodiscard]] std::unique_ptr<Dialect> make_native();
}
