// Any service that speaks OpenAI's /v1/chat/completions with stream:true.
//
// A request may be cut: by the service, by the network, or by this server's own death. What the
// model had said until then stays said, and the next request asks it to go on from there.
//
// With `strict` nothing is shown before the whole text was checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/chat/assistant.hpp"
#include "plugins/chat/completion.hpp"
#include "plugins/chat/engine.hpp"
#include "plugins/chat/settings.hpp"

namespace chat {

// How one request went.
struct Attempt {
    Completion completion;
    chartroom::Outcome outcome = chartroom::Outcome::ok;
    std::int32_t status = 0;
    std::optional<std::chrono::milliseconds> retry_after;  // as the service asked for
};

// What to do after it.
enum class Next : std::uint8_t {
    finish,  // the model is done
    go_on,   // our own server was restarted: ask again at once, for the rest
    retry,   // ask again after a while, for the rest
    give_up,
};
[[nodiscard]] Next judge(const Attempt& attempt);
// How long a Retry-After header asks to wait from `now` on: seconds, or a date in one of the forms
// of HTTP (RFC 9110, 10.2.3 and 5.6.7); 0 for one that is past. Nothing for any other text, nor for
// more than a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                                         chartroom::Time now);
// What a client is told when `attempt` was the last one. Never anything that the service said.
[[nodiscard]] Fault fault_of(const Attempt& attempt);

class OpenAiAssistant final : public Assistant {
  public:
    // Keeps a reference to `engine`.
    OpenAiAssistant(const Engine& engine, Settings settings)
        : engine_(engine), settings_(std::move(settings)) {}

    [[nodiscard]] chartroom::Async<Ending> answer(chartroom::Turn turn, const Conversation& talk,
                                                  Answer& answer) const override;

  private:
    [[nodiscard]] chartroom::HttpRequest request(const Conversation& talk,
                                                 const std::string& said) const;
    [[nodiscard]] chartroom::Async<Ending> converse(chartroom::Turn turn, const Conversation& talk,
                                                    Answer& answer, std::string& said) const;
    // What the model has said is checked, and noted where it added something. Strict: then the
    // engine's own text is written in its place, otherwise the model's, which was held till now.
    void review(const chartroom::Turn& turn, const Conversation& talk, Answer& answer,
                const std::string& said, bool whole) const;
    // One request. False: the answer is full.
    [[nodiscard]] chartroom::Async<bool> ask(chartroom::Turn turn, const Conversation& talk,
                                             Answer& answer, std::string& said,
                                             Attempt& attempt) const;

    const Engine& engine_;
    Settings settings_;
};

}  // namespace chat
