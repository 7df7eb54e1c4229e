#include "core/dialects/conversation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.hpp"
#include "core/dialects/conversation_data.hpp"
#include "core/dialects/conversation_dialect.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using base::Code;
using events::JsonWriter;

constexpr std::uint16_t kUnauthenticated = 4001;

// The id of the answer that the message's own turn gives.
std::uint64_t answer_of(std::uint64_t message) {
    return message | 1u;
}

}  // namespace

constinit const std::array<std::pair<std::string_view, ConversationDialect::Verb>, 8>
    ConversationDialect::kVerbs = {{
        {"send_message", &ConversationDialect::send_message},
        {"stream_response", &ConversationDialect::stream_response},
        {"typing", &ConversationDialect::typing},
        {"typing_start", &ConversationDialect::typing_start},
        {"typing_stop", &ConversationDialect::typing_stop},
        {"join_conversation", &ConversationDialect::join},
        {"leave_conversation", &ConversationDialect::leave_conversation},
        {"cancel", &ConversationDialect::stop},
    }};

// ---- who is there ------------------------------------------------------------------------------

Decoded ConversationDialect::connected(const ConnectInfo& info) {
    info_ = info;
    Decoded decoded;
    if (!info.user.empty()) {
        begin(decoded);
        decoded.frames = authenticated(info.user);
    }
    return decoded;
}

Decoded ConversationDialect::text(std::string_view text) {
    const bool may_speak = begun_ || !info_.must_authenticate;
    const auto frame = read_frame(text);
    if (!frame) {
        const base::Error error = malformed(frame.error());
        return may_speak ? refuse(error) : turn_away(error, "Invalid token");
    }
    FrameFields fields(frame->object);
    if (fields.raw("type") == R"("auth")") {
        return authenticate(*frame);
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
    decoded.frames = std::exchange(early_, {});
    std::ranges::move(rest.frames, std::back_inserter(decoded.frames));
    std::ranges::move(rest.requests, std::back_inserter(decoded.requests));
    decoded.refused = rest.refused;
    return decoded;
}

Decoded ConversationDialect::too_long(std::size_t bytes) {
    Decoded decoded = SessionlessDialect::too_long(bytes);
    if (!begun_ && info_.must_authenticate) {
        decoded.requests.emplace_back(Close{kUnauthenticated, "Invalid token"});
    }
    return decoded;
}

// The first frame is none that shows a token.
Decoded ConversationDialect::turn_away(const base::Error& error, std::string_view reason) const {
    Decoded decoded = refuse(error);
    decoded.requests.emplace_back(Close{kUnauthenticated, std::string(reason)});
    return decoded;
}

// What stands behind the Refresh is carried out only if the token is valid.
Decoded ConversationDialect::authenticate(const JsonFrame& frame) {
    auto token = read_token(frame);
    if (!token) {
        return begun_ ? refuse(token.error()) : turn_away(token.error(), "Invalid token");
    }
    Decoded decoded;
    decoded.requests.emplace_back(Refresh{std::move(*token)});
    if (!begun_) {
        begin(decoded);
    }
    return decoded;
}

std::vector<std::string> ConversationDialect::authenticated(std::string_view user) {
    std::vector<std::string> frames = std::exchange(early_, {});
    frames.insert(frames.begin(),
                  frame_of("auth_success", JsonWriter().raw("user_id", json_id(user)).take()));
    return frames;
}

// Follows the home session, and the conversation that the URL resumes.
void ConversationDialect::begin(Decoded& decoded) {
    begun_ = true;
    ResumeQuery query = read_resume_query(info_);
    if (query.error) {
        early_.push_back(error_frame(*query.error));
    }
    Join home;
    const bool is_home = query.join.name.empty() || query.join.name == kHome;
    if (is_home) {
        home = std::move(query.join);
    }
    home.name = kHome;
    follow_own(std::move(home), decoded);
    if (!is_home) {
        const auto slot = follow(std::move(query.join), decoded);
        CHECK(slot.has_value());  // nothing else is followed yet
    }
}

// ---- frames in ---------------------------------------------------------------------------------

Decoded ConversationDialect::dispatch(const JsonFrame& frame, FrameFields& fields) {
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
        const bool bare = take == &ConversationDialect::stop && !fields.has("data");
        FrameFields data(bare ? frame.object : *object);
        Decoded decoded = (this->*take)(data);
        return data.error() ? refuse(*data.error()) : decoded;
    }
    return refuse(
        {.code = Code::unknown_type, .message = "Unknown message type: " + type, .field = "type"});
}

std::string ConversationDialect::conversation_of(FrameFields& data) const {
    const auto id = data.id("conversation_id");
    if (!id || id->empty()) {
        data.wrong("conversation_id", id ? "must not be empty" : "is missing");
        return {};
    }
    // One that the URL resumed goes by its own name.
    return find(*id) && *id != kHome ? *id : std::string(kConversation) + *id;
}

Decoded ConversationDialect::say(FrameFields& data, std::string_view type, std::string payload) {
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

Decoded ConversationDialect::send_message(FrameFields& data) {
    const std::string content = data.required_text("content");
    const std::string type = data.text("message_type").value_or("user");
    return say(
        data, events::types::kChat,
        JsonWriter(content.size() + 64).text("content", content).text("message_type", type).take());
}

Decoded ConversationDialect::stream_response(FrameFields& data) {
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

Decoded ConversationDialect::typing(FrameFields& data) {
    const auto is_typing = data.boolean("is_typing");
    if (!is_typing) {
        data.wrong("is_typing", "is missing");
    }
    return say(data, events::types::kTyping,
               JsonWriter().boolean("is_typing", is_typing.value_or(false)).take());
}

Decoded ConversationDialect::typing_start(FrameFields& data) {
    return say(data, events::types::kTyping, JsonWriter().boolean("is_typing", true).take());
}

Decoded ConversationDialect::typing_stop(FrameFields& data) {
    return say(data, events::types::kTyping, JsonWriter().boolean("is_typing", false).take());
}

Decoded ConversationDialect::join(FrameFields& data) {
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

Decoded ConversationDialect::leave_conversation(FrameFields& data) {
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
Decoded ConversationDialect::stop(FrameFields& data) {
    const auto slot = data.has("conversation_id") ? find(conversation_of(data)) : newest_;
    if (!slot) {
        data.wrong("conversation_id", "names no conversation that this connection follows");
    }
    return data.error() ? Decoded() : cancel(*slot, data);
}

std::unique_ptr<Dialect> make_conversation() {
    return std::make_unique<ConversationDialect>();
}

}  // namespace chartroom::dialects
