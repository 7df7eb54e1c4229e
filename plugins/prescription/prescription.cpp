// Prescription: a diagnosis and a patient's data in, options for a prescriber out, in stages. All
// that it says comes from the clinical library; here are the messages around it.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "plugins/clinical/prescription_report.hpp"

namespace prescription {
namespace {

using Json = nlohmann::json;

std::unique_ptr<const clinical::Formulary> load(const std::string& folder) {
    clinical::DataSet data;
    if (!folder.empty()) {
        auto read = clinical::read_data_folder(folder);
        if (!read) throw std::invalid_argument("data_directory: " + read.error());
        data = std::move(*read);
    }
    auto loaded = clinical::load_formulary(folder.empty() ? clinical::embedded_data() : data);
    if (!loaded) throw std::invalid_argument(loaded.error());
    return std::move(*loaded);
}

class Prescription : public chartroom::Handler {
  public:
    explicit Prescription(const chartroom::Config& config) {
        const Json json = Json::parse(config.text());
        pace_ = std::chrono::milliseconds(json.value("pace_ms", 0));
        formulary_ = load(json.value("data_directory", std::string()));
    }

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const auto request =
            clinical::read_prescription_request(Json::parse(message.bytes(), nullptr, false));
        if (!request) {
            const clinical::RequestError& wrong = request.error();
            turn.emit("error", Json{{"code", "validation_error"},
                                    {"message", wrong.field + " " + wrong.message},
                                    {"field", wrong.field}});
            co_return;
        }
        const clinical::PrescriptionReport report =
            clinical::report(*formulary_, *request, clinical::prescribe(*formulary_, *request));
        bool first = true;
        for (const clinical::PrescriptionStage& stage : report.stages) {
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
