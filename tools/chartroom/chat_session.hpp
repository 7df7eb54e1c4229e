// The client's side of a native session: where it is in the log, what it has sent that is not yet
// accepted, and which of its messages wait for the end of their answer. Pure: frames in, frames
// out. It survives the connection; open_frame() of the next one continues where the last one
// stopped.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chartroom::tool {

class ChatSession {
  public:
    struct Start {
        std::string session;                 // empty: a new one
        std::optional<std::uint64_t> after;  // absent: live from now; 0: from the beginning
        std::string id_prefix;               // of message ids; another for every run of the program
    };
    explicit ChatSession(Start start);

    // The first frame of a connection.
    [[nodiscard]] std::string open_frame();
    // A message to send now, or, while not open, with the frames of the next opening.
    [[nodiscard]] std::vector<std::string> send(std::string_view text);
    // Stops the newest answer that is being given to us, if there is one.
    [[nodiscard]] std::vector<std::string> cancel() const;

    struct Taken {
        std::vector<std::string> frames;  // to send
        bool show = false;                // the frame is an event for the person
        bool gap = false;                 // something was lost on the way: reconnect
        bool foreign = false;             // the first frame is none of the native protocol
    };
    // A frame of the server. One that is no JSON object is a gap; as the first one, foreign.
    [[nodiscard]] Taken take(std::string_view frame, nlohmann::json& parsed);
    // The connection is gone.
    void disconnected() { open_ = native_ = false; }

    // The connection's session was opened.
    [[nodiscard]] bool is_open() const { return open_; }
    // Nothing of ours waits for acceptance or for an answer.
    [[nodiscard]] bool idle() const { return unaccepted_.empty() && unanswered_.empty(); }
    [[nodiscard]] bool answering() const { return !unanswered_.empty(); }
    [[nodiscard]] const std::string& name() const { return session_; }
    [[nodiscard]] std::optional<std::uint64_t> offset() const { return offset_; }

  private:
    struct Pending {
        std::string id;
        std::string text;
        std::uint64_t since = 0;
        std::string epoch;  // of `since`; empty: sent before any epoch was known
    };
    [[nodiscard]] std::string message_frame(const Pending& pending) const;
    [[nodiscard]] Taken opened(const nlohmann::json& frame);
    [[nodiscard]] Taken event(const nlohmann::json& frame);

    std::string session_;
    std::string epoch_;
    std::string participant_;
    std::string id_prefix_;
    std::optional<std::uint64_t> offset_;
    std::uint64_t next_id_ = 1;
    bool open_ = false;
    bool native_ = false;                  // a frame of this connection has shown that
    std::deque<Pending> unaccepted_;       // oldest first; bounded by what a person types
    std::set<std::uint64_t> unanswered_;   // offsets of our messages whose answer has not ended
    std::set<std::uint64_t> ended_early_;  // causes whose end came before their acceptance
};

}  // namespace chartroom::tool
