#include "core/app/server_metrics.hpp"

#include <unistd.h>

#include <fstream>

namespace chartroom::app {
namespace {

using gateway::MetricFamily;
using gateway::MetricKind;

MetricFamily single(std::string name, std::string help, MetricKind kind, double value) {
    return {std::move(name),
            std::move(help),
            kind,
            {{.labels = {}, .value = value, .count = 0, .buckets = {}}}};
}

// One observation a commit, each of one group or more.
MetricFamily commit_seconds(const storage::StoreStats& stats) {
    gateway::MetricPoint point;
    point.value = static_cast<double>(stats.commit_us_total) / 1e6;
    for (std::size_t i = 0; i < stats.commits_by_us.size(); ++i) {
        point.count += stats.commits_by_us[i];
        if (i == storage::kCommitUsBounds.size()) break;
        point.buckets.push_back(
            {static_cast<double>(storage::kCommitUsBounds[i]) / 1e6, point.count});
    }
    return {"chartroom_commit_seconds",
            "How long commits took",
            MetricKind::histogram,
            {std::move(point)}};
}

// Resident bytes of this process; 0 where /proc does not say.
double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size_pages = 0;
    std::uint64_t resident_pages = 0;
    statm >> size_pages >> resident_pages;
    return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::vector<MetricFamily> server_metrics(const storage::StoreStats& stats, bool log_writable,
                                         std::size_t open_ops) {
    const auto count = [](std::uint64_t n) { return static_cast<double>(n); };
    return {
        single("chartroom_events_appended_total", "Events committed to the log",
               MetricKind::counter, count(stats.events)),
        single("chartroom_groups_appended_total", "Groups committed to the log",
               MetricKind::counter, count(stats.groups)),
        commit_seconds(stats),
        single("chartroom_append_failures_total", "Groups that were not written",
               MetricKind::counter, count(stats.append_failures)),
        single("chartroom_log_writable", "1 while the log takes writes", MetricKind::gauge,
               log_writable ? 1 : 0),
        single("chartroom_effects_open", "Outbound requests and activities in progress",
               MetricKind::gauge, count(open_ops)),
        single("process_resident_memory_bytes", "Resident memory", MetricKind::gauge,
               resident_bytes()),
    };
}

}  // namespace chartroom::app
