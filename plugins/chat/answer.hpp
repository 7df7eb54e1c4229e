// The answer that is being streamed: what was said so far, and the events that say it. Whatever is
// written here is what stream_end repeats, byte for byte.
#pragma once

#include <chartroom/plugin.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/agents.hpp"
#include "plugins/chat/completion.hpp"
#include "plugins/chat/emergency.hpp"

namespace chat {

// An answer ends with `length` there.
inline constexpr std::size_t kAnswerBytesMax = 256u << 10;

// Why there is no whole answer, in words for the client.
struct Fault {
    std::string code;
    std::string message;
    std::uint32_t retry_after_ms = 0;
};

// How an answer, or an agent's part of it, came to its end.
struct Ending {
    std::string finish = "stop";
    std::optional<Fault> fault;  // then finish is "error"
};

class Answer {
  public:
    Answer(chartroom::Turn turn, std::uint64_t id, std::uint64_t in_reply_to)
        : turn_(turn), id_(id), in_reply_to_(in_reply_to) {}

    // `agents`: those that will work on it; none: the assistant answers by itself.
    void start(Agents agents) const;
    void status(std::string_view name) const;
    // The warning as an event and as the first words of the answer.
    void warn(const Emergency& emergency);
    // The agent's status and its heading in the text.
    void begin_part(const Agent& agent);
    void end_part(const Agent& agent) { completed_.push_back(agent.name); }
    // Adds whole characters. False: the answer is as long as it may be; the rest was left out.
    bool write(std::string_view text);
    // What a model says that it has used; adds up.
    void spend(const Usage& usage) { usage_.add(usage); }
    void end(const Ending& ending) const;

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool full() const { return full_; }

  private:
    chartroom::Turn turn_;
    std::uint64_t id_;
    std::uint64_t in_reply_to_;
    std::string text_;
    bool full_ = false;
    Usage usage_;
    std::vector<std::string_view> completed_;
};

}  // namespace chat
