// What systemd wants to be told (sd_notify's protocol: one datagram to $NOTIFY_SOCKET).
#pragma once

#include <string_view>

#include "core/app/config.hpp"

namespace chartroom::app {

// Sends `state` ("READY=1", "STOPPING=1") if `environment` names a socket. Without one, or where
// nobody listens, nothing happens: a server need not run under systemd.
void notify_supervisor(const Environment& environment, std::string_view state);

}  // namespace chartroom::app
