// Emits what its message lists, {"events": [{"type", "data"}], "pause_ms"}, with the pause before
// each: a page or a client meets the events of a plugin that is not there.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>

namespace {

struct Player : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const nlohmann::json score = message.data();
        const std::chrono::milliseconds pause(score.at("pause_ms").get<int>());
        for (const auto& event : score.at("events")) {
            co_await turn.sleep(pause);
            turn.emit(event.at("type").get<std::string>(), event.at("data"));
        }
    }
};

}  // namespace

CHARTROOM_PLUGIN(Player, R"({
    "id": "org.chartroom.test.player",
    "version": "1.0.0",
    "handles": ["test.play"],
    "needs": ["chartroom.timer/1"],
    "license": "MIT"
})")
