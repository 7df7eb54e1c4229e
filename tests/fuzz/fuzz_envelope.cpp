// A line that decodes encodes to one that decodes to the same event; and an event made of the
// input's bytes comes back from its line whole.
#include "core/base/check.hpp"
#include "core/events/envelope.hpp"
#include "core/events/json_scan.hpp"

namespace {

using namespace chartroom::events;

void check_event(const Event& event, std::string_view session) {
    const std::string line = to_json_line(event, session);
    CHECK(is_json(line));
    CHECK(line.find('\n') == std::string::npos);
    const auto again = from_json_line(line);
    CHECK(again.has_value());
    CHECK(again->event == event);
    CHECK(again->session == session);
}

Event made_of(std::string_view bytes) {
    const auto take = [&] {
        const unsigned char first = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(bytes.empty() ? 0 : 1);
        return first;
    };
    Event event;
    event.offset = {take()};
    event.at_us = static_cast<std::int64_t>(take()) << 40;
    event.kind = static_cast<Kind>(take() % 5 + 1);
    event.cls = static_cast<Class>(take() % 4);
    event.audience = {.scope = static_cast<Scope>(take() % 4), .party = take()};
    event.cause = {take()};
    event.build = take();
    event.json = take() % 2 == 0;
    event.payload = bytes;
    return event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto envelope = from_json_line(text)) {
        check_event(envelope->event, envelope->session);
    }
    check_event(made_of(text), "open/1");
    return 0;
}
