// Replay: re-executes a session's turns against loaded handlers and compares every command with the
// record, byte for byte. Pure: reads rows that are handed over, writes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/ids.hpp"
#include "core/engine/handler.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

enum class ReplayResult : std::uint8_t { same, different, could_not };

struct ReplayReport {
    ReplayResult result = ReplayResult::same;
    std::uint64_t rows = 0;
    std::uint64_t turns = 0;
    std::uint64_t open_turns = 0;  // have no end in the record: compared as far as they got
    // Of the first difference, or of what stood in the way.
    struct Difference {
        base::Offset cause;  // the message whose turn it is
        base::Offset at;     // the recorded row that was not matched
        base::Offset after;  // the row of the step that produced something else
        std::string plugin;
        std::string recorded;
        std::string produced;
    };
    std::optional<Difference> difference;
    std::string problem;  // of could_not
};

struct ReplayRequest {
    base::SessionId session;
    base::SessionNumber number;
    base::Secret seed_key{};
    // The session's rows from its first, without gaps.
    std::span<const events::EventPtr> rows;
};

// One thread: the caller's. A turn whose type no handler takes, or whose rows were erased, makes
// the result could_not.
[[nodiscard]] ReplayReport replay(const ReplayRequest& request, const HandlerTable& handlers);

}  // namespace chartroom::engine
