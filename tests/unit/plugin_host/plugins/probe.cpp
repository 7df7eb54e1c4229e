// A plugin that does what its message's type says: the well-behaved and the bad things that the
// host is tested with.
#include <sys/types.h>

#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <csignal>
#include <optional>
#include <thread>

namespace {

using chartroom::Message;
using chartroom::Task;
using chartroom::Turn;
using namespace std::chrono_literals;

// Not a tail call, and no end that is ever reached: runs out of stack.
[[gnu::noinline]] int overflow(volatile int* above) {
    volatile int here[1024] = {};
    here[0] = above == nullptr ? 0 : *above + 1;
    return here[0] < 0 ? 0 : overflow(here) + here[0];
}

std::int32_t code_of(auto&& call) {
    try {
        call();
        return CHARTROOM_OK;
    } catch (const chartroom::Error& error) {
        return error.code();
    }
}

struct Probe : chartroom::Handler {
    explicit Probe(const chartroom::Config& config) : config_(config.text()) {}

    Task on_message(Turn turn, Message message) override {
        const std::string& type = message.type();
        const auto say = [&](const auto& value) { turn.emit("said", nlohmann::json(value)); };
        if (type == "config") say(config_);
        if (type == "fails") throw chartroom::Failure("validation_error", "please do not");
        if (type == "throws") {
            say("before");
            throw std::runtime_error("it broke");
        }
        if (type == "floods") flood(turn);
        if (type == "floods_and_waits") {
            static_cast<void>(code_of([&] { flood(turn); }));
            co_await turn.sleep(1s);
        }
        if (type == "invalid") {
            say(code_of([&] { turn.emit("x", "{\"a\":"); }));
            say(code_of([&] { turn.emit("x", "\"\xff\""); }));
            say(code_of([&] { turn.emit("", "1"); }));
            say(code_of([&] { turn.emit("x", "1", {.to = chartroom::only("")}); }));
            say(code_of([&] { turn.set_state(std::string(65537, 'x')); }));
            say(code_of([&] { static_cast<void>(turn.sleep(10000h)); }));
        }
        if (type == "denied") {
            say(code_of([&] { turn.emit("x", "1", {.session = "open/other"}); }));
            say(code_of([&] { static_cast<void>(turn.history()); }));
            say(code_of([&] {
                static_cast<void>(turn.http(chartroom::HttpRequest("GET", "https://a.example/")));
            }));
        }
        if (type == "thread") {
            std::int32_t code = 0;
            std::thread([&] { code = code_of([&] { turn.emit("x", "1"); }); }).join();
            say(code);
        }
        if (type == "keeps") kept_ = turn;
        if (type == "uses_kept") say(code_of([&] { kept_->emit("x", "1"); }));
        if (type == "sleeps") {
            turn.set_state("asleep");
            try {
                co_await turn.sleep(6s);
                say("awake " + turn.state());
            } catch (const chartroom::Cancelled&) {
                say(turn.cancelled());
            }
        }
        if (type == "works") {
            const chartroom::Answer answer = co_await turn.activity("double", message.bytes());
            say(answer.bytes);
        }
        if (type == "crashes") raise(SIGSEGV);
        if (type == "crashes_later") {
            co_await turn.sleep(1s);
            raise(SIGSEGV);
        }
        if (type == "overflows") say(overflow(nullptr));
        if (type == "aborts") std::abort();
        if (type == "is_killed") raise(SIGKILL);
    }

    std::string activity(std::string_view name, std::string_view input) override {
        if (name == "double") return std::string(input) + std::string(input);
        if (name == "huge") return std::string(17u << 20, 'x');
        if (name == "crash") raise(SIGSEGV);
        return Handler::activity(name, input);
    }

  private:
    static void flood(const Turn& turn) {
        for (int i = 0; i < 1'000'000; ++i) turn.emit("x", "1");
    }

    std::string config_;
    std::optional<Turn> kept_;
};

}  // namespace

CHARTROOM_PLUGIN(Probe, R"({
    "id": "org.example.probe", "version": "2.1.0",
    "handles": ["config", "fails", "throws", "floods", "floods_and_waits", "invalid", "denied",
                "thread", "keeps", "uses_kept", "sleeps", "works", "crashes", "crashes_later",
                "overflows", "aborts", "is_killed", "nothing"],
    "needs": ["chartroom.timer/1", "chartroom.activity/1"],
    "turns": "parallel",
    "limits": {"deadline_ms": 1234, "commands": 100},
    "config_schema": {
        "type": "object", "additionalProperties": false,
        "properties": {
            "greeting": {"type": "string", "default": "hello"},
            "nested": {"type": "object", "default": {},
                       "properties": {"depth": {"type": "integer", "default": 3}}},
            "api_key": {"type": "string", "x-secret": true}
        }
    }
})")
