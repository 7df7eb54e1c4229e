// The user's home session is slot 0; each conversation that is followed has a slot of its own. An
// answer that was under way or over before the connection followed its conversation is shown on
// request (stream_response) by a follower apart, which begins at the message and shows that answer
// only. Whichever slot shows the beginning of an answer shows the rest of it.
#include "core/dialects/conversation.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/dialects/client_error.hpp"
#include "core/dialects/conversation_data.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using base::Code;
using events::JsonWriter;

constexpr std::string_view kHome = "home";
constexpr std::string_view kConversation = "conversation:";
constexpr std::uint16_t kUnauthenticated = 4001;
constexpr std::size_t kShownMax = 256;  // answers that are remembered; over it the oldest is not

// What stands in the log at `message` (engine::message_id): the offset of its row, mod 2^26.
base::Offset offset_of(std::uint64_t message) {
    return {(message >> 1) & ((1u << 26) - 1)};
}
// The id of the answer that the message's own turn gives.
std::uint64_t answer_of(std::uint64_t message) {
    return message | 1u;
}

class Conversation final : public SessionlessDialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded text(std::string_view text) override;
    Decoded too_long(std::size_t bytes) override;
    std::vector<std::string> authenticated(std::string_view user) override;

  protected:
    std::string session_name(const ConnectInfo&) override { return std::string(kHome); }
    void event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) override;
    std::string error_frame(const base::Error& error) const override;
    void live(Slot slot, Encoded& out) override;
    void left(Slot slot) override;

  private:
    using Verb = Decoded (Conversation::*)(FrameFields&);
    static const std::array<std::pair<std::string_view, Verb>, 8> kVerbs;

    // A follower apart: of the answer to `message`, once that is found in the turn `cause`.
    struct Attached {
        std::uint64_t message = 0;
        base::Offset cause;
    };

    Decoded authenticate(const JsonFrame& frame, FrameFields& fields);
    Decoded turn_away(const base::Error& error, std::string_view reason) const;
    void begin(Decoded& decoded);
    Decoded dispatch(const JsonFrame& frame, FrameFields& fields);

    Decoded send_message(FrameFields& data);
    Decoded stream_response(FrameFields& data);
    Decoded typing(FrameFields& data);
    Decoded typing_start(FrameFields& data);
    Decoded typing_stop(FrameFields& data);
    Decoded join(FrameFields& data);
    Decoded leave_conversation(FrameFields& data);
    Decoded stop(FrameFields& data);

    // The conversation that `data` names, as the name of its session; an error is in `data`.
    [[nodiscard]] std::string conversation_of(FrameFields& data) const;
    // One message for the conversation that `data` names, which is joined by it.
    Decoded say(FrameFields& data, std::string_view type, std::string payload);
    void attach(const std::string& session, std::uint64_t message, Decoded& decoded);

    void home_event(Followed& followed, const events::Event& event, Encoded& out);
    void attached_event(Slot slot, Attached& attached, Followed& followed,
                        const events::Event& event, Encoded& out);
    void stream_event(Slot slot, Followed& followed, const events::Event& event, Encoded& out);
    void make_up_start(Followed& followed, const events::Event& event, Encoded& out) const;
    [[nodiscard]] bool claim(Slot slot, const events::Event& event);
    [[nodiscard]] static std::string id_of(const Followed& followed);
    static std::string frame_of(std::string_view type, std::string data);
    static std::string event_frame(std::string_view type, std::string data, Followed& followed,
                                   const events::Event& event);

    ConnectInfo info_;
    bool begun_ = false;  // it is known who is there, and the home session is followed
    std::map<Slot, Attached> attached_;
    std::map<std::uint64_t, Slot> shown_;  // which slot shows an answer, by message_id
    std::optional<Slot> newest_;           // the conversation that was written to last
};

constinit const std::array<std::pair<std::string_view, Conversation::Verb>, 8>
    Conversation::kVerbs = {{
        {"send_message", &Conversation::send_message},
        {"stream_response", &Conversation::stream_response},
        {"typing", &Conversation::typing},
        {"typing_start", &Conversation::typing_start},
        {"typing_stop", &Conversation::typing_stop},
        {"join_conversation", &Conversation::join},
        {"leave_conversation", &Conversation::leave_conversation},
        {"cancel", &Conversation::stop},
    }};

// ---- who is there ------------------------------------------------------------------------------

Decoded Conversation::connected(const ConnectInfo& info) {
    info_ = info;
    Decoded decoded;
    if (!info.user.empty()) {
        decoded.frames = authenticated(info.user);
        begin(decoded);
    }
    return decoded;
}

Decoded Conversation::text(std::string_view text) {
    const bool may_speak = begun_ || !info_.must_authenticate;
    const auto frame = read_frame(text);
    if (!frame) {
        const base::Error error = malformed(frame.error());
        return may_speak ? refuse(error) : turn_away(error, "Invalid token");
    }
    FrameFields fields(frame->object);
    if (fields.raw("type") == R"("auth")") {
        return authenticate(*frame, fields);
    }
    if (frame->carries_token) {
        return may_speak ? refuse(token_not_taken())
                         : turn_away(token_not_taken(), "Invalid token");
    }
    if (!may_speak) {
        return turn_away({.code = Code::unauthenticated, .message = "the first frame must be auth"},
                         "Authentication required");
    }
    Decoded decoded;
    if (!begun_) {
        begin(decoded);
    }
    Decoded rest = dispatch(*frame, fields);
    std::ranges::move(rest.requests, std::back_inserter(decoded.requests));
    decoded.frames = std::move(rest.frames);
    decoded.refused = rest.refused;
    return decoded;
}

Decoded Conversation::too_long(std::size_t bytes) {
    Decoded decoded = SessionlessDialect::too_long(bytes);
    if (!begun_ && info_.must_authenticate) {
        decoded.requests.emplace_back(Close{kUnauthenticated, "Invalid token"});
    }
    return decoded;
}

// The first frame is none that shows a token.
Decoded Conversation::turn_away(const base::Error& error, std::string_view reason) const {
    Decoded decoded = refuse(error);
    decoded.requests.emplace_back(Close{kUnauthenticated, std::string(reason)});
    return decoded;
}

// What stands behind the Refresh is carried out only if the token is valid.
Decoded Conversation::authenticate(const JsonFrame& frame, FrameFields& fields) {
    std::string token;
    if (fields.has("token")) {
        token = fields.required_text("token");
    } else if (const auto data = events::scan_object(frame.object.find("data") != nullptr
                                                         ? fields.raw("data")
                                                         : std::string_view("{}"))) {
        FrameFields inner(*data);
        token = inner.required_text("token");
        if (inner.error()) {
            fields.refuse("token", inner.error()->message);
        }
    } else {
        fields.wrong("token", "is missing");
    }
    if (fields.error()) {
        return begun_ ? refuse(*fields.error()) : turn_away(*fields.error(), "Invalid token");
    }
    Decoded decoded;
    decoded.requests.emplace_back(Refresh{std::move(token)});
    if (!begun_) {
        begin(decoded);
    }
    return decoded;
}

std::vector<std::string> Conversation::authenticated(std::string_view user) {
    return {frame_of("auth_success", JsonWriter().raw("user_id", json_id(user)).take())};
}

// Follows the home session, and the conversation that the URL resumes.
void Conversation::begin(Decoded& decoded) {
    begun_ = true;
    ResumeQuery query = read_resume_query(info_);
    if (query.error) {
        decoded.frames.push_back(error_frame(*query.error));
    }
    Join home;
    const bool is_home = query.join.name.empty() || query.join.name == kHome;
    if (is_home) {
        home = std::move(query.join);
    }
    home.name = kHome;
    follow_own(std::move(home), decoded);
    if (!is_home) {
        static_cast<void>(follow(std::move(query.join), decoded));
    }
}

// ---- frames in ---------------------------------------------------------------------------------

Decoded Conversation::dispatch(const JsonFrame& frame, FrameFields& fields) {
    const std::string type = fields.required_text("type");
    if (fields.error()) {
        return refuse(*fields.error());
    }
    for (const auto& [verb, take] : kVerbs) {
        if (verb != type) {
            continue;
        }
        // `cancel` may come without data.
        const std::string_view raw = fields.has("data") ? fields.raw("data") : "{}";
        const auto object = events::scan_object(raw);
        if (!object) {
            fields.wrong("data", events::describe(object.error()));
            return refuse(*fields.error());
        }
        const bool bare = take == &Conversation::stop && !fields.has("data");
        FrameFields data(bare ? frame.object : *object);
        Decoded decoded = (this->*take)(data);
        return data.error() ? refuse(*data.error()) : decoded;
    }
    return refuse(
        {.code = Code::unknown_type, .message = "Unknown message type: " + type, .field = "type"});
}

std::string Conversation::conversation_of(FrameFields& data) const {
    const auto id = data.id("conversation_id");
    if (!id || id->empty()) {
        data.wrong("conversation_id", id ? "must not be empty" : "is missing");
        return {};
    }
    // One that the URL resumed goes by its own name.
    return find(*id) && *id != kHome ? *id : std::string(kConversation) + *id;
}

Decoded Conversation::say(FrameFields& data, std::string_view type, std::string payload) {
    const std::string session = conversation_of(data);
    Decoded decoded;
    if (data.error()) {
        return decoded;
    }
    const auto slot = follow(session, decoded);
    if (!slot) {
        return refuse(slot.error());
    }
    decoded.requests.push_back(send(*slot, type, std::move(payload)));
    if (type != events::types::kTyping) {
        newest_ = *slot;
    }
    return decoded;
}

Decoded Conversation::send_message(FrameFields& data) {
    const std::string content = data.required_text("content");
    const std::string type = data.text("message_type").value_or("user");
    return say(
        data, events::types::kChat,
        JsonWriter(content.size() + 64).text("content", content).text("message_type", type).take());
}

Decoded Conversation::stream_response(FrameFields& data) {
    const auto message = data.number("message_id");
    if (!message) {
        data.wrong("message_id", "is missing");
    }
    const auto assistant = data.id("assistant_id");
    JsonWriter payload;
    payload.number("message", message.value_or(0));
    if (assistant) {
        payload.text("assistant", *assistant);
    }
    Decoded decoded = say(data, events::types::kChatRespond, payload.take());
    if (!data.error() && !decoded.refused && !shown_.contains(answer_of(*message))) {
        attach(conversation_of(data), *message, decoded);
    }
    return decoded;
}

Decoded Conversation::typing(FrameFields& data) {
    const auto is_typing = data.boolean("is_typing");
    if (!is_typing) {
        data.wrong("is_typing", "is missing");
    }
    return say(data, events::types::kTyping,
               JsonWriter().boolean("is_typing", is_typing.value_or(false)).take());
}

Decoded Conversation::typing_start(FrameFields& data) {
    return say(data, events::types::kTyping, JsonWriter().boolean("is_typing", true).take());
}

Decoded Conversation::typing_stop(FrameFields& data) {
    return say(data, events::types::kTyping, JsonWriter().boolean("is_typing", false).take());
}

Decoded Conversation::join(FrameFields& data) {
    Join join;
    join.name = conversation_of(data);
    if (const auto after = data.number("after")) {
        join.after = base::Offset{*after};
    }
    if (auto epoch = data.text("epoch")) {
        join.epoch = base::Epoch{std::move(*epoch)};
    }
    Decoded decoded;
    if (data.error()) {
        return decoded;
    }
    if (const auto slot = follow(std::move(join), decoded); !slot) {
        return refuse(slot.error());
    }
    return decoded;
}

Decoded Conversation::leave_conversation(FrameFields& data) {
    const std::string session = conversation_of(data);
    Decoded decoded;
    if (const auto slot = data.error() ? std::nullopt : find(session)) {
        leave(*slot, decoded.requests);
        const auto attached = attached_;
        for (const auto& [apart, answer] : attached) {
            if (find(apart)->asked == session) {
                leave(apart, decoded.requests);
            }
        }
    }
    return decoded;
}

// Without a conversation: in the one that was written to last.
Decoded Conversation::stop(FrameFields& data) {
    const auto slot = data.has("conversation_id") ? find(conversation_of(data)) : newest_;
    if (!slot) {
        data.wrong("conversation_id", "names no conversation that this connection follows");
    }
    return data.error() ? Decoded() : cancel(*slot, data);
}

// ---- answers from before -----------------------------------------------------------------------

void Conversation::attach(const std::string& session, std::uint64_t message, Decoded& decoded) {
    for (const auto& [slot, attached] : attached_) {
        if (attached.message == message) {
            return;  // is being looked for
        }
    }
    Join join;
    join.name = session;
    join.after = offset_of(message);
    if (const auto slot = follow_apart(std::move(join), decoded)) {
        attached_[*slot] = {.message = message, .cause = {}};
    }
}

void Conversation::attached_event(Slot slot, Attached& attached, Followed& followed,
                                  const events::Event& event, Encoded& out) {
    const std::string_view type = event.type.text;
    const bool ends = type == events::types::kStreamEnd;
    const auto answers_it = [&] {
        return (ends || type == events::types::kStreamStart) &&
               events::json_integer(raw_member(event, "in_reply_to", "")) == attached.message;
    };
    if (!attached.cause && answers_it()) {
        if (!claim(slot, event)) {
            leave(slot, out.requests);  // another slot shows it
            return;
        }
        attached.cause = event.cause;
    }
    if (!attached.cause || event.cause != attached.cause) {
        return;
    }
    if (ends && !followed.streams.is_open(event)) {
        make_up_start(followed, event, out);
        out.frames.push_back(frame_of(
            "stream_content", JsonWriter()
                                  .raw("message_id", raw_member(event, "message_id", "null"))
                                  .raw("content", raw_text(event, "content"))
                                  .boolean("is_complete", false)
                                  .take()));
    }
    stream_event(slot, followed, event, out);
    if (ends) {
        leave(slot, out.requests);
    }
}

void Conversation::live(Slot slot, Encoded& out) {
    const auto attached = attached_.find(slot);
    if (attached != attached_.end() && !attached->second.cause) {
        leave(slot, out.requests);  // there is no such answer yet; if one comes, it comes live
    }
}

void Conversation::left(Slot slot) {
    if (attached_.erase(slot) == 0) {
        std::erase_if(shown_, [&](const auto& shown) { return shown.second == slot; });
    }
    if (newest_ == slot) {
        newest_.reset();
    }
}

// Whether the answer that the event belongs to is this slot's to show.
bool Conversation::claim(Slot slot, const events::Event& event) {
    const auto id = events::json_integer(raw_member(event, "message_id", ""));
    if (!id) {
        return true;
    }
    const bool mine = shown_.try_emplace(*id, slot).first->second == slot;
    if (shown_.size() > kShownMax) {
        shown_.erase(shown_.begin());
    }
    return mine;
}

// ---- frames out --------------------------------------------------------------------------------

void Conversation::event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) {
    const std::string_view type = event.type.text;
    if (slot == 0) {
        home_event(followed, event, out);
    } else if (const auto attached = attached_.find(slot); attached != attached_.end()) {
        attached_event(slot, attached->second, followed, event, out);
    } else if (type == events::types::kMessage) {
        out.frames.push_back(
            event_frame("message_received",
                        JsonWriter(event.payload.size() + 160)
                            .raw("message", message_json(event.payload, id_of(followed)))
                            .take(),
                        followed, event));
    } else if (type == events::types::kTyping) {
        const auto user = events::json_string(raw_text(event, "user"));
        out.frames.push_back(
            event_frame("typing_indicator",
                        JsonWriter()
                            .raw("conversation_id", json_id(id_of(followed)))
                            .raw("user_id", json_id(user.value_or("")))
                            .raw("is_typing", raw_member(event, "is_typing", "false"))
                            .take(),
                        followed, event));
    } else {
        stream_event(slot, followed, event, out);
    }
}

void Conversation::home_event(Followed& followed, const events::Event& event, Encoded& out) {
    if (event.type.text == events::types::kConversation) {
        out.frames.push_back(event_frame("conversation_updated",
                                         JsonWriter(event.payload.size() + 160)
                                             .raw("conversation", conversation_json(event.payload))
                                             .take(),
                                         followed, event));
    } else if (event.type.text == events::types::kMessageAdded) {
        const std::string id = events::json_string(raw_text(event, "conversation")).value_or("");
        if (find(std::string(kConversation) + id)) {
            return;  // the message comes, or came, to this connection by itself
        }
        out.frames.push_back(
            event_frame("message_added",
                        JsonWriter(event.payload.size() + 160)
                            .raw("message", message_json(raw_member(event, "message", "{}"), id))
                            .take(),
                        followed, event));
    }
}

void Conversation::stream_event(Slot slot, Followed& followed, const events::Event& event,
                                Encoded& out) {
    const std::string_view type = event.type.text;
    const bool starts = type == events::types::kStreamStart;
    const bool ends = type == events::types::kStreamEnd;
    const bool fails = type == events::types::kError;
    if ((!starts && !ends && !fails && type != events::types::kToken) || !claim(slot, event)) {
        return;
    }
    const auto content = [&](std::string_view text, bool is_complete) {
        return JsonWriter(text.size() + 96)
            .raw("message_id", raw_member(event, "message_id", "null"))
            .raw("content", text)
            .boolean("is_complete", is_complete)
            .take();
    };
    if (fails) {
        out.frames.push_back(event_frame("error", error_json(event_error(event)), followed, event));
    } else if (starts) {
        followed.streams.start(event);
        out.frames.push_back(
            event_frame("stream_start",
                        JsonWriter()
                            .raw("message_id", raw_member(event, "message_id", "null"))
                            .raw("in_reply_to", raw_member(event, "in_reply_to", "null"))
                            .raw("conversation_id", json_id(id_of(followed)))
                            .take(),
                        followed, event));
    } else if (ends) {
        make_up_start(followed, event, out);
        followed.streams.end(event);
        // The offset is on the last frame: who has it has both.
        out.frames.push_back(frame_of("stream_content", content(R"("")", true)));
        out.frames.push_back(
            event_frame("stream_complete",
                        JsonWriter()
                            .raw("message_id", raw_member(event, "message_id", "null"))
                            .raw("usage", usage_json(event))
                            .take(),
                        followed, event));
    } else {
        make_up_start(followed, event, out);
        out.frames.push_back(event_frame(
            "stream_content", content(raw_text(event, "content"), false), followed, event));
    }
}

void Conversation::make_up_start(Followed& followed, const events::Event& event,
                                 Encoded& out) const {
    if (followed.streams.piece(event)) {
        out.frames.push_back(frame_of(
            "stream_start", JsonWriter()
                                .raw("message_id", raw_member(event, "message_id", "null"))
                                .raw("in_reply_to", raw_member(event, "in_reply_to", "null"))
                                .raw("conversation_id", json_id(id_of(followed)))
                                .take()));
    }
}

std::string Conversation::id_of(const Followed& followed) {
    const std::string_view name = followed.asked;
    return std::string(name.starts_with(kConversation) ? name.substr(kConversation.size()) : name);
}

std::string Conversation::frame_of(std::string_view type, std::string data) {
    return JsonWriter(data.size() + 48).text("type", type).raw("data", data).take();
}

// Several sessions come over one connection, so each frame says which its offset is of.
std::string Conversation::event_frame(std::string_view type, std::string data, Followed& followed,
                                      const events::Event& event) {
    JsonWriter frame(data.size() + 192);
    frame.text("type", type).raw("data", data);
    if (followed.placed) {
        frame.text("session", followed.name);
    }
    place(frame, followed, event.offset);
    return frame.take();
}

std::string Conversation::error_frame(const base::Error& error) const {
    base::Error told = error;
    if (told.field == "session") {
        told.field = "conversation_id";
    }
    return frame_of("error", error_json(told));
}

}  // namespace

std::unique_ptr<Dialect> make_conversation() {
    return std::make_unique<Conversation>();
}

}  // namespace chartroom::dialects
