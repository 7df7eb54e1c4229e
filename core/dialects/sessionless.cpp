#include "core/dialects/sessionless.hpp"

#include "core/dialects/client_error.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/events/json_scan.hpp"

namespace chartroom::dialects {
namespace {

constexpr std::uint16_t kPolicyViolation = 1008;

std::string_view reason_text(engine::ResetReason reason) {
    switch (reason) {
        case engine::ResetReason::epoch:
            return "the log was restored since";
        case engine::ResetReason::trimmed:
            return "older events are gone";
        case engine::ResetReason::erased:
            return "the session was erased";
        case engine::ResetReason::ahead:
            return "there is no such offset yet";
    }
    return "the offset cannot be continued";
}

}  // namespace

Decoded SessionlessDialect::connected(const ConnectInfo& info) {
    configure(info);
    ResumeQuery query = read_resume_query(info);
    query.join.name = session_name(info);
    followed_[0] = {.asked = query.join.name,
                    .name = {},
                    .epoch = {},
                    .from_head = !query.join.after.has_value(),
                    .streams = {},
                    .placed = false};
    Decoded decoded;
    if (query.error) {
        decoded = refuse(*query.error);
    }
    decoded.requests.emplace_back(std::move(query.join));
    return decoded;
}

Decoded SessionlessDialect::too_long(std::size_t bytes) {
    return refuse({.code = base::Code::message_too_long,
                   .message = "the message is too long: " + std::to_string(bytes) + " bytes"});
}

Encoded SessionlessDialect::refused(const base::Error& error, std::uint64_t) {
    return this->error(error);
}

void SessionlessDialect::joined(const Joined& joined) {
    if (const auto found = followed_.find(joined.slot); found != followed_.end()) {
        found->second.name = joined.name;
    }
}

Encoded SessionlessDialect::notice(const engine::NoticeBody& notice) {
    if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
        Encoded encoded;
        const auto found = followed_.find(delivered->slot);
        if (found == followed_.end()) {
            return encoded;
        }
        for (const auto& event : delivered->events) {
            if (!event->erased && event->json && !found->second.streams.hides(*event)) {
                this->event(delivered->slot, found->second, *event, encoded.frames);
            }
        }
        return encoded;
    }
    if (const auto* opened = std::get_if<engine::Opened>(&notice)) {
        return this->opened(*opened);
    }
    if (const auto* unfollowed = std::get_if<engine::Unfollowed>(&notice)) {
        return this->unfollowed(*unfollowed);
    }
    if (const auto* refused = std::get_if<engine::Refused>(&notice)) {
        return this->refused(refused->error, refused->request);
    }
    if (const auto* accepted = std::get_if<engine::Accepted>(&notice)) {
        this->accepted(*accepted);
    }
    return {};
}

Encoded SessionlessDialect::opened(const engine::Opened& opened) {
    const auto found = followed_.find(opened.slot);
    if (found == followed_.end()) {
        return {};
    }
    found->second.epoch = opened.epoch.value;
    found->second.streams = StreamView(opened, found->second.from_head);
    if (!opened.reset) {
        return {};
    }
    return error({.code = base::Code::resume_impossible,
                  .message = "what came before is not complete: " +
                             std::string(reason_text(*opened.reset))});
}

Encoded SessionlessDialect::unfollowed(const engine::Unfollowed& unfollowed) {
    if (followed_.erase(unfollowed.slot) == 0) {
        return {};
    }
    Encoded encoded = error(unfollowed.error);
    if (unfollowed.slot == 0 && !encoded.close) {
        // Without its own session the connection is of no use.
        const std::uint16_t code = base::info(unfollowed.error.code).closes;
        encoded.close = Close{.code = code != 0 ? code : kPolicyViolation,
                              .reason = std::string(name(client_error(unfollowed.error).code))};
    }
    return encoded;
}

Encoded SessionlessDialect::error(const base::Error& error) const {
    Encoded encoded{.frames = {error_frame(client_error(error))}, .close = {}};
    if (error.code == base::Code::unauthenticated) {
        encoded.close = Close{.code = base::info(error.code).closes, .reason = error.message};
    }
    return encoded;
}

base::Result<Slot> SessionlessDialect::follow(std::string_view name, Decoded& decoded) {
    for (const auto& [slot, followed] : followed_) {
        if (followed.asked == name || followed.name == name) {
            return slot;
        }
    }
    if (followed_.size() >= kSessionsMax) {
        return base::fail(base::Code::busy, "this connection follows too many sessions");
    }
    const Slot slot = next_slot_++;
    followed_[slot].asked = name;
    Join join;
    join.slot = slot;
    join.name = name;
    decoded.requests.emplace_back(std::move(join));
    return slot;
}

Decoded SessionlessDialect::refuse(const base::Error& error) const {
    return {.requests = {}, .frames = {error_frame(error)}, .refused = error};
}

void SessionlessDialect::place(events::JsonWriter& frame, Followed& followed, base::Offset offset) {
    frame.number("offset", offset.value);
    if (!followed.placed) {
        followed.placed = true;
        frame.text("session", followed.name).text("epoch", followed.epoch);
    }
}

std::string raw_text(const events::Event& event, std::string_view member) {
    const auto payload = events::scan_object(event.payload);
    const auto* found = payload ? payload->find(member) : nullptr;
    return found != nullptr && found->value.starts_with('"') ? std::string(found->value) : "\"\"";
}

}  // namespace chartroom::dialects
