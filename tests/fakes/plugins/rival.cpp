// Handles a type that the shipped echo plugin handles as well.
#include <chartroom/plugin.hpp>

namespace {

struct Rival : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        turn.emit("echo", message.bytes());
        co_return;
    }
};

}  // namespace

CHARTROOM_PLUGIN(Rival, R"({"id":"org.example.rival","version":"1.0.0","handles":["echo"]})")
