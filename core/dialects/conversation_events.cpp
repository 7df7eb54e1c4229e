#include <algorithm>

#include "core/dialects/client_error.hpp"
#include "core/dialects/conversation_data.hpp"
#include "core/dialects/conversation_dialect.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

constexpr std::size_t kShownMax = 256;  // answers that are remembered; over it the oldest is not

// What stands in the log at `message` (engine::message_id): the offset of its row, mod 2^26.
base::Offset offset_of(std::uint64_t message) {
    return {(message >> 1) & ((1u << 26) - 1)};
}

}  // namespace

// ---- answers from before -----------------------------------------------------------------------

void ConversationDialect::attach(const std::string& session, std::uint64_t message,
                                 Decoded& decoded) {
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

void ConversationDialect::attached_event(Slot slot, Attached& attached, Followed& followed,
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
        out.frames.push_back(frame_of("stream_content", content_json(event)));
    }
    stream_event(slot, followed, place_of(followed, event), event, out);
    if (ends) {
        leave(slot, out.requests);
    }
}

// A client goes on from the last offset that it was told. One that a follower apart tells must not
// lie behind that, nor before what the conversation's own follower has yet to deliver.
SessionlessDialect::Followed* ConversationDialect::place_of(const Followed& apart,
                                                            const events::Event& event) {
    const auto slot = find(apart.asked);
    Followed* own = slot ? find(*slot) : nullptr;
    const bool in_step = own != nullptr && event.offset <= own->seen && event.offset > own->told;
    return in_step ? own : nullptr;
}

void ConversationDialect::live(Slot slot, Encoded& out) {
    const auto attached = attached_.find(slot);
    if (attached != attached_.end() && !attached->second.cause) {
        leave(slot, out.requests);  // there is no such answer yet; if one comes, it comes live
    }
}

void ConversationDialect::left(Slot slot) {
    if (attached_.erase(slot) == 0) {
        std::erase_if(shown_, [&](const auto& shown) { return shown.second == slot; });
    }
    if (newest_ == slot) {
        newest_.reset();
    }
}

// Whether the answer that the event belongs to is this slot's to show.
bool ConversationDialect::claim(Slot slot, const events::Event& event) {
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

void ConversationDialect::event(Slot slot, Followed& followed, const events::Event& event,
                                Encoded& out) {
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
                        &followed, event));
    } else if (type == events::types::kTyping) {
        out.frames.push_back(
            event_frame("typing_indicator", typing_json(event, id_of(followed)), &followed, event));
    } else {
        stream_event(slot, followed, &followed, event, out);
    }
}

void ConversationDialect::home_event(Followed& followed, const events::Event& event, Encoded& out) {
    if (event.type.text == events::types::kConversation) {
        out.frames.push_back(event_frame("conversation_updated",
                                         JsonWriter(event.payload.size() + 160)
                                             .raw("conversation", conversation_json(event.payload))
                                             .take(),
                                         &followed, event));
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
                        &followed, event));
    }
}

void ConversationDialect::stream_event(Slot slot, Followed& followed, Followed* placed,
                                       const events::Event& event, Encoded& out) {
    const std::string_view type = event.type.text;
    const bool starts = type == events::types::kStreamStart;
    const bool ends = type == events::types::kStreamEnd;
    const bool fails = type == events::types::kError;
    if ((!starts && !ends && !fails && type != events::types::kToken) || !claim(slot, event)) {
        return;
    }
    if (fails) {
        out.frames.push_back(event_frame("error", error_json(event_error(event)), placed, event));
    } else if (starts) {
        followed.streams.start(event);
        out.frames.push_back(
            event_frame("stream_start", start_json(event, id_of(followed)), placed, event));
    } else if (ends) {
        make_up_start(followed, event, out);
        followed.streams.end(event);
        // The offset is on the last frame: who has it has both.
        out.frames.push_back(frame_of("stream_content", last_content_json(event)));
        out.frames.push_back(event_frame("stream_complete", complete_json(event), placed, event));
    } else {
        make_up_start(followed, event, out);
        out.frames.push_back(event_frame("stream_content", content_json(event), placed, event));
    }
}

void ConversationDialect::make_up_start(Followed& followed, const events::Event& event,
                                        Encoded& out) const {
    if (followed.streams.piece(event)) {
        const events::EventPtr start = followed.streams.earlier_start(event);
        out.frames.push_back(
            frame_of("stream_start", start_json(start ? *start : event, id_of(followed))));
    }
}

std::string ConversationDialect::id_of(const Followed& followed) {
    const std::string_view name = followed.asked;
    return std::string(name.starts_with(kConversation) ? name.substr(kConversation.size()) : name);
}

std::string ConversationDialect::frame_of(std::string_view type, std::string data) {
    return JsonWriter(data.size() + 48).text("type", type).raw("data", data).take();
}

// Several sessions come over one connection, so each frame says which its offset is of.
std::string ConversationDialect::event_frame(std::string_view type, std::string data,
                                             Followed* placed, const events::Event& event) {
    if (placed == nullptr) {
        return frame_of(type, std::move(data));
    }
    JsonWriter frame(data.size() + 192);
    frame.text("type", type).raw("data", data);
    if (placed->placed) {
        frame.text("session", placed->name);
    }
    place(frame, *placed, event.offset);
    return frame.take();
}

std::string ConversationDialect::error_frame(const base::Error& error) const {
    base::Error told = error;
    if (told.field == "session") {
        told.field = "conversation_id";
    }
    return frame_of("error", error_json(told));
}

}  // namespace chartroom::dialects
