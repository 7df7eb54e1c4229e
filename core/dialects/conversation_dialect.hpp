// The conversation dialect's state. conversation.cpp takes the client's frames, and
// conversation_events.cpp shows what happens.
//
// The user's home session is slot 0; each conversation that is followed has a slot of its own. An
// answer that was under way or over before the connection followed its conversation is shown on
// request (stream_response) by a follower apart, which begins at the message and shows that answer
// only. Whichever slot shows the beginning of an answer shows the rest of it.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/dialects/sessionless.hpp"

namespace chartroom::dialects {

// The names of sessions: the user's own, and what stands before a conversation's id.
inline constexpr std::string_view kHome = "home";
inline constexpr std::string_view kConversation = "conversation:";

class ConversationDialect final : public SessionlessDialect {
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
    // A ticket may be for one conversation alone: its holder has no lists to keep.
    bool may_lack(Slot slot) const override { return slot == 0; }
    void left(Slot slot) override;

  private:
    using Verb = Decoded (ConversationDialect::*)(FrameFields&);
    static const std::array<std::pair<std::string_view, Verb>, 8> kVerbs;

    // A follower apart: of the answer to `message`, once that is found in the turn `cause`.
    struct Attached {
        std::uint64_t message = 0;
        base::Offset cause;
    };

    Decoded authenticate(const JsonFrame& frame);
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
    // `placed`: where the client may go on from after this event; null: this event does not say.
    void stream_event(Slot slot, Followed& followed, Followed* placed, const events::Event& event,
                      Encoded& out);
    [[nodiscard]] Followed* place_of(const Followed& apart, const events::Event& event);
    void make_up_start(Followed& followed, const events::Event& event, Encoded& out) const;
    [[nodiscard]] bool claim(Slot slot, const events::Event& event);
    [[nodiscard]] static std::string id_of(const Followed& followed);
    static std::string frame_of(std::string_view type, std::string data);
    static std::string event_frame(std::string_view type, std::string data, Followed* placed,
                                   const events::Event& event);

    ConnectInfo info_;
    std::vector<std::string> early_;  // frames that wait for auth_success
    bool begun_ = false;              // it is known who is there, and the home session is followed
    std::map<Slot, Attached> attached_;
    std::map<std::uint64_t, Slot> shown_;  // which slot shows an answer, by message_id
    std::optional<Slot> newest_;           // the conversation that was written to last
};

}  // namespace chartroom::dialects
