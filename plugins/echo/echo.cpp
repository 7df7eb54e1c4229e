// Echo: answers `echo` to its sender and `broadcast` to everyone, with the payload as it came.
#include <chartroom/plugin.hpp>

namespace {

struct Echo : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const bool echo = message.type() == "echo";
        turn.emit(message.type(), message.bytes(),
                  {.to = echo ? chartroom::only(message.actor()) : chartroom::everyone(),
                   .json = message.is_json()});
        co_return;
    }
};

}  // namespace

CHARTROOM_PLUGIN(Echo, R"({
    "id": "org.chartroom.echo",
    "version": "1.0.0",
    "handles": ["echo", "broadcast"],
    "emits": ["echo", "broadcast"],
    "turns": "parallel",
    "license": "MIT"
})")
