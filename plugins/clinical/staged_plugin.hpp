// What the plugins share that answer with a report in stages: their configuration, and the messages
// around the library's words. The only file here that knows the SDK.
#pragma once

#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "plugins/clinical/data_set.hpp"
#include "plugins/clinical/input_error.hpp"
#include "plugins/clinical/stage.hpp"

namespace clinical {

// `load` over the data of the folder that `data_directory` names, or over that built in.
// Throws std::invalid_argument: what is refused.
template <typename Load>
auto load_configured(const nlohmann::json& config, Load load) {
    const auto folder = config.value("data_directory", std::string());
    DataSet data;
    if (!folder.empty()) {
        auto read = read_data_folder(folder);
        if (!read) throw std::invalid_argument("data_directory: " + read.error());
        data = std::move(*read);
    }
    auto loaded = load(folder.empty() ? embedded_data() : data);
    if (!loaded) throw std::invalid_argument(loaded.error());
    return std::move(*loaded);
}

// The time between two stages: `pace_ms`.
inline std::chrono::milliseconds configured_pace(const nlohmann::json& config) {
    return std::chrono::milliseconds(config.value("pace_ms", 0));
}

inline void emit_refusal(const chartroom::Turn& turn, const InputError& wrong) {
    turn.emit("error", nlohmann::json{{"code", "validation_error"},
                                      {"message", wrong.field + " " + wrong.message},
                                      {"field", wrong.field}});
}

// The stages, `pace` apart, then the result. Both outlive the call.
inline chartroom::Async<> emit_stages(chartroom::Turn turn, std::chrono::milliseconds pace,
                                      const std::vector<Stage>& stages,
                                      const nlohmann::json& result) {
    bool first = true;
    for (const Stage& stage : stages) {
        if (!first && pace.count() > 0) co_await turn.sleep(pace);
        first = false;
        turn.emit("progress", nlohmann::json{{"stage", stage.stage},
                                             {"progress", stage.progress},
                                             {"message", stage.message}});
        for (const nlohmann::json& chunk : stage.chunks)
            turn.emit("stream_chunk", nlohmann::json{{"content", chunk}});
    }
    turn.emit("complete", nlohmann::json{{"result", result}});
}

}  // namespace clinical
