// An event that is answered in text, not JSON: `Echo: …`, `Someone said: …`. With `?envelope=1` in
// the URL it comes as `{"offset":N,"text":"…"}`, so that such a route can be resumed too.
#pragma once

#include <string>
#include <string_view>

#include "core/events/event.hpp"
#include "core/events/json_scan.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {

// `place` adds the offset (and what else resumes) to a JSON frame.
template <typename Place>
std::string spoken_text(std::string_view before, const events::Event& event, bool envelope,
                        Place place) {
    const auto payload = events::scan_object(event.payload);
    const auto* content = payload ? payload->find("content") : nullptr;
    std::string text(before);
    if (content != nullptr) {
        text += events::json_string(content->value).value_or("");
    }
    if (!envelope) {
        return text;
    }
    events::JsonWriter frame(text.size() + 128);
    place(frame);
    return frame.text("text", text).take();
}

}  // namespace chartroom::dialects
