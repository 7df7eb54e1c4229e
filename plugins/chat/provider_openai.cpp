#include "plugins/chat/provider_openai.hpp"

#include <algorithm>
#include <chrono>

namespace chat {
namespace {

using chartroom::Outcome;

constexpr std::int32_t kOk = 200;
constexpr auto kFirstPause = std::chrono::milliseconds(500);
constexpr std::uint32_t kDoublingsMax = 5;
constexpr std::uint64_t kJitterMs = 250;
// Requests of one answer, however they end: bounds a turn that is interrupted again and again.
constexpr std::uint32_t kRequestsMax = 1'000;

bool may_pass(std::int32_t status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501);
}

std::chrono::milliseconds pause_after(std::uint32_t failures, std::uint64_t random) {
    return kFirstPause * (1u << std::min(failures, kDoublingsMax)) +
           std::chrono::milliseconds(random % kJitterMs);
}

}  // namespace

Next judge(const Attempt& attempt) {
    const Completion& completion = attempt.completion;
    if (completion.state() == Completion::State::malformed) return Next::give_up;
    if (completion.state() == Completion::State::done || completion.finish()) return Next::finish;
    if (attempt.outcome == Outcome::interrupted) return Next::go_on;
    if (attempt.outcome == Outcome::timed_out || attempt.outcome == Outcome::too_large)
        return Next::give_up;
    if (attempt.status == 0 || attempt.status == kOk) return Next::retry;  // not reached, or cut
    return may_pass(attempt.status) ? Next::retry : Next::give_up;
}

Fault fault_of(const Attempt& attempt) {
    if (attempt.completion.state() == Completion::State::malformed)
        return {"provider_error", "The model's answer could not be understood."};
    if (attempt.outcome == Outcome::timed_out)
        return {"provider_timeout", "The model did not answer in time. Please try again."};
    if (attempt.outcome == Outcome::too_large)
        return {"provider_error", "The model's answer is too large."};
    if (attempt.status == 429)
        return {"rate_limited", "The model is busy. Please try again in a moment.", 10'000};
    if (attempt.status != 0 && attempt.status != kOk && !may_pass(attempt.status))
        return {"provider_error",
                "The model refused the request (HTTP " + std::to_string(attempt.status) + ")."};
    return {"provider_unavailable", "The model cannot be reached just now. Please try again.",
            5'000};
}

chartroom::HttpRequest OpenAiAssistant::request(const Conversation& talk,
                                                const std::string& said) const {
    chartroom::HttpRequest request("POST", settings_.url);
    request.header("Content-Type", "application/json").header("Accept", "text/event-stream");
    if (settings_.has_key) request.header("Authorization", "Bearer {{secret:api_key}}");
    request.body = completion_body(settings_, talk, said);
    request.idle_timeout = settings_.idle_timeout;
    return request;
}

chartroom::Async<bool> OpenAiAssistant::ask(chartroom::Turn turn, const Conversation& talk,
                                            Answer& answer, std::string& said,
                                            Attempt& attempt) const {
    const chartroom::HttpRequest asked = request(talk, said);
    chartroom::Http http = turn.http(asked);
    while (attempt.completion.state() == Completion::State::running) {
        const std::optional<std::string> piece = co_await http.next();
        if (!piece) break;
        if (http.status() != kOk) continue;  // an error's body, which is for nobody
        const std::string text = attempt.completion.feed(*piece);
        said += text;
        if (!text.empty() && !answer.write(text)) co_return false;
    }
    attempt.status = http.status();
    attempt.outcome = http.outcome();
    co_return true;
}

chartroom::Async<Ending> OpenAiAssistant::answer(chartroom::Turn turn, const Conversation& talk,
                                                 Answer& answer) const {
    Ending ending;
    std::string said;  // by the model; what the handler wrote before is not its own
    std::uint32_t failures = 0;
    for (std::uint32_t requests = 1;; ++requests) {
        Attempt attempt;
        const bool fits = co_await ask(turn, talk, answer, said, attempt);
        ending.usage.add(attempt.completion.usage());
        if (!fits) {
            ending.finish = "length";
            break;
        }
        const Next next = judge(attempt);
        if (next == Next::finish) {
            ending.finish = attempt.completion.finish().value_or("stop");
            break;
        }
        if (next == Next::retry) ++failures;
        if (next == Next::give_up || failures > settings_.retries || requests == kRequestsMax) {
            turn.log(chartroom::LogLevel::warn,
                     "the model gave no whole answer: HTTP status " +
                         std::to_string(attempt.status) + ", outcome " +
                         std::to_string(static_cast<unsigned>(attempt.outcome)));
            ending.finish = "error";
            ending.fault = fault_of(attempt);
            break;
        }
        if (next == Next::retry) co_await turn.sleep(pause_after(failures - 1, turn.random()));
    }
    co_return ending;
}

}  // namespace chat
