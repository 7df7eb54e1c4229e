// What the gateway counts. Plain numbers: all of it happens on the gateway thread, where /metrics
// is answered too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/engine/engine.hpp"
#include "core/gateway/metrics.hpp"

namespace chartroom::gateway {

struct Counters {
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t frames_in = 0, frames_out = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;  // of payload in, of frames out
    std::uint64_t writes = 0;                   // frames_out / writes: how well frames gather
    std::uint64_t notice_batches = 0, notices = 0;
    std::uint64_t slow_closes = 0;
    std::uint64_t reading_pauses = 0;
    std::uint64_t pending_evicted = 0;  // connections that had yet to authenticate, for newer ones
    std::array<std::uint64_t, static_cast<std::size_t>(base::Code::internal) + 1> refused_frames{};
    // Keys are our own words or codes, never a client's text, so the maps are bounded.
    std::map<std::string, std::uint64_t, std::less<>> refused_upgrades;        // by reason
    std::map<std::string, std::uint64_t, std::less<>> failed_authentications;  // by reason
    std::map<std::string, std::uint64_t, std::less<>> rate_limited;  // by whose bucket was empty
    std::map<std::uint16_t, std::uint64_t> closes;                   // by code; 0: dropped
    // By endpoint and status.
    std::map<std::pair<std::string, unsigned>, std::uint64_t> http_responses;

    void refused_frame(base::Code code) { ++refused_frames[static_cast<std::size_t>(code)]; }
};

// As metric families.
[[nodiscard]] std::vector<MetricFamily> families(const Counters& counters);
[[nodiscard]] std::vector<MetricFamily> families(const engine::EngineStats& stats);

}  // namespace chartroom::gateway
