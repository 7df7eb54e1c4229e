// What one streamed chat completion says: the wire format of OpenAI's /v1/chat/completions, from
// bytes to text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/chat/sse.hpp"

namespace chat {

struct Usage {
    std::uint64_t prompt_tokens = 0;
    std::uint64_t completion_tokens = 0;
    std::uint64_t total_tokens = 0;
    void add(const Usage& other);
};

class Completion {
  public:
    enum class State : std::uint8_t { running, done, malformed };

    // The text that these bytes add; whole characters, possibly none.
    std::string feed(std::string_view bytes);
    [[nodiscard]] State state() const { return state_; }
    // "stop" or "length", once the model has said why it stopped; it may still send its usage.
    [[nodiscard]] const std::optional<std::string>& finish() const { return finish_; }
    [[nodiscard]] const Usage& usage() const { return usage_; }

  private:
    void take(const std::string& data, std::string& text);

    SseParser sse_;
    State state_ = State::running;
    std::optional<std::string> finish_;
    Usage usage_;
};

}  // namespace chat
