// Diagnosis: symptoms, vital signs and history in, a ranked differential out, in stages. All that
// it says comes from the clinical library; here are the messages around it.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "plugins/clinical/diagnosis_report.hpp"

namespace diagnosis {
namespace {

using Json = nlohmann::json;

std::unique_ptr<const clinical::Knowledge> load(const std::string& folder) {
    clinical::DataSet data;
    if (!folder.empty()) {
        auto read = clinical::read_data_folder(folder);
        if (!read) throw std::invalid_argument("data_directory: " + read.error());
        data = std::move(*read);
    }
    auto loaded = clinical::load_knowledge(folder.empty() ? clinical::embedded_data() : data);
    if (!loaded) throw std::invalid_argument(loaded.error());
    return std::move(*loaded);
}

class Diagnosis : public chartroom::Handler {
  public:
    explicit Diagnosis(const chartroom::Config& config) {
        const Json json = Json::parse(config.text());
        pace_ = std::chrono::milliseconds(json.value("pace_ms", 0));
        knowledge_ = load(json.value("data_directory", std::string()));
    }

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const auto request = clinical::parse_diagnosis(message.bytes());
        if (!request) {
            const clinical::InputError& wrong = request.error();
            turn.emit("error", Json{{"code", "validation_error"},
                                    {"message", wrong.field + " " + wrong.message},
                                    {"field", wrong.field}});
            co_return;
        }
        const clinical::DiagnosisReport report =
            clinical::report(*knowledge_, *request, clinical::assess(*knowledge_, *request));
        if (report.emergency) {
            Json emergency = *report.emergency;
            emergency["message_id"] = message.answer_id();
            turn.emit("emergency", emergency);
        }
        bool first = true;
        for (const clinical::DiagnosisStage& stage : report.stages) {
            if (!first && pace_.count() > 0) co_await turn.sleep(pace_);
            first = false;
            turn.emit("progress", Json{{"stage", stage.stage},
                                       {"progress", stage.progress},
                                       {"message", stage.message}});
            for (const Json& chunk : stage.chunks)
                turn.emit("stream_chunk", Json{{"content", chunk}});
        }
        turn.emit("complete", Json{{"result", report.result}});
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
