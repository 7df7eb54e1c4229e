#include "plugins/chat/provider_openai.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

#include "plugins/chat/builtin_reply.hpp"
#include "plugins/chat/model_check.hpp"

namespace chat {
namespace {

using chartroom::Outcome;

constexpr std::int32_t kOk = 200;
constexpr auto kFirstPause = std::chrono::milliseconds(500);
constexpr std::uint32_t kDoublingsMax = 5;
constexpr std::uint64_t kJitterMs = 250;
// A service that asks for a longer pause is given up: the client is told how long it is.
constexpr auto kRetryAfterMax = std::chrono::seconds(60);
// What it may ask for at all; above, it has not said anything that makes sense.
constexpr auto kRetryAfterLimit = std::chrono::hours(24);
// The forms of a date in HTTP, the second and third of which are of old.
constexpr std::array kDateForms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                   "%a %b %d %H:%M:%S %Y"};
// Requests of one answer, however they end: bounds a turn that is interrupted again and again.
constexpr std::uint32_t kRequestsMax = 1'000;
constexpr std::size_t kWordsAToken = 8;  // of a text that was held

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
    for (const std::string_view form : kDateForms) {
        // get_time() takes a text that ends early for the whole form.
        if (form.ends_with("GMT") != text.ends_with("GMT")) continue;
        std::istringstream in{std::string(text)};
        in.imbue(std::locale::classic());
        std::tm parts{};
        in >> std::get_time(&parts, form.data());
        if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) continue;
        return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
    }
    return std::nullopt;
}

bool may_pass(std::int32_t status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501);
}

// At least as long as the service asked for.
std::chrono::milliseconds pause_after(const Attempt& attempt, std::uint32_t failures,
                                      std::uint64_t random) {
    const auto own = kFirstPause * (1u << std::min(failures, kDoublingsMax)) +
                     std::chrono::milliseconds(random % kJitterMs);
    return std::max<std::chrono::milliseconds>(
        own, attempt.retry_after.value_or(std::chrono::milliseconds(0)));
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
    if (attempt.retry_after && *attempt.retry_after > kRetryAfterMax) return Next::give_up;
    return may_pass(attempt.status) ? Next::retry : Next::give_up;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           chartroom::Time now) {
    std::chrono::milliseconds wait{0};
    std::uint32_t seconds = 0;
    const char* end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, seconds);
    if (read.ec == std::errc() && read.ptr == end) {
        wait = std::chrono::seconds(seconds);
    } else if (const auto date = parse_date(value)) {
        wait = std::chrono::ceil<std::chrono::milliseconds>(*date - now);
    } else {
        return std::nullopt;
    }
    if (wait > kRetryAfterLimit) return std::nullopt;
    return std::max(wait, std::chrono::milliseconds(0));
}

Fault fault_of(const Attempt& attempt) {
    if (attempt.completion.state() == Completion::State::malformed)
        return {"provider_error", "The model's answer could not be understood."};
    if (attempt.outcome == Outcome::timed_out)
        return {"provider_timeout", "The model did not answer in time. Please try again."};
    if (attempt.outcome == Outcome::too_large)
        return {"provider_error", "The model's answer is too large."};
    const auto wait_ms = [&](std::uint32_t otherwise) {
        return attempt.retry_after ? static_cast<std::uint32_t>(attempt.retry_after->count())
                                   : otherwise;
    };
    if (attempt.status == 429)
        return {"rate_limited", "The model is busy. Please try again in a moment.",
                wait_ms(10'000)};
    if (attempt.status != 0 && attempt.status != kOk && !may_pass(attempt.status))
        return {"provider_error",
                "The model refused the request (HTTP " + std::to_string(attempt.status) + ")."};
    return {"provider_unavailable", "The model cannot be reached just now. Please try again.",
            wait_ms(5'000)};
}

chartroom::HttpRequest OpenAiAssistant::request(const Conversation& talk,
                                                const std::string& said) const {
    chartroom::HttpRequest request("POST", settings_.url);
    request.header("Content-Type", "application/json").header("Accept", "text/event-stream");
    if (settings_.has_key) request.header("Authorization", "Bearer {{secret:api_key}}");
    request.body = completion_body(settings_, talk, engine_context(engine_, talk), said);
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
        const bool fits =
            settings_.strict ? said.size() <= kAnswerBytesMax : text.empty() || answer.write(text);
        if (!fits) co_return false;
    }
    attempt.status = http.status();
    attempt.outcome = http.outcome();
    attempt.retry_after = parse_retry_after(http.header("retry-after"), turn.now());
    co_return true;
}

void OpenAiAssistant::review(const chartroom::Turn& turn, const Conversation& talk, Answer& answer,
                             const std::string& said, bool whole) const {
    std::string given = engine_context(engine_, talk) + "\n" + talk.question;
    for (const Said& said : said_before(talk)) given += "\n" + std::string(said.text);
    if (!talk.profile.is_null()) given += "\n" + talk.profile.dump();
    const Unchecked unchecked = check_model_text(engine_, said, given);
    if (!unchecked.empty()) {
        note_unchecked(turn, answer.id(), unchecked, settings_.strict);
        turn.log(chartroom::LogLevel::warn,
                 "the model's text has what the engine did not give: drugs " +
                     std::to_string(unchecked.drugs.size()) + ", conditions " +
                     std::to_string(unchecked.conditions.size()) + ", numbers " +
                     std::to_string(unchecked.numbers.size()));
    }
    if (!settings_.strict || !whole) return;
    const std::string shown = unchecked.empty() ? said : builtin_reply(engine_, talk);
    for (const std::string_view piece : in_pieces(shown, kWordsAToken))
        if (!answer.write(piece)) return;
}

chartroom::Async<Ending> OpenAiAssistant::answer(chartroom::Turn turn, const Conversation& talk,
                                                 Answer& answer) const {
    std::string said;  // by the model; what the handler wrote before is not its own
    try {
        const Ending ending = co_await converse(turn, talk, answer, said);
        review(turn, talk, answer, said, !ending.fault);
        co_return ending;
    } catch (const chartroom::Cancelled&) {
        review(turn, talk, answer, said, false);
        throw;
    }
}

chartroom::Async<Ending> OpenAiAssistant::converse(chartroom::Turn turn, const Conversation& talk,
                                                   Answer& answer, std::string& said) const {
    Ending ending;
    std::uint32_t failures = 0;
    for (std::uint32_t requests = 1;; ++requests) {
        Attempt attempt;
        const bool fits = co_await ask(turn, talk, answer, said, attempt);
        answer.spend(attempt.completion.usage());
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
        if (next == Next::retry)
            co_await turn.sleep(pause_after(attempt, failures - 1, turn.random()));
    }
    co_return ending;
}

}  // namespace chat
