#include "core/dialects/sessionless.hpp"

#include "core/base/clock.hpp"
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
    Decoded decoded;
    if (query.error) {
        decoded = refuse(*query.error);
    }
    follow_own(std::move(query.join), decoded);
    return decoded;
}

Decoded SessionlessDialect::too_long(std::size_t bytes) {
    return refuse({.code = base::Code::message_too_long,
                   .message = "the message is too long: " + std::to_string(bytes) + " bytes"});
}

Encoded SessionlessDialect::refused(const base::Error& error, std::uint64_t request) {
    const auto unanswered = unanswered_.extract(request);
    if (unanswered && !follows(unanswered.mapped())) {
        return {};  // its session was refused, and that was told
    }
    return this->error(error);
}

// ---- notices -----------------------------------------------------------------------------------

void SessionlessDialect::joined(const Joined& joined) {
    if (Followed* followed = find(joined.slot)) {
        followed->name = joined.name;
    }
}

Encoded SessionlessDialect::notice(const engine::NoticeBody& notice) {
    Encoded out;
    if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
        this->delivered(*delivered, out);
    } else if (const auto* began = std::get_if<engine::StreamBegan>(&notice)) {
        if (Followed* followed = find(began->slot)) {
            followed->streams.began(began->start);
        }
    } else if (const auto* opened = std::get_if<engine::Opened>(&notice)) {
        this->opened(*opened, out);
    } else if (const auto* unfollowed = std::get_if<engine::Unfollowed>(&notice)) {
        out = this->unfollowed(*unfollowed);
    } else if (const auto* refused = std::get_if<engine::Refused>(&notice)) {
        out = this->refused(refused->error, refused->request);
    } else if (const auto* accepted = std::get_if<engine::Accepted>(&notice)) {
        if (const auto unanswered = unanswered_.extract(accepted->request)) {
            this->accepted(unanswered.mapped(), accepted->offset);
        }
    } else if (const auto* live = std::get_if<engine::Live>(&notice)) {
        if (follows(live->slot)) {
            this->live(live->slot, out);
        }
    } else if (const auto* page = std::get_if<engine::HistoryPage>(&notice)) {
        this->page(*page, out);
    }
    return out;
}

void SessionlessDialect::delivered(const engine::Delivered& delivered, Encoded& out) {
    for (const auto& event : delivered.events) {
        Followed* followed = find(delivered.slot);
        if (followed == nullptr) {
            return;
        }
        followed->seen = event->offset;
        if (!event->erased && event->json && !followed->streams.hides(*event)) {
            this->event(delivered.slot, *followed, *event, out);
        }
    }
}

void SessionlessDialect::opened(const engine::Opened& opened, Encoded& out) {
    if (Followed* followed = find(opened.slot)) {
        followed->epoch = opened.epoch.value;
        followed->streams = StreamView(opened, followed->from_head);
        this->opened(opened.slot, *followed, opened, out);
    }
}

void SessionlessDialect::opened(Slot, Followed& followed, const engine::Opened& opened,
                                Encoded& out) {
    if (opened.reset && !followed.apart) {
        out.frames.push_back(error_frame({.code = base::Code::resume_impossible,
                                          .message = "what came before is not complete: " +
                                                     std::string(reason_text(*opened.reset))}));
    }
}

Encoded SessionlessDialect::unfollowed(const engine::Unfollowed& unfollowed) {
    const auto gone = followed_.extract(unfollowed.slot);
    if (!gone) {
        return {};
    }
    const bool lacked = unfollowed.error.code == base::Code::forbidden && may_lack(unfollowed.slot);
    left(unfollowed.slot);
    if (lacked) {
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
        encoded.close = Close{.code = base::info(error.code).closes, .reason = "Invalid token"};
    }
    return encoded;
}

// ---- sessions ----------------------------------------------------------------------------------

SessionlessDialect::Followed* SessionlessDialect::find(Slot slot) {
    const auto found = followed_.find(slot);
    return found == followed_.end() ? nullptr : &found->second;
}

std::optional<Slot> SessionlessDialect::find(std::string_view name) const {
    for (const auto& [slot, followed] : followed_) {
        if (!name.empty() && !followed.apart && (followed.asked == name || followed.name == name)) {
            return slot;
        }
    }
    return std::nullopt;
}

Slot SessionlessDialect::begin(Join join, bool apart, Decoded& decoded) {
    Followed& followed = followed_[join.slot];
    followed = {};
    followed.asked = join.name;
    followed.from_head = !join.after;
    followed.apart = apart;
    join.whole_streams = true;
    const Slot slot = join.slot;
    decoded.requests.emplace_back(std::move(join));
    return slot;
}

void SessionlessDialect::follow_own(Join join, Decoded& decoded) {
    join.slot = 0;
    begin(std::move(join), false, decoded);
}

base::Result<Slot> SessionlessDialect::follow(Join join, Decoded& decoded) {
    if (const auto known = find(join.name)) {
        if (!join.after || *known == 0) {
            return *known;
        }
        leave(*known, decoded.requests);
    }
    if (followed_.size() >= kSessionsMax) {
        return base::fail(base::Code::busy, "this connection follows too many sessions");
    }
    join.slot = next_slot_++;
    return begin(std::move(join), false, decoded);
}

base::Result<Slot> SessionlessDialect::follow(std::string_view name, Decoded& decoded) {
    Join join;
    join.name = name;
    return follow(std::move(join), decoded);
}

base::Result<Slot> SessionlessDialect::follow_apart(Join join, Decoded& decoded) {
    if (followed_.size() >= kSessionsMax) {
        return base::fail(base::Code::busy, "this connection follows too many sessions");
    }
    join.slot = next_slot_++;
    return begin(std::move(join), true, decoded);
}

void SessionlessDialect::leave(Slot slot, std::vector<Request>& requests) {
    if (followed_.erase(slot) != 0) {
        left(slot);
        requests.emplace_back(Leave{slot});
    }
}

// ---- frames ------------------------------------------------------------------------------------

Request SessionlessDialect::send(Slot slot, std::string_view type, std::string payload) {
    Send send;
    send.slot = slot;
    send.request = next_request();
    send.type = type;
    send.payload = std::move(payload);
    if (unanswered_.size() == kUnansweredMax) {
        unanswered_.erase(unanswered_.begin());
    }
    unanswered_[send.request] = slot;
    return send;
}

Decoded SessionlessDialect::cancel(Slot slot, FrameFields& fields) {
    CancelTurn cancel;
    cancel.slot = slot;
    cancel.request = next_request();
    if (const auto cause = fields.number("cause")) {
        cancel.cause = base::Offset{*cause};
    }
    if (fields.error()) {
        return refuse(*fields.error());
    }
    Decoded decoded;
    decoded.requests.emplace_back(cancel);
    return decoded;
}

Decoded SessionlessDialect::refuse(const base::Error& error) const {
    return {.requests = {}, .frames = {error_frame(error)}, .refused = error};
}

void SessionlessDialect::place(events::JsonWriter& frame, Followed& followed, base::Offset offset) {
    frame.number("offset", offset.value);
    followed.told = offset;
    if (!followed.placed) {
        followed.placed = true;
        frame.text("session", followed.name).text("epoch", followed.epoch);
    }
}

void add_details(events::JsonWriter& frame, const base::Error& error) {
    if (!error.field.empty()) {
        frame.text("field", error.field);
    }
    if (error.retry_after_ms != 0) {
        frame.number("retry_after_ms", error.retry_after_ms);
    }
}

void add_timestamp(events::JsonWriter& frame, std::int64_t at_us) {
    frame.text("timestamp", base::to_rfc3339(at_us));
}

std::string raw_member(const events::Event& event, std::string_view member,
                       std::string_view otherwise) {
    const auto payload = events::scan_object(event.payload);
    const auto* found = payload ? payload->find(member) : nullptr;
    return std::string(found == nullptr || found->value == "null" ? otherwise : found->value);
}

std::string raw_text(const events::Event& event, std::string_view member) {
    std::string raw = raw_member(event, member, "\"\"");
    return raw.starts_with('"') ? raw : "\"\"";
}

}  // namespace chartroom::dialects
