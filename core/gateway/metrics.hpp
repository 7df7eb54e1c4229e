// What is measured, as plain values, and their one encoding: the Prometheus text format. The
// gateway counts its own; the composition root hands in the store's and others'. The only user of
// prometheus-cpp is metrics.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chartroom::gateway {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

struct MetricBucket {
    double upper_bound = 0;        // inclusive
    std::uint64_t cumulative = 0;  // observations up to it
};

struct MetricPoint {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;                   // of a counter or gauge; the sum of a histogram
    std::uint64_t count = 0;            // of a histogram
    std::vector<MetricBucket> buckets;  // of a histogram, rising; +Inf is added
};

struct MetricFamily {
    std::string name;  // Prometheus naming: chartroom_commit_seconds, chartroom_frames_total
    std::string help;
    MetricKind kind = MetricKind::counter;
    std::vector<MetricPoint> points;
};

inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// The families in the Prometheus text format, in order. Any thread.
[[nodiscard]] std::string to_prometheus(const std::vector<MetricFamily>& families);

}  // namespace chartroom::gateway
