// Takes the server down: at once, after a commit, or in an activity.
#include <chartroom/plugin.hpp>
#include <csignal>

namespace {

struct Crasher : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        if (message.type() == "crash.now") std::raise(SIGSEGV);
        turn.emit("crash.soon", "{}");
        if (message.type() == "crash.activity") {
            const chartroom::Answer answer = co_await turn.activity("crash", message.bytes());
            turn.emit("crash.survived", answer ? "true" : "false");
            co_return;
        }
        co_await turn.sleep(std::chrono::milliseconds(10));
        std::raise(SIGSEGV);
    }
    std::string activity(std::string_view, std::string_view) override {
        std::raise(SIGSEGV);
        return {};
    }
};

}  // namespace

CHARTROOM_PLUGIN(Crasher, R"({
    "id": "org.example.crasher", "version": "1.0.0",
    "handles": ["crash.now", "crash.later", "crash.activity"]
})")
