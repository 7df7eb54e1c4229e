// One event as one line of JSON: what `log --format jsonl`, exports and the HTTP API show.
// Lossless: decoding gives the event back, its payload byte for byte.
//
// Members, those that say nothing left out: session, offset, at (for people), at_us, kind, class,
// ends_turn, erased, type, actor, subject, numbers {type, actor, subject}, audience {scope, party,
// name}, cause, build, source {session, offset}, client_id; and the payload as one of
//   data    a JSON payload as it stands
//   text    a JSON payload with line breaks between its tokens, as a string
//   base64  bytes; with "json":true a payload that claims to be JSON and is not UTF-8
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/events/event.hpp"

namespace chartroom::events {

[[nodiscard]] std::string to_json_line(const Event& event, std::string_view session);

struct Envelope {
    std::string session;
    Event event;
};
// Errors: malformed (not a JSON object), validation_error with the member as its field.
[[nodiscard]] base::Result<Envelope> from_json_line(std::string_view line);

// "in", "out", …; "lasting", "piece", …
[[nodiscard]] std::string_view to_text(Kind kind);
[[nodiscard]] std::string_view to_text(Class cls);
[[nodiscard]] std::string_view to_text(Scope scope);

}  // namespace chartroom::events
