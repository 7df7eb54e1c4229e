// What the dialects share whose clients know nothing of sessions: the connection follows its own
// session by itself, resumes by its URL, and is told of failures in error frames. A dialect adds
// how its frames look.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dialects/dialect.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/dialects/stream_view.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {

class SessionlessDialect : public Dialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded too_long(std::size_t bytes) override;
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
        bool apart = false;     // follow_apart() made it: not what its name finds
        StreamView streams;
        bool placed = false;  // the client was told its name and epoch
        base::Offset seen;    // of the newest event that was delivered, shown or not
        base::Offset told;    // the newest offset that the client was told
    };

    // The name of the connection's own session, and what the URL switches on.
    virtual std::string session_name(const ConnectInfo& info) = 0;
    virtual void configure(const ConnectInfo& info) { static_cast<void>(info); }
    // The frames of one event that this follower sees. `followed` is gone if the slot is left here.
    virtual void event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) = 0;
    // `error` is for clients (client_error).
    [[nodiscard]] virtual std::string error_frame(const base::Error& error) const = 0;
    // The message of a request() is durable at `offset`.
    virtual void accepted(Slot slot, base::Offset offset) {
        static_cast<void>(slot), static_cast<void>(offset);
    }
    // The follower stands. This one tells of a resume that is not complete.
    virtual void opened(Slot slot, Followed& followed, const engine::Opened& opened, Encoded& out);
    // Nothing is left of what the log had when the follower was opened.
    virtual void live(Slot slot, Encoded& out) { static_cast<void>(slot), static_cast<void>(out); }
    virtual void page(const engine::HistoryPage& page, Encoded& out) {
        static_cast<void>(page), static_cast<void>(out);
    }
    // Whether the connection goes on without this slot, and without a word, when that is refused.
    [[nodiscard]] virtual bool may_lack(Slot slot) const {
        static_cast<void>(slot);
        return false;
    }
    // The slot is followed no more, by the client's wish or not.
    virtual void left(Slot slot) { static_cast<void>(slot); }

    // Adds the Join of the connection's own session, slot 0.
    void follow_own(Join join, Decoded& decoded);
    // The slot that follows `join.name`, with a Join in `decoded` if it is a new one. A session
    // that is followed already is left and joined anew where an `after` is given, but for slot 0.
    // Errors: busy, over kSessionsMax.
    [[nodiscard]] base::Result<Slot> follow(Join join, Decoded& decoded);
    [[nodiscard]] base::Result<Slot> follow(std::string_view name, Decoded& decoded);
    // One more follower, of which only a part is shown. Errors: busy.
    [[nodiscard]] base::Result<Slot> follow_apart(Join join, Decoded& decoded);
    void leave(Slot slot, std::vector<Request>& requests);
    [[nodiscard]] bool follows(Slot slot) const { return followed_.contains(slot); }
    // Null: not followed.
    [[nodiscard]] Followed* find(Slot slot);
    [[nodiscard]] std::optional<Slot> find(std::string_view name) const;

    [[nodiscard]] std::uint64_t next_request() { return ++requests_; }
    // A message for the session of `slot`; `payload` is JSON text.
    [[nodiscard]] Request send(Slot slot, std::string_view type, std::string payload);
    // A `cancel` frame: the turn that `cause` names, or the client's newest.
    [[nodiscard]] Decoded cancel(Slot slot, FrameFields& fields);
    [[nodiscard]] Decoded refuse(const base::Error& error) const;

    // Adds `offset` and, on the first such frame of a session, `session` and `epoch`: what a client
    // has to know to resume.
    static void place(events::JsonWriter& frame, Followed& followed, base::Offset offset);

  private:
    static constexpr std::size_t kSessionsMax = 64;  // followed by one connection; over it: busy
    static constexpr std::size_t kUnansweredMax = 1'024;  // remembered; over it the oldest is not

    void opened(const engine::Opened& opened, Encoded& out);
    void delivered(const engine::Delivered& delivered, Encoded& out);
    Encoded unfollowed(const engine::Unfollowed& unfollowed);
    Slot begin(Join join, bool apart, Decoded& decoded);
    [[nodiscard]] Encoded error(const base::Error& error) const;

    std::map<Slot, Followed> followed_;
    std::map<std::uint64_t, Slot> unanswered_;  // messages, by request
    Slot next_slot_ = 1;
    std::uint64_t requests_ = 0;
};

// Adds `field` and `retry_after_ms`, where the error has them.
void add_details(events::JsonWriter& frame, const base::Error& error);
void add_timestamp(events::JsonWriter& frame, std::int64_t at_us);

// A member of an event's payload as it stands; `otherwise` if there is none, or null.
[[nodiscard]] std::string raw_member(const events::Event& event, std::string_view member,
                                     std::string_view otherwise);
// A JSON string member of a payload as it stands, quotes included; `""` if there is none.
[[nodiscard]] std::string raw_text(const events::Event& event, std::string_view member);

}  // namespace chartroom::dialects
