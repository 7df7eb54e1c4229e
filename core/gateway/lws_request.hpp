// Reads a request out of libwebsockets' tables of headers, which are gone after the upgrade or the
// request: everything that is needed later is copied.
#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/gateway/http.hpp"
#include "core/gateway/options.hpp"

namespace chartroom::gateway {

// Of a request's headers, as they are read; over it libwebsockets hangs up without an answer. Above
// kHeaderBytesMax, so that most who send too much are told.
inline constexpr std::size_t kHeaderBytesRead = 16u << 10;
static_assert(kHeaderBytesRead > kHeaderBytesMax);

// `address` and `on_loopback` are the socket's own.
[[nodiscard]] HttpRequest read_request(lws* wsi, const std::string& address, bool on_loopback,
                                       const Options& options);

// Whether the client offers the one subprotocol that is spoken here, or none.
[[nodiscard]] bool subprotocol_fits(lws* wsi);

}  // namespace chartroom::gateway
