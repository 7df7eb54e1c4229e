// The answer that is being streamed: what was said so far, and the events that say it. Whatever is
// written here is what stream_end repeats, byte for byte.
#pragma once

#include <chartroom/plugin.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/chat/completion.hpp"
#include "plugins/chat/red_flags.hpp"

namespace chat {

// An answer ends with `length` there.
inline constexpr std::size_t kAnswerBytesMax = 256u << 10;

// Why there is no whole answer, in words for the client.
struct Fault {
    std::string code;
    std::string message;
    std::uint32_t retry_after_ms = 0;
};

// How an answer came to its end.
struct Ending {
    std::string finish = "stop";
    Usage usage;
    std::optional<Fault> fault;  // then finish is "error"
};

class Answer {
  public:
    Answer(chartroom::Turn turn, std::uint64_t id) : turn_(turn), id_(id) {}

    void start(std::uint64_t in_reply_to) const;
    void status(std::string_view name) const;
    // The warning as an event and as the first words of the answer.
    void warn(const Emergency& emergency);
    // Adds whole characters. False: the answer is as long as it may be; the rest was left out.
    bool write(std::string_view text);
    void end(const Ending& ending) const;

  private:
    chartroom::Turn turn_;
    std::uint64_t id_;
    std::string text_;
};

}  // namespace chat
