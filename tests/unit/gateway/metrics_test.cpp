#include "core/gateway/metrics.hpp"

#include <gtest/gtest.h>

#include "core/gateway/counters.hpp"

namespace chartroom::gateway {
namespace {

TEST(Metrics, CountersAndHistogramsAreInTheTextFormat) {
    MetricFamily requests{"chartroom_things_total", "Things", MetricKind::counter, {}};
    requests.points.push_back({{{"kind", "a"}}, 3, 0, {}});
    MetricFamily seconds{"chartroom_commit_seconds", "Commits", MetricKind::histogram, {}};
    seconds.points.push_back({{}, 0.75, 5, {{0.1, 2}, {0.5, 4}}});
    const std::string text = to_prometheus({requests, seconds});
    for (const char* line :
         {"# TYPE chartroom_things_total counter\n", "chartroom_things_total{kind=\"a\"} 3\n",
          "# TYPE chartroom_commit_seconds histogram\n",
          "chartroom_commit_seconds_bucket{le=\"0.5\"} 4\n",
          "chartroom_commit_seconds_bucket{le=\"+Inf\"} 5\n", "chartroom_commit_seconds_sum 0.75\n",
          "chartroom_commit_seconds_count 5\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    }
}

TEST(Metrics, RefusedFramesAreNamedByTheirCode) {
    Counters counters;
    counters.refused_frame(base::Code::rate_limited);
    counters.closes[1008] = 2;
    const std::string text = to_prometheus(families(counters));
    EXPECT_NE(text.find("chartroom_refused_frames_total{code=\"rate_limited\"} 1\n"),
              std::string::npos);
    EXPECT_NE(text.find("chartroom_closes_total{code=\"1008\"} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace chartroom::gateway
