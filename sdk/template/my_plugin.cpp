// Answers `my_message` to everyone in the session with what it was given.
#include <chartroom/plugin.hpp>

namespace {

struct MyPlugin : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        turn.emit("my_answer", message.bytes());
        co_return;
    }
};

}  // namespace

CHARTROOM_PLUGIN(MyPlugin, R"({
    "id": "org.example.my-plugin",
    "version": "0.1.0",
    "handles": ["my_message"],
    "emits": ["my_answer"]
})")
