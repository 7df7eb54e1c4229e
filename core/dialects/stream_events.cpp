// What the stream dialect shows: the events of the session that the connection follows.
#include <algorithm>
#include <iterator>

#include "core/dialects/client_error.hpp"
#include "core/dialects/stream_dialect.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

JsonWriter frame_of(std::string_view type) {
    JsonWriter frame;
    frame.text("type", type);
    return frame;
}

// Both are JSON.
JsonWriter start_of(std::string_view workflow, std::string_view agents) {
    JsonWriter frame = frame_of("stream_start");
    frame.begin("metadata").raw("workflow", workflow).raw("agents", agents).end();
    return frame;
}

JsonWriter start_of(const events::Event& event) {
    return start_of(raw_member(event, "workflow", R"("single")"),
                    raw_member(event, "agents", "[]"));
}

JsonWriter error_of(const base::Error& error) {
    JsonWriter frame = frame_of("error");
    frame
        .text("error_type",
              error.code == base::Code::internal ? "internal_error" : name(error.code))
        .text("message", error.message);
    add_details(frame, error);
    return frame;
}

}  // namespace

// The connection's first frame, before whatever else there is for it.
void StreamDialect::opened(Slot slot, Followed& followed, const engine::Opened& opened,
                           Encoded& out) {
    if (slot == 0 && !told_) {
        const bool resumed = !opened.reset && (opened.resumed || opened.head.value > 0);
        JsonWriter frame = frame_of("connection");
        frame.text("status", resumed ? "resumed" : "connected").text("session_id", followed.name);
        add_timestamp(frame, now_us_);
        frame.number("offset", opened.after.value).text("epoch", followed.epoch);
        out.frames.push_back(frame.take());
        std::ranges::move(early_, std::back_inserter(out.frames));
        early_ = {};
        told_ = true;
    }
    if (slot == current_) {
        SessionlessDialect::opened(slot, followed, opened, out);
    }
    release(out);
}

void StreamDialect::page(const engine::HistoryPage& page, Encoded& out) {
    if (page.request != loading_) {
        return;
    }
    loading_ = 0;
    if (!page.events.empty() && page.events.back()->json && profile_.empty()) {
        profile_ = page.events.back()->payload;
    }
    release(out);
}

Encoded StreamDialect::refused(const base::Error& error, std::uint64_t request) {
    Encoded out;
    if (request != 0 && request == loading_) {
        loading_ = 0;
        if (loading_from_ != keeper_) {
            load_profile(keeper_, out.requests);
        } else {
            release(out);  // without the profile, then
        }
        return out;
    }
    out = SessionlessDialect::refused(error, request);
    if (!out.close) {
        out.frames = later({.requests = {}, .frames = std::move(out.frames), .refused = {}}).frames;
    }
    return out;
}

void StreamDialect::event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) {
    const std::string_view type = event.type.text;
    if (slot == keeper_ && type == events::types::kProfile) {
        profile_ = event.payload;  // another connection of this user may have given it
        return;
    }
    if (slot != current_) {
        return;
    }
    const bool goes_on = type == events::types::kStatus || type == events::types::kToken ||
                         type == events::types::kStreamEnd;
    if (type == events::types::kStreamStart) {
        followed.streams.start(event);
    } else if (goes_on && followed.streams.piece(event)) {
        const events::EventPtr earlier = followed.streams.earlier_start(event);
        JsonWriter start = earlier ? start_of(*earlier) : start_of(R"("single")", "[]");
        add_timestamp(start, earlier ? earlier->at_us : event.at_us);
        out.frames.push_back(start.take());
    }
    if (type == events::types::kStreamEnd) {
        followed.streams.end(event);
    }
    if (auto frame = frame_for(followed, event)) {
        add_timestamp(*frame, event.at_us);
        place(*frame, followed, event.offset);
        out.frames.push_back(frame->take());
    }
}

// Nothing: the event is not of this format.
std::optional<JsonWriter> StreamDialect::frame_for(const Followed& followed,
                                                   const events::Event& event) {
    const std::string_view type = event.type.text;
    if (type == events::types::kStreamStart) {
        return start_of(event);
    }
    if (type == events::types::kStatus) {
        return frame_of("status")
            .raw("status", raw_text(event, "status"))
            .raw("details", raw_member(event, "details", "{}"));
    }
    if (type == events::types::kEmergency) {
        return frame_of("emergency")
            .raw("level", raw_text(event, "level"))
            .raw("message", raw_text(event, "message"))
            .raw("matched", raw_member(event, "matched", "[]"));
    }
    if (type == events::types::kToken) {
        JsonWriter frame = frame_of("token");
        frame.raw("content", raw_text(event, "content"));
        return frame;
    }
    if (type == events::types::kStreamEnd) {
        return end_of(followed, raw_member(event, "finish", R"("stop")"),
                      raw_member(event, "agents_completed", "[]"));
    }
    if (type == events::types::kError) {
        return error_of(event_error(event));
    }
    return std::nullopt;
}

JsonWriter StreamDialect::end_of(const Followed& followed, std::string_view finish,
                                 std::string_view agents) {
    JsonWriter frame = frame_of("stream_end");
    frame.begin("metadata")
        .raw("agents_completed", agents)
        .text("session_id", followed.name)
        .raw("finish", finish)
        .end();
    return frame;
}

std::string StreamDialect::error_frame(const base::Error& error) const {
    JsonWriter frame = error_of(error);
    add_timestamp(frame, now_us_);
    return frame.take();
}

}  // namespace chartroom::dialects
