// A plugin with every capability: passes on what the host gives it.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>

namespace {

constexpr std::string_view kTypes[] = {"chat", "stream_end"};

struct Able : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        if (message.type() == "history") {
            const auto rows = co_await turn.history({.last = 7, .types = kTypes});
            for (const auto& row : rows)
                turn.emit("row", nlohmann::json{row.offset, row.inbound, row.type, row.actor,
                                                row.bytes, row.at.time_since_epoch().count()});
        }
        if (message.type() == "http") {
            chartroom::HttpRequest request("POST", "https://api.example/v1");
            request.header("authorization", "Bearer {{secret:api_key}}");
            request.body = "question";
            request.idle_timeout = std::chrono::seconds(5);
            request.body_bytes_max = 1000;
            request.once = true;
            auto answer = turn.http(request);
            std::string all;
            while (auto piece = co_await answer.next()) all += *piece;
            turn.emit("answer", nlohmann::json{all, answer.status(), int(answer.outcome())});
            if (!answer.header("content-type").empty())
                turn.emit("headers",
                          nlohmann::json{answer.header("content-type"),
                                         answer.header("retry-after"), answer.header("server")});
        }
        if (message.type() == "tell_home")
            turn.emit("told", message.bytes(),
                      {.to = chartroom::followers(), .session = "home", .owner = message.actor()});
        if (message.type() == "shout")
            turn.emit("shout", message.bytes(),
                      {.cls = chartroom::Class::fleeting,
                       .to = chartroom::all_but(message.actor()),
                       .session = "open/other"});
    }
};

}  // namespace

CHARTROOM_PLUGIN(Able, R"({
    "id": "org.example.able", "version": "1.0.0", "handles": ["history", "http", "shout", "tell_home"],
    "concurrency": "serial",
    "capabilities": {"net": ["api.example"], "history": true, "broadcast": true}
})")
