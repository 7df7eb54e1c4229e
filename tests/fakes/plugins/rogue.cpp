// A plugin that does what a plugin must not, one message type each, to show that it ends its own
// turn and nothing else.
#include <chartroom/plugin.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;

class Rogue : public chartroom::Handler {
  public:
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const std::string type(message.type());
        if (type == "rogue.throw") throw std::runtime_error("thrown at once");
        if (type == "rogue.throw_int") throw 42;
        if (type == "rogue.flood") flood(turn);
        if (type == "rogue.swallow") swallow(turn);
        if (type == "rogue.no_json") turn.emit("echo", "{\"cut\":");
        if (type == "rogue.hang") co_await turn.sleep(1h);
        if (type == "rogue.throw_in_stream") {
            turn.emit("stream_start", R"({"message_id":7,"in_reply_to":6})");
            turn.emit("token", R"({"message_id":7,"content":"half a "})");
            co_await turn.sleep(1ms);
            turn.emit("token", R"({"message_id":7,"content":"sentence"})");
            throw std::runtime_error("thrown inside a stream");
        }
    }

  private:
    static void flood(const chartroom::Turn& turn) {
        for (;;) turn.emit("echo", R"({"content":"more"})");
    }
    // Goes on after the host has said that it is enough.
    static void swallow(const chartroom::Turn& turn) {
        for (int i = 0; i < 1'000'000; ++i) {
            try {
                turn.emit("echo", R"({"content":"more"})");
            } catch (const chartroom::Error&) {
                if (i % 1'000 == 0) return;
            }
        }
    }
};

}  // namespace

CHARTROOM_PLUGIN(Rogue, R"({
    "id": "org.example.rogue",
    "version": "1.0.0",
    "handles": ["rogue.throw", "rogue.throw_int", "rogue.flood", "rogue.swallow", "rogue.no_json",
                "rogue.hang", "rogue.throw_in_stream"],
    "emits": ["echo", "stream_start", "token"],
    "needs": ["chartroom.timer/1"],
    "limits": {"deadline_ms": 1000}
})")
