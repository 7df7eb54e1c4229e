// What the dialects share whose clients know nothing of sessions: the connection follows its own
// session by itself, resumes by its URL, and is told of failures in error frames. A dialect adds
// how its frames look.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dialects/dialect.hpp"
#include "core/dialects/stream_view.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {

class SessionlessDialect : public Dialect {
  public:
    Decoded connected(const ConnectInfo& info) final;
    Decoded too_long(std::size_t bytes) final;
    Encoded refused(const base::Error& error, std::uint64_t request) override;
    void joined(const Joined& joined) final;
    Encoded notice(const engine::NoticeBody& notice) final;

  protected:
    // A session that the connection follows.
    struct Followed {
        std::string asked;  // the name that it was joined by
        std::string name;   // what the client says to come back
        std::string epoch;
        bool from_head = true;  // no `after` was given
        StreamView streams;
        bool placed = false;  // the client was told its name and epoch
    };

    // The name of the connection's own session, and what the URL switches on.
    virtual std::string session_name(const ConnectInfo& info) = 0;
    virtual void configure(const ConnectInfo& info) { static_cast<void>(info); }
    // The frames of one event that this follower sees.
    virtual void event(Slot slot, Followed& followed, const events::Event& event,
                       std::vector<std::string>& frames) = 0;
    [[nodiscard]] virtual std::string error_frame(const base::Error& error) const = 0;
    virtual void accepted(const engine::Accepted& accepted) { static_cast<void>(accepted); }

    // The slot that follows `name`, with a Join in `decoded` if it is a new one.
    // Errors: busy, over kSessionsMax.
    [[nodiscard]] base::Result<Slot> follow(std::string_view name, Decoded& decoded);
    [[nodiscard]] bool follows(Slot slot) const { return followed_.contains(slot); }
    [[nodiscard]] std::uint64_t next_request() { return ++requests_; }
    [[nodiscard]] Decoded refuse(const base::Error& error) const;

    // Adds `offset` and, on the first such frame of a session, `session` and `epoch`: what a client
    // has to know to resume.
    static void place(events::JsonWriter& frame, Followed& followed, base::Offset offset);

  private:
    static constexpr std::size_t kSessionsMax = 64;  // followed by one connection; over it: busy

    Encoded opened(const engine::Opened& opened);
    Encoded unfollowed(const engine::Unfollowed& unfollowed);
    [[nodiscard]] Encoded error(const base::Error& error) const;

    std::map<Slot, Followed> followed_;
    Slot next_slot_ = 1;
    std::uint64_t requests_ = 0;
};

// A JSON string member of a payload as it stands, quotes included; `""` if there is none.
[[nodiscard]] std::string raw_text(const events::Event& event, std::string_view member);

}  // namespace chartroom::dialects
