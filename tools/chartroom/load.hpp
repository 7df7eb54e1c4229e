// The load generator: many native connections on one thread, each with a session of its own,
// sending echo messages and timing their answers. Lean on purpose, since it shares the machine with
// the server: epoll, no JSON parsing beyond the type and the offset of a frame.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/error.hpp"
#include "tools/chartroom/latency.hpp"

namespace chartroom::tool {

struct LoadOptions {
    std::string url = "ws://127.0.0.1:8000/v1/session";
    std::string token;  // empty: anonymous
    std::size_t connections = 50;
    std::size_t in_flight = 1;  // messages of a connection that wait for their answer
    std::size_t bytes = 150;    // of a message's content
    double seconds = 5;         // measured, after the warm-up
    double warmup_seconds = 1;
    std::uint64_t messages = 0;  // instead of seconds: so many, without a warm-up; 0: by time
    double rate = 0;             // offered messages a second over all connections; 0: as many as go
};

struct LoadResult {
    std::uint64_t messages = 0;    // answered while measuring
    std::uint64_t errors = 0;      // error frames, and connections that were lost
    std::uint64_t unanswered = 0;  // at the end, after a grace of five seconds
    double seconds = 0;
    std::string first_error;  // of the server, in its words
    // Microseconds from sending (with a rate: from when the message was due) to its answer.
    LatencyHistogram latency_us;
};

// `progress` is called now and then with the seconds gone and the messages answered so far.
// Errors: validation_error (the URL), io (cannot connect; a session was not opened).
[[nodiscard]] base::Result<LoadResult> run_load(
    const LoadOptions& options, const std::function<void(double, std::uint64_t)>& progress);

// The text of a frame's first `"name":"…"`, and the number of its first `"name":…`; empty and 0
// without one. They trust the server to put its own fields before a plugin's data.
[[nodiscard]] std::string_view frame_text(std::string_view frame, std::string_view name);
[[nodiscard]] std::uint64_t frame_number(std::string_view frame, std::string_view name);

}  // namespace chartroom::tool
