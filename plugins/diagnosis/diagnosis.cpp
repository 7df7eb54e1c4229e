// Diagnosis: symptoms, vital signs and history in, a ranked differential out, in stages. All that
// it says comes from the clinical library; here are the messages around it.
#include <chartroom/plugin.hpp>
#include <chrono>
#include <memory>

#include "plugins/clinical/diagnosis_report.hpp"
#include "plugins/clinical/staged_plugin.hpp"

namespace diagnosis {
namespace {

using Json = nlohmann::json;

class Diagnosis : public chartroom::Handler {
  public:
    explicit Diagnosis(const chartroom::Config& config) {
        const Json json = Json::parse(config.text());
        pace_ = clinical::configured_pace(json);
        knowledge_ = clinical::load_configured(json, clinical::load_knowledge);
    }

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const auto request = clinical::parse_diagnosis(message.bytes());
        if (!request) {
            clinical::emit_refusal(turn, request.error());
            co_return;
        }
        const clinical::DiagnosisReport report =
            clinical::report(*knowledge_, *request, clinical::assess(*knowledge_, *request));
        if (report.emergency) {
            Json emergency = *report.emergency;
            emergency["message_id"] = message.answer_id();
            turn.emit("emergency", emergency);
        }
        co_await clinical::emit_stages(turn, pace_, report.stages, report.result);
    }

  private:
    std::chrono::milliseconds pace_{0};
    std::unique_ptr<const clinical::Knowledge> knowledge_;
};

}  // namespace
}  // namespace diagnosis

CHARTROOM_PLUGIN(diagnosis::Diagnosis, R"({
    "id": "org.chartroom.diagnosis",
    "version": "1.0.0",
    "handles": ["diagnosis"],
    "emits": ["emergency", "progress", "stream_chunk", "complete", "error"],
    "needs": ["chartroom.timer/1"],
    "license": "MIT",
    "config_schema": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "pace_ms": {"type": "integer", "minimum": 0, "maximum": 5000, "default": 0,
                "description": "a pause between two stages, for demonstrations"},
            "data_directory": {"type": "string", "default": "",
                "description": "a folder with data files in place of those built in; empty: those"}
        }
    }
})")
