// State and a timer: counts the `count` messages of a session, answers each at once, and says a
// second later how many there are by then. The count outlives the turn, so it is state; after a
// restart it is still there.
#include <chartroom/plugin.hpp>
#include <string>

namespace {

using namespace std::chrono_literals;

struct Counter : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message) override {
        const std::string before = turn.state();
        const std::string count = std::to_string(before.empty() ? 1 : std::stoul(before) + 1);
        turn.set_state(count);
        turn.emit("count", count);
        co_await turn.sleep(1s);
        turn.emit("count_later", turn.state());  // other messages may have come meanwhile
    }
};

}  // namespace

CHARTROOM_PLUGIN(Counter, R"({
    "id": "org.example.counter", "version": "1.0.0", "handles": ["count"],
    "needs": ["chartroom.timer/1", "chartroom.state/1"], "turns": "parallel"
})")
