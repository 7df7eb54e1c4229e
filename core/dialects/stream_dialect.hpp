// The stream dialect's state. stream.cpp takes the client's frames, and stream_events.cpp shows
// what happens.
//
// The connection follows one session at a time, its own or the one that a frame names. Its first
// frame says which; and each message carries the person's profile, which is kept as an event in
// the user's home session, or for who has none in the session itself. Until the session is
// open and its profile is read, frames of the client wait here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"

namespace chartroom::dialects {

class StreamDialect final : public SessionlessDialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded text(std::string_view text) override;
    Decoded too_long(std::size_t bytes) override;
    Encoded refused(const base::Error& error, std::uint64_t request) override;

  protected:
    std::string session_name(const ConnectInfo& info) override {
        return read_resume_query(info).join.name;
    }
    void event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) override;
    std::string error_frame(const base::Error& error) const override;
    void opened(Slot slot, Followed& followed, const engine::Opened& opened, Encoded& out) override;
    void page(const engine::HistoryPage& page, Encoded& out) override;
    bool may_lack(Slot slot) const override { return at_home_ && slot == keeper_; }
    void left(Slot slot) override;

  private:
    static constexpr std::size_t kHeldMax = 64;  // frames that wait; over it: busy

    // A frame that waits. `switched`: the session that it names has been joined for it.
    struct Held {
        std::string frame;
        bool switched = false;
    };
    struct Message {
        std::string content;
        bool agents = true;
        std::string_view profile;  // empty: none was given
        std::optional<std::string> session;
    };

    [[nodiscard]] bool waits() const { return !told_ || loading_ != 0; }
    Decoded hold(std::string_view frame);
    void release(Encoded& out);
    Decoded take(const Held& held);
    Decoded take_message(const Held& held, FrameFields& fields);
    // Frames from before the connection's first frame wait for it.
    Decoded later(Decoded decoded);
    static Message read_message(FrameFields& fields);
    static void check_profile(FrameFields& fields);
    Decoded say(const Message& message);

    [[nodiscard]] bool is_current(std::string_view name);
    [[nodiscard]] base::Result<void> switch_to(const std::string& name, Decoded& decoded);
    void load_profile(Slot slot, std::vector<Request>& requests);

    // The end of a stream for a client; `finish` and `agents` are JSON.
    static events::JsonWriter end_of(const Followed& followed, std::string_view finish,
                                     std::string_view agents);
    static std::optional<events::JsonWriter> frame_for(const Followed& followed,
                                                       const events::Event& event);

    // The profile is kept in the user's home; not there for somebody anonymous, nor for who holds a
    // ticket for another session.
    bool at_home_ = false;
    bool told_ = false;  // the connection's first frame
    std::optional<Slot> current_ = 0;
    Slot keeper_ = 0;            // of the session that keeps the profile
    std::string profile_;        // as it came; empty: none
    std::uint64_t loading_ = 0;  // the request that reads the profile; 0: none
    Slot loading_from_ = 0;
    std::vector<Held> held_;          // oldest first; at most kHeldMax
    std::vector<std::string> early_;  // frames that wait for the first one; at most kHeldMax
};

}  // namespace chartroom::dialects
