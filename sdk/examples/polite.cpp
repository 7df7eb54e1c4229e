// Failing politely: divides, and where it cannot, says so in a way that the client can act on. What
// is thrown as Failure reaches the client as it is; any other exception reaches it as
// `plugin_failed`, without its text, which goes to the server's log.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <cmath>

namespace {

struct Divide : chartroom::Handler {
    explicit Divide(const chartroom::Config& config)
        : digits_(config.data().at("digits").get<int>()) {}

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const auto data = message.data();
        if (!data.is_object() || !data.contains("by") || !data["by"].is_number())
            throw chartroom::Failure("validation_error", "by must be a number");
        if (data["by"] == 0) throw chartroom::Failure("validation_error", "by must not be 0");
        const double quotient = data.value("number", 1.0) / data["by"].get<double>();
        const double scale = std::pow(10.0, digits_);
        turn.emit("quotient", nlohmann::json(std::round(quotient * scale) / scale));
        co_return;
    }

  private:
    int digits_;  // configured, and never changed: members may hold that
};

}  // namespace

CHARTROOM_PLUGIN(Divide, R"({
    "id": "org.example.divide", "version": "1.0.0", "handles": ["divide"],
    "config_schema": {
        "type": "object", "additionalProperties": false,
        "properties": {"digits": {"type": "integer", "minimum": 0, "maximum": 9, "default": 2}}
    }
})")
