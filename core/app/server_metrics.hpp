// What the composition root adds to /metrics: the store's counters, outbound work, the process.
#pragma once

#include <vector>

#include "core/gateway/metrics.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::app {

// Any thread.
[[nodiscard]] std::vector<gateway::MetricFamily> server_metrics(const storage::StoreStats& stats,
                                                                bool log_writable,
                                                                std::size_t open_ops);

}  // namespace chartroom::app
