// Prescription: a diagnosis and a patient's data in, options for a prescriber out, in stages. All
// that it says comes from the clinical library; here are the messages around it.
#include <chartroom/plugin.hpp>
#include <chrono>
#include <memory>

#include "plugins/clinical/prescription_report.hpp"
#include "plugins/clinical/staged_plugin.hpp"

namespace prescription {
namespace {

using Json = nlohmann::json;

class Prescription : public chartroom::Handler {
  public:
    explicit Prescription(const chartroom::Config& config) {
        const Json json = Json::parse(config.text());
        pace_ = clinical::configured_pace(json);
        formulary_ = clinical::load_configured(json, clinical::load_formulary);
    }

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const auto request =
            clinical::read_prescription_request(Json::parse(message.bytes(), nullptr, false));
        if (!request) {
            clinical::emit_refusal(turn, request.error());
            co_return;
        }
        const clinical::PrescriptionReport report =
            clinical::report(*formulary_, *request, clinical::prescribe(*formulary_, *request));
        co_await clinical::emit_stages(turn, pace_, report.stages, report.result);
    }

  private:
    std::chrono::milliseconds pace_{0};
    std::unique_ptr<const clinical::Formulary> formulary_;
};

}  // namespace
}  // namespace prescription

CHARTROOM_PLUGIN(prescription::Prescription, R"({
    "id": "org.chartroom.prescription",
    "version": "1.0.0",
    "handles": ["prescription"],
    "emits": ["progress", "stream_chunk", "complete", "error"],
    "needs": ["chartroom.timer/1"],
    "license": "MIT",
    "config_schema": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "pace_ms": {"type": "integer", "minimum": 0, "maximum": 5000, "default": 0,
                "description": "the time between two stages, for demonstrations"},
            "data_directory": {"type": "string", "default": "",
                "description": "a folder whose *.json replace the data files of the same name"}
        }
    }
})")
