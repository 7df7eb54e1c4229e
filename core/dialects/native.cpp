#include "core/dialects/native_dialect.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {
namespace {

using base::Code;
using events::JsonWriter;

constexpr std::size_t kTypeBytesMax = 128;
constexpr std::uint64_t kPageDefault = 100;

}  // namespace

constinit const std::array<NativeDialect::VerbRow, 8> NativeDialect::kVerbs = {{
    {"session.open", &NativeDialect::open, true},
    {"session.join", &NativeDialect::join, false},
    {"session.leave", &NativeDialect::leave, false},
    {"session.history", &NativeDialect::history, false},
    {"session.refresh", &NativeDialect::refresh, true},
    {"ack", &NativeDialect::acknowledge, false},
    {"cancel", &NativeDialect::cancel, false},
    {"ping", &NativeDialect::ping, false},
}};

// ---- frames in ---------------------------------------------------------------------------------

Decoded NativeDialect::connected(const ConnectInfo& info) {
    info_ = info;
    const ResumeQuery query = read_resume_query(info);
    return query.error ? refuse(*query.error) : Decoded{};
}

Decoded NativeDialect::text(std::string_view text) {
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
        if (!main_ && row.verb != &NativeDialect::open && row.verb != &NativeDialect::ping) {
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

void NativeDialect::read_resume(FrameFields& fields, Join& join) {
    join.epoch_required = true;
    join.name = fields.text("session").value_or("");
    if (const auto after = fields.number("after")) {
        join.after = base::Offset{*after};
    }
    if (auto epoch = fields.text("epoch")) {
        join.epoch = base::Epoch{std::move(*epoch)};
    }
}

Decoded NativeDialect::open(const JsonFrame&, FrameFields& fields) {
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

Decoded NativeDialect::join(const JsonFrame&, FrameFields& fields) {
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

Decoded NativeDialect::leave(const JsonFrame&, FrameFields& fields) {
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
        native_frame("session.left").raw("session", sessions_[*slot].name_json).take());
    decoded.requests.emplace_back(Leave{*slot});
    sessions_.erase(*slot);
    return decoded;
}

Decoded NativeDialect::history(const JsonFrame&, FrameFields& fields) {
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

Decoded NativeDialect::acknowledge(const JsonFrame&, FrameFields& fields) {
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

Decoded NativeDialect::cancel(const JsonFrame&, FrameFields& fields) {
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

Decoded NativeDialect::refresh(const JsonFrame&, FrameFields& fields) {
    Refresh refresh{.token = fields.required_text("token")};
    Decoded decoded;
    decoded.requests.emplace_back(std::move(refresh));
    return decoded;
}

Decoded NativeDialect::ping(const JsonFrame&, FrameFields& fields) {
    JsonWriter frame = native_frame("pong");
    if (const auto id = fields.text("id")) {
        frame.text("id", *id);
    }
    Decoded decoded;
    decoded.frames.push_back(frame.take());
    return decoded;
}

Decoded NativeDialect::message(std::string type, FrameFields& fields) {
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

Decoded NativeDialect::too_long(std::size_t bytes) {
    return refuse({.code = Code::message_too_long,
                   .message = "the frame has " + std::to_string(bytes) + " bytes; at most " +
                              std::to_string(info_.frame_bytes_max) + " are taken"});
}

// ---- the connection's sessions and requests ----------------------------------------------------

std::optional<Slot> NativeDialect::find(std::string_view name) const {
    for (const auto& [slot, session] : sessions_) {
        if (session.name == name || (!session.asked.empty() && session.asked == name)) {
            return slot;
        }
    }
    return std::nullopt;
}

std::optional<Slot> NativeDialect::followed(FrameFields& fields) {
    const auto name = fields.text("session");
    const auto slot = name ? find(*name) : main_;
    if (!slot) {
        fields.wrong("session", "is not followed by this connection; join it first");
    }
    return slot;
}

std::optional<std::uint64_t> NativeDialect::pend(std::string id, std::string session_json) {
    if (pending_.size() >= kPendingMax) {
        return std::nullopt;
    }
    pending_[++requests_] = {.id = std::move(id), .session_json = std::move(session_json)};
    return requests_;
}

std::optional<NativeDialect::Pending> NativeDialect::settle(std::uint64_t request) {
    auto node = pending_.extract(request);
    return node ? std::optional(std::move(node.mapped())) : std::nullopt;
}

// Until it is resolved, a session goes by the name that was asked for.
NativeDialect::Session& NativeDialect::begin(const Join& join) {
    Session& session = sessions_[join.slot];
    session.asked = join.name;
    session.name_json = events::to_json_string(join.name);
    return session;
}

void NativeDialect::joined(const Joined& joined) {
    const auto found = sessions_.find(joined.slot);
    if (found == sessions_.end()) {
        return;
    }
    found->second.name = joined.name;
    found->second.name_json = events::to_json_string(joined.name);
    found->second.participant = joined.participant;
}

std::unique_ptr<Dialect> make_native() {
    return std::make_unique<NativeDialect>();
}

}  // namespace chartroom::dialects
