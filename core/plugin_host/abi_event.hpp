// A StepEvent as the structs of plugin.h. Views only: valid while the StepEvent is.
#pragma once

#include <chartroom/plugin.h>

#include <variant>
#include <vector>

#include "core/engine/handler.hpp"

namespace chartroom::plugin_host {

// Holds the structs of one event; event() points into it, so it stays where it is.
class AbiEvent {
  public:
    explicit AbiEvent(const engine::StepEvent& event);
    AbiEvent(const AbiEvent&) = delete;
    AbiEvent& operator=(const AbiEvent&) = delete;

    [[nodiscard]] const chartroom_event& event() const { return event_; }

  private:
    void fill(const engine::MessageEvent& body);
    void fill(const engine::TimerEvent& body);
    void fill(const engine::EffectEvent& body);
    void fill(const engine::ChunkEvent& body);
    void fill(const engine::CancelEvent& body);
    void fill(const engine::DiscardEvent& body);
    void read_headers(std::string_view lines);

    chartroom_event event_{};
    std::variant<std::monostate, chartroom_message, chartroom_effect, chartroom_chunk,
                 chartroom_cancel>
        body_;
    std::vector<chartroom_row> rows_;        // of a history
    std::vector<chartroom_header> headers_;  // of an HTTP response
};

}  // namespace chartroom::plugin_host
