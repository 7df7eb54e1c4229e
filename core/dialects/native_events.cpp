#include "core/base/base64.hpp"
#include "core/base/clock.hpp"
#include "core/dialects/client_error.hpp"
#include "core/dialects/native_dialect.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {

events::JsonWriter native_frame(std::string_view type, std::size_t expected_bytes) {
    events::JsonWriter frame(expected_bytes);
    frame.text("type", type);
    return frame;
}

namespace {

using base::Code;
using events::JsonWriter;

std::string_view to_text(engine::ResetReason reason) {
    switch (reason) {
        case engine::ResetReason::epoch:
            return "epoch";
        case engine::ResetReason::trimmed:
            return "trimmed";
        case engine::ResetReason::erased:
            return "erased";
        case engine::ResetReason::ahead:
            return "ahead";
    }
    return "epoch";
}

JsonWriter event_frame(const events::Event& event, std::string_view session_json) {
    JsonWriter frame = native_frame(event.erased ? std::string_view("erased") : event.type.text,
                                    192 + event.payload.size());
    frame.raw("session", session_json).number("offset", event.offset.value);
    return frame;
}

std::string finish_event(JsonWriter frame, const events::Event& event) {
    if (event.cause) {
        frame.number("cause", event.cause.value);
    }
    frame.text("at", base::to_rfc3339(event.at_us));
    if (event.erased) {
        return frame.take();
    }
    if (!event.actor.text.empty()) {
        frame.text("actor", event.actor.text);
    }
    if (event.json) {
        frame.raw("data", event.payload);
    } else {
        frame.text("encoding", "base64")
            .text("data", base::to_base64(event.payload, base::Base64::standard));
    }
    return frame.take();
}

}  // namespace

std::string NativeDialect::error_frame(const base::Error& error, std::string_view id, bool fatal,
                                       std::string_view session_json) {
    JsonWriter frame = native_frame("error");
    frame.text("code", name(error.code)).text("message", error.message);
    if (!error.field.empty()) {
        frame.text("field", error.field);
    }
    if (!id.empty()) {
        frame.text("id", id);
    }
    if (!session_json.empty()) {
        frame.raw("session", session_json);
    }
    if (error.retry_after_ms != 0) {
        frame.number("retry_after_ms", error.retry_after_ms);
    }
    return frame.boolean("fatal", fatal).take();
}

Decoded NativeDialect::refuse(const base::Error& error, const std::string& id) const {
    return {.requests = {}, .frames = {error_frame(error, id, false)}, .refused = error};
}

Encoded NativeDialect::refused(const base::Error& error, std::uint64_t request) {
    const bool fatal = error.code == Code::unauthenticated;
    const base::Error told = client_error(error);
    const auto pending = settle(request);
    Encoded encoded{.frames = {error_frame(told, pending ? pending->id : "", fatal)}, .close = {}};
    if (fatal) {
        encoded.close = Close{.code = base::info(error.code).closes, .reason = told.message};
    }
    return encoded;
}

Encoded NativeDialect::notice(const engine::NoticeBody& notice) {
    if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
        return this->delivered(*delivered);
    }
    if (const auto* accepted = std::get_if<engine::Accepted>(&notice)) {
        const auto pending = settle(accepted->request);
        if (!pending) {
            return {};
        }
        JsonWriter frame = native_frame("accepted");
        if (!pending->id.empty()) {
            frame.text("id", pending->id);
        }
        frame.raw("session", pending->session_json).number("offset", accepted->offset.value);
        return {.frames = {frame.boolean("duplicate", accepted->duplicate).take()}, .close = {}};
    }
    if (const auto* position = std::get_if<engine::Position>(&notice)) {
        return this->position(*position);
    }
    if (const auto* opened = std::get_if<engine::Opened>(&notice)) {
        return this->opened(*opened);
    }
    if (const auto* live = std::get_if<engine::Live>(&notice)) {
        const auto found = sessions_.find(live->slot);
        if (found == sessions_.end()) {
            return {};
        }
        return {.frames = {native_frame("session.live")
                               .raw("session", found->second.name_json)
                               .number("offset", live->offset.value)
                               .take()},
                .close = {}};
    }
    if (const auto* reset = std::get_if<engine::Reset>(&notice)) {
        return this->reset(*reset);
    }
    if (const auto* unfollowed = std::get_if<engine::Unfollowed>(&notice)) {
        return this->unfollowed(*unfollowed);
    }
    if (const auto* refused = std::get_if<engine::Refused>(&notice)) {
        return this->refused(refused->error, refused->request);
    }
    if (const auto* page = std::get_if<engine::HistoryPage>(&notice)) {
        return this->page(*page);
    }
    if (const auto* taken = std::get_if<engine::CancelTaken>(&notice)) {
        settle(taken->request);  // what became of the turn is told by its events
    }
    return {};
}

Encoded NativeDialect::delivered(const engine::Delivered& delivered) const {
    const auto found = sessions_.find(delivered.slot);
    if (found == sessions_.end()) {
        return {};
    }
    Encoded encoded;
    encoded.frames.reserve(delivered.events.size());
    base::Offset prev = delivered.prev;
    for (const auto& event : delivered.events) {
        JsonWriter frame = event_frame(*event, found->second.name_json);
        frame.number("prev", prev.value);
        prev = event->offset;
        encoded.frames.push_back(finish_event(std::move(frame), *event));
    }
    return encoded;
}

Encoded NativeDialect::position(const engine::Position& position) const {
    const auto found = sessions_.find(position.slot);
    if (found == sessions_.end()) {
        return {};
    }
    return {.frames = {native_frame("session.position")
                           .raw("session", found->second.name_json)
                           .number("offset", position.offset.value)
                           .number("prev", position.prev.value)
                           .take()},
            .close = {}};
}

Encoded NativeDialect::opened(const engine::Opened& opened) {
    const auto found = sessions_.find(opened.slot);
    if (found == sessions_.end()) {
        return {};
    }
    Session& session = found->second;
    session.opened = true;
    JsonWriter frame = native_frame(session.by_open ? "session.opened" : "session.joined", 384);
    frame.raw("session", session.name_json);
    if (!session.asked.empty() && session.asked != session.name) {
        frame.text("asked", session.asked);
    }
    frame.text("epoch", opened.epoch.value).number("head", opened.head.value);
    frame.boolean("resumed", opened.resumed);
    if (session.by_open) {
        if (!session.participant.empty()) {
            frame.text("participant", session.participant);
        }
        frame.begin("limits")
            .number("frame_bytes", info_.frame_bytes_max)
            .number("history_page", info_.history_max)
            .number("id_bytes", kIdBytesMax)
            .number("sessions", kSessionsMax)
            .number("unanswered", kPendingMax)
            .end()
            .text("server", info_.server);
    }
    Encoded encoded{.frames = {frame.take()}, .close = {}};
    if (opened.reset) {
        Encoded told = reset({opened.slot, *opened.reset, opened.epoch, opened.first, opened.head});
        encoded.frames.push_back(std::move(told.frames.front()));
    }
    return encoded;
}

Encoded NativeDialect::reset(const engine::Reset& reset) const {
    const auto found = sessions_.find(reset.slot);
    if (found == sessions_.end()) {
        return {};
    }
    return {.frames = {native_frame("session.reset")
                           .raw("session", found->second.name_json)
                           .text("reason", to_text(reset.reason))
                           .text("epoch", reset.epoch.value)
                           .number("first", reset.first.value)
                           .number("head", reset.head.value)
                           .take()},
            .close = {}};
}

Encoded NativeDialect::unfollowed(const engine::Unfollowed& unfollowed) {
    const auto found = sessions_.find(unfollowed.slot);
    if (found == sessions_.end()) {
        return {};
    }
    const bool is_main = unfollowed.slot == main_;
    const base::Error told = client_error(unfollowed.error);
    const bool named = !found->second.name.empty() || !found->second.asked.empty();
    const std::uint16_t closes = is_main ? base::info(unfollowed.error.code).closes : 0;
    Encoded encoded{.frames = {}, .close = {}};
    if (found->second.opened && !is_main) {
        encoded.frames.push_back(native_frame("session.left")
                                     .raw("session", found->second.name_json)
                                     .text("code", name(told.code))
                                     .text("message", told.message)
                                     .take());
    } else {
        encoded.frames.push_back(
            error_frame(told, {}, closes != 0, named ? found->second.name_json : std::string()));
    }
    if (closes != 0) {
        encoded.close = Close{.code = closes, .reason = told.message};
    }
    if (is_main) {
        main_.reset();  // where the connection stays, session.open may be tried again
    }
    sessions_.erase(found);
    return encoded;
}

Encoded NativeDialect::page(const engine::HistoryPage& page) {
    const auto pending = settle(page.request);
    if (!pending) {
        return {};
    }
    std::string list = "[";
    for (const auto& event : page.events) {
        list += list.size() > 1 ? "," : "";
        list += native_event(*event, pending->session_json);
    }
    list += "]";
    JsonWriter frame = native_frame("session.page", list.size() + 128);
    frame.raw("session", pending->session_json);
    if (!pending->id.empty()) {
        frame.text("id", pending->id);
    }
    return {.frames = {frame.raw("events", list).boolean("more", page.more).take()}, .close = {}};
}

std::vector<std::string> NativeDialect::expiring(std::uint32_t in_ms) {
    return {native_frame("session.expiring").number("in_ms", in_ms).take()};
}

std::string native_event(const events::Event& event, std::string_view session_json) {
    return finish_event(event_frame(event, session_json), event);
}

}  // namespace chartroom::dialects
