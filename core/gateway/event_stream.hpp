// A session as server-sent events (the HTML standard, "Server-sent events"): the frames that the
// native dialect would send, each as the data of one event whose id is the position behind it. To
// the hub it is a connection like another, so cursor, window, drain and expiry are the same; only
// what carries its frames differs: the body of an HTTP response that does not end.
//
// Nothing is written before the engine has let the follower in, so that a refusal is an answer with
// its own status. Pure; gateway thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/ids.hpp"
#include "core/dialects/dialect.hpp"
#include "core/gateway/http.hpp"

namespace chartroom::gateway {

struct EventStreamRequest {
    std::string session;            // the name, as the client says it
    std::optional<Position> after;  // absent: from the head
    std::string participant;        // of an anonymous caller
};

// `complete` is called once, with the answer before it goes out.
[[nodiscard]] std::unique_ptr<dialects::Dialect> make_event_stream(
    EventStreamRequest request, std::function<void(HttpResponse&)> complete);

// What is sent where nothing else is, so that proxies keep the connection.
inline constexpr std::string_view kKeepAliveComment = ":\n\n";

// `frame` as one event; `id` may be empty.
[[nodiscard]] std::string to_event(std::string_view frame, std::string_view id);

}  // namespace chartroom::gateway
