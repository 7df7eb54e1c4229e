// The connection's states: before session.open nothing but that is taken; then the main session is
// followed, and others may be joined. Each followed session has a slot; joining one that is
// followed already leaves its slot for a new one, so that events still under way for the old are
// not mixed in.
#include "core/dialects/native.hpp"

#include <array>
#include <map>

#include "core/base/base64.hpp"
#include "core/base/clock.hpp"
#include "core/dialects/client_error.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {
namespace {

using base::Code;
using events::JsonWriter;

constexpr std::size_t kSessionsMax = 64;    // followed by one connection; over it: busy
constexpr std::size_t kPendingMax = 1'024;  // messages and pages not yet answered; over it: busy
constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kTypeBytesMax = 128;
constexpr std::uint64_t kPageDefault = 100;

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

JsonWriter frame_of(std::string_view type, std::size_t expected_bytes = 192) {
    JsonWriter frame(expected_bytes);
    frame.text("type", type);
    return frame;
}

JsonWriter event_frame(const events::Event& event, std::string_view session_json) {
    JsonWriter frame = frame_of(event.erased ? std::string_view("erased") : event.type.text,
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

class Native final : public Dialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded text(std::string_view frame) override;
    Decoded too_long(std::size_t bytes) override;
    Encoded refused(const base::Error& error, std::uint64_t request) override;
    void joined(const Joined& joined) override;
    Encoded notice(const engine::NoticeBody& notice) override;
    std::vector<std::string> expiring(std::uint32_t in_ms) override;

  private:
    struct Session {
        std::string asked;      // the name that the client gave, if any
        std::string name;       // what it says to come back
        std::string name_json;  // the name as a JSON string
        std::string participant;
        bool by_open = false;  // session.open asked for it, so session.opened answers
        bool opened = false;
    };
    // What an answer of the engine will be about.
    struct Pending {
        std::string id;  // the client's, may be empty
        std::string session_json;
    };
    using Verb = Decoded (Native::*)(const JsonFrame&, FrameFields&);
    struct VerbRow {
        std::string_view type;
        Verb verb;
        bool takes_token;
    };
    static const std::array<VerbRow, 8> kVerbs;

    Decoded open(const JsonFrame& frame, FrameFields& fields);
    Decoded join(const JsonFrame& frame, FrameFields& fields);
    Decoded leave(const JsonFrame& frame, FrameFields& fields);
    Decoded history(const JsonFrame& frame, FrameFields& fields);
    Decoded acknowledge(const JsonFrame& frame, FrameFields& fields);
    Decoded cancel(const JsonFrame& frame, FrameFields& fields);
    Decoded refresh(const JsonFrame& frame, FrameFields& fields);
    Decoded ping(const JsonFrame& frame, FrameFields& fields);
    Decoded message(std::string type, FrameFields& fields);

    Decoded refuse(const base::Error& error, const std::string& id = {}) const;
    // session_json: of the join that is refused, which has no id to go by.
    [[nodiscard]] static std::string error_frame(const base::Error& error, std::string_view id,
                                                 bool fatal, std::string_view session_json = {});
    static void read_resume(FrameFields& fields, Join& join);
    Session& begin(const Join& join);
    [[nodiscard]] std::optional<Slot> find(std::string_view name) const;
    // The slot that the frame's `session` names, the main one if it names none.
    [[nodiscard]] std::optional<Slot> followed(FrameFields& fields);
    // The number of a new pending request; nothing, over kPendingMax.
    std::optional<std::uint64_t> pend(std::string id, std::string session_json);
    std::optional<Pending> settle(std::uint64_t request);

    Encoded opened(const engine::Opened& opened);
    Encoded delivered(const engine::Delivered& delivered) const;
    [[nodiscard]] Encoded reset(const engine::Reset& reset) const;
    Encoded unfollowed(const engine::Unfollowed& unfollowed);
    Encoded page(const engine::HistoryPage& page);
    [[nodiscard]] Encoded position(const engine::Position& position) const;

    ConnectInfo info_;
    std::map<Slot, Session> sessions_;
    std::optional<Slot> main_;  // absent before session.open, and after one that was refused
    Slot next_slot_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::uint64_t requests_ = 0;
};

constinit const std::array<Native::VerbRow, 8> Native::kVerbs = {{
    {"session.open", &Native::open, true},
    {"session.join", &Native::join, false},
    {"session.leave", &Native::leave, false},
    {"session.history", &Native::history, false},
    {"session.refresh", &Native::refresh, true},
    {"ack", &Native::acknowledge, false},
    {"cancel", &Native::cancel, false},
    {"ping", &Native::ping, false},
}};

// ---- frames in ---------------------------------------------------------------------------------

Decoded Native::connected(const ConnectInfo& info) {
    info_ = info;
    const ResumeQuery query = read_resume_query(info);
    return query.error ? refuse(*query.error) : Decoded{};
}

Decoded Native::text(std::string_view text) {
    const auto frame = read_frame(text);
    if (!frame) {
        return refuse(malformed(frame.error()));
    }
    FrameFields fields(frame->object);
    std::string type = fields.required_text("type");
    if (type.size() > kTypeBytesMax) {
        fields.wrong("type", "is too long");
    }
    if (fields.error()) {
        return refuse(*fields.error());
    }
    for (const auto& row : kVerbs) {
        if (row.type != type) {
            continue;
        }
        if (frame->carries_token && !row.takes_token) {
            return refuse(token_not_taken());
        }
        if (!main_ && row.verb != &Native::open && row.verb != &Native::ping) {
            fields.wrong("type", "must be session.open at first");
            return refuse(*fields.error());
        }
        Decoded decoded = (this->*row.verb)(*frame, fields);
        return fields.error() ? refuse(*fields.error(), fields.text("id").value_or("")) : decoded;
    }
    if (frame->carries_token) {
        return refuse(token_not_taken());
    }
    return message(std::move(type), fields);
}

void Native::read_resume(FrameFields& fields, Join& join) {
    join.epoch_required = true;
    join.name = fields.text("session").value_or("");
    if (const auto after = fields.number("after")) {
        join.after = base::Offset{*after};
    }
    if (auto epoch = fields.text("epoch")) {
        join.epoch = base::Epoch{std::move(*epoch)};
    }
}

Decoded Native::open(const JsonFrame&, FrameFields& fields) {
    if (main_) {
        fields.wrong("type", "session.open was sent already; use session.join");
        return {};
    }
    Join join;
    read_resume(fields, join);
    if (join.name.empty() && !join.after && !join.epoch) {
        join = read_resume_query(info_).join;
        join.epoch_required = true;
    }
    join.slot = next_slot_;
    join.token = fields.text("token").value_or("");
    join.participant = fields.text("participant").value_or("");
    if (fields.error()) {
        return {};
    }
    main_ = next_slot_++;
    begin(join).by_open = true;
    Decoded decoded;
    decoded.requests.emplace_back(std::move(join));
    return decoded;
}

Decoded Native::join(const JsonFrame&, FrameFields& fields) {
    Join join;
    static_cast<void>(fields.required_text("session"));
    read_resume(fields, join);
    if (fields.error()) {
        return {};
    }
    Decoded decoded;
    const auto before = find(join.name);
    if (!before && sessions_.size() >= kSessionsMax) {
        return refuse({.code = Code::busy, .message = "this connection follows too many sessions"});
    }
    join.slot = next_slot_++;
    if (before) {
        decoded.requests.emplace_back(Leave{*before});
        sessions_.erase(*before);
        main_ = main_ == before ? join.slot : main_;
    }
    begin(join);
    decoded.requests.emplace_back(std::move(join));
    return decoded;
}

Decoded Native::leave(const JsonFrame&, FrameFields& fields) {
    static_cast<void>(fields.required_text("session"));
    const auto slot = followed(fields);
    if (slot && slot == main_) {
        fields.wrong("session", "is the connection's own; close the connection instead");
    }
    if (fields.error()) {
        return {};
    }
    Decoded decoded;
    decoded.frames.push_back(
        frame_of("session.left").raw("session", sessions_[*slot].name_json).take());
    decoded.requests.emplace_back(Leave{*slot});
    sessions_.erase(*slot);
    return decoded;
}

Decoded Native::history(const JsonFrame&, FrameFields& fields) {
    ReadPage page;
    const std::string name = fields.text("session").value_or("");
    if (const auto slot = name.empty() ? main_ : find(name)) {
        page.slot = *slot;
    } else {
        page.name = name;
    }
    if (const auto before = fields.number("before")) {
        page.before = base::Offset{*before};
    }
    if (const auto after = fields.number("after")) {
        page.after = base::Offset{*after};
    }
    if (auto epoch = fields.text("epoch")) {
        page.epoch = base::Epoch{std::move(*epoch)};
    }
    const std::uint64_t limit = fields.number("limit").value_or(kPageDefault);
    if (limit == 0 || limit > info_.history_max) {
        fields.wrong("limit", "must be from 1 to " + std::to_string(info_.history_max));
    }
    std::string id = fields.text("id").value_or("");
    if (fields.error()) {
        return {};
    }
    page.limit = limit;
    const auto request = pend(std::move(id), page.name.empty() ? sessions_[page.slot].name_json
                                                               : events::to_json_string(name));
    if (!request) {
        return refuse({.code = Code::busy, .message = "too many requests wait for an answer"});
    }
    page.request = *request;
    Decoded decoded;
    decoded.requests.emplace_back(std::move(page));
    return decoded;
}

Decoded Native::acknowledge(const JsonFrame&, FrameFields& fields) {
    const auto slot = followed(fields);
    const auto offset = fields.number("offset");
    if (!offset) {
        fields.wrong("offset", "is missing");
    }
    if (fields.error()) {
        return {};
    }
    Decoded decoded;
    decoded.requests.emplace_back(Acknowledge{*slot, base::Offset{*offset}});
    return decoded;
}

Decoded Native::cancel(const JsonFrame&, FrameFields& fields) {
    CancelTurn cancel;
    const auto slot = followed(fields);
    if (const auto cause = fields.number("cause")) {
        cancel.cause = base::Offset{*cause};
    }
    std::string id = fields.text("id").value_or("");
    if (fields.error()) {
        return {};
    }
    cancel.slot = *slot;
    const auto request = pend(std::move(id), sessions_[*slot].name_json);
    if (!request) {
        return refuse({.code = Code::busy, .message = "too many requests wait for an answer"});
    }
    cancel.request = *request;
    Decoded decoded;
    decoded.requests.emplace_back(cancel);
    return decoded;
}

Decoded Native::refresh(const JsonFrame&, FrameFields& fields) {
    Refresh refresh{.token = fields.required_text("token")};
    Decoded decoded;
    decoded.requests.emplace_back(std::move(refresh));
    return decoded;
}

Decoded Native::ping(const JsonFrame&, FrameFields& fields) {
    JsonWriter frame = frame_of("pong");
    if (const auto id = fields.text("id")) {
        frame.text("id", *id);
    }
    Decoded decoded;
    decoded.frames.push_back(frame.take());
    return decoded;
}

Decoded Native::message(std::string type, FrameFields& fields) {
    std::string id = fields.text("id").value_or("");
    if (id.size() > kIdBytesMax) {
        fields.wrong("id", "must be at most 64 bytes");
        id.clear();
    }
    const bool reserved = type.starts_with("session.") || type == "accepted" || type == "error" ||
                          type == "pong" || type == "erased";
    if (reserved) {
        return refuse({.code = Code::unknown_type,
                       .message = "there is no message of this type to send",
                       .field = "type"},
                      id);
    }
    if (!main_) {
        fields.wrong("type", "must be session.open at first");
        return refuse(*fields.error(), id);
    }
    Send send;
    const auto slot = followed(fields);
    if (const auto since = fields.number("since")) {
        send.since = base::Offset{*since};
    }
    if (auto epoch = fields.text("epoch")) {
        send.since_epoch = base::Epoch{std::move(*epoch)};
    }
    const std::string_view data = fields.raw("data");
    if (!data.empty() && !data.starts_with('{')) {
        fields.wrong("data", "must be an object");
    }
    if (fields.error()) {
        return refuse(*fields.error(), id);
    }
    const auto request = pend(id, sessions_[*slot].name_json);
    if (!request) {
        return refuse({.code = Code::busy, .message = "too many messages wait for an answer"}, id);
    }
    send.slot = *slot;
    send.request = *request;
    send.type = std::move(type);
    send.payload = data.empty() ? std::string_view("{}") : data;
    send.client_id = std::move(id);
    Decoded decoded;
    decoded.requests.emplace_back(std::move(send));
    return decoded;
}

Decoded Native::too_long(std::size_t bytes) {
    return refuse({.code = Code::message_too_long,
                   .message = "the frame has " + std::to_string(bytes) + " bytes; at most " +
                              std::to_string(info_.frame_bytes_max) + " are taken"});
}

// ---- the connection's sessions and requests ----------------------------------------------------

std::optional<Slot> Native::find(std::string_view name) const {
    for (const auto& [slot, session] : sessions_) {
        if (session.name == name || (!session.asked.empty() && session.asked == name)) {
            return slot;
        }
    }
    return std::nullopt;
}

std::optional<Slot> Native::followed(FrameFields& fields) {
    const auto name = fields.text("session");
    const auto slot = name ? find(*name) : main_;
    if (!slot) {
        fields.wrong("session", "is not followed by this connection; join it first");
    }
    return slot;
}

std::optional<std::uint64_t> Native::pend(std::string id, std::string session_json) {
    if (pending_.size() >= kPendingMax) {
        return std::nullopt;
    }
    pending_[++requests_] = {.id = std::move(id), .session_json = std::move(session_json)};
    return requests_;
}

std::optional<Native::Pending> Native::settle(std::uint64_t request) {
    auto node = pending_.extract(request);
    return node ? std::optional(std::move(node.mapped())) : std::nullopt;
}

// Until it is resolved, a session goes by the name that was asked for.
Native::Session& Native::begin(const Join& join) {
    Session& session = sessions_[join.slot];
    session.asked = join.name;
    session.name_json = events::to_json_string(join.name);
    return session;
}

void Native::joined(const Joined& joined) {
    const auto found = sessions_.find(joined.slot);
    if (found == sessions_.end()) {
        return;
    }
    found->second.name = joined.name;
    found->second.name_json = events::to_json_string(joined.name);
    found->second.participant = joined.participant;
}

// ---- frames out --------------------------------------------------------------------------------

std::string Native::error_frame(const base::Error& error, std::string_view id, bool fatal,
                                std::string_view session_json) {
    JsonWriter frame = frame_of("error");
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

Decoded Native::refuse(const base::Error& error, const std::string& id) const {
    return {.requests = {}, .frames = {error_frame(error, id, false)}, .refused = error};
}

Encoded Native::refused(const base::Error& error, std::uint64_t request) {
    const bool fatal = error.code == Code::unauthenticated;
    const base::Error told = client_error(error);
    const auto pending = settle(request);
    Encoded encoded{.frames = {error_frame(told, pending ? pending->id : "", fatal)}, .close = {}};
    if (fatal) {
        encoded.close = Close{.code = base::info(error.code).closes, .reason = told.message};
    }
    return encoded;
}

Encoded Native::notice(const engine::NoticeBody& notice) {
    if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
        return this->delivered(*delivered);
    }
    if (const auto* accepted = std::get_if<engine::Accepted>(&notice)) {
        const auto pending = settle(accepted->request);
        if (!pending) {
            return {};
        }
        JsonWriter frame = frame_of("accepted");
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
        return {.frames = {frame_of("session.live")
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

Encoded Native::delivered(const engine::Delivered& delivered) const {
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

Encoded Native::position(const engine::Position& position) const {
    const auto found = sessions_.find(position.slot);
    if (found == sessions_.end()) {
        return {};
    }
    return {.frames = {frame_of("session.position")
                           .raw("session", found->second.name_json)
                           .number("offset", position.offset.value)
                           .number("prev", position.prev.value)
                           .take()},
            .close = {}};
}

Encoded Native::opened(const engine::Opened& opened) {
    const auto found = sessions_.find(opened.slot);
    if (found == sessions_.end()) {
        return {};
    }
    Session& session = found->second;
    session.opened = true;
    JsonWriter frame = frame_of(session.by_open ? "session.opened" : "session.joined", 384);
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

Encoded Native::reset(const engine::Reset& reset) const {
    const auto found = sessions_.find(reset.slot);
    if (found == sessions_.end()) {
        return {};
    }
    return {.frames = {frame_of("session.reset")
                           .raw("session", found->second.name_json)
                           .text("reason", to_text(reset.reason))
                           .text("epoch", reset.epoch.value)
                           .number("first", reset.first.value)
                           .number("head", reset.head.value)
                           .take()},
            .close = {}};
}

Encoded Native::unfollowed(const engine::Unfollowed& unfollowed) {
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
        encoded.frames.push_back(frame_of("session.left")
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

Encoded Native::page(const engine::HistoryPage& page) {
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
    JsonWriter frame = frame_of("session.page", list.size() + 128);
    frame.raw("session", pending->session_json);
    if (!pending->id.empty()) {
        frame.text("id", pending->id);
    }
    return {.frames = {frame.raw("events", list).boolean("more", page.more).take()}, .close = {}};
}

std::vector<std::string> Native::expiring(std::uint32_t in_ms) {
    return {frame_of("session.expiring").number("in_ms", in_ms).take()};
}

}  // namespace

std::unique_ptr<Dialect> make_native() {
    return std::make_unique<Native>();
}

std::string native_event(const events::Event& event, std::string_view session_json) {
    return finish_event(event_frame(event, session_json), event);
}

}  // namespace chartroom::dialects
