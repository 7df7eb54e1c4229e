// HTTP: asks a weather service and streams its answer, piece by piece, as it comes. The service's
// address and key are the operator's: the key stands in no record, since the host fills it in.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>

namespace {

struct Weather : chartroom::Handler {
    explicit Weather(const chartroom::Config& config)
        : base_url_(config.data().at("base_url").get<std::string>()) {}

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message) override {
        chartroom::HttpRequest request("GET", base_url_ + "/now");
        request.header("authorization", "Bearer {{secret:api_key}}");
        auto answer = turn.http(request);
        while (auto piece = co_await answer.next())
            turn.emit("weather_piece", *piece, {.cls = chartroom::Class::piece, .json = false});
        if (answer.outcome() != chartroom::Outcome::ok || answer.status() != 200) {
            turn.log(chartroom::LogLevel::warn, "the weather service: " + answer.reason());
            throw chartroom::Failure("unavailable", "there is no weather just now");
        }
        turn.emit("weather_end", "{}");
    }

  private:
    std::string base_url_;
};

}  // namespace

CHARTROOM_PLUGIN(Weather, R"({
    "id": "org.example.weather", "version": "1.0.0", "handles": ["weather"],
    "needs": ["chartroom.http/1"], "capabilities": {"net": ["*.weather.example"]},
    "config_schema": {
        "type": "object", "additionalProperties": false,
        "properties": {
            "base_url": {"type": "string", "default": "https://api.weather.example"},
            "api_key_env": {"type": "string"}
        }
    }
})")
