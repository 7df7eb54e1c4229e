#include "core/gateway/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace chartroom::gateway {
namespace {

prometheus::MetricType type_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return prometheus::MetricType::Counter;
        case MetricKind::gauge:
            return prometheus::MetricType::Gauge;
        case MetricKind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric to_client_metric(MetricKind kind, const MetricPoint& point) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : point.labels) metric.label.push_back({name, value});
    metric.counter.value = point.value;
    metric.gauge.value = point.value;
    if (kind == MetricKind::histogram) {
        metric.histogram.sample_sum = point.value;
        metric.histogram.sample_count = point.count;
        for (const auto& bucket : point.buckets) {
            metric.histogram.bucket.push_back({bucket.cumulative, bucket.upper_bound});
        }
        metric.histogram.bucket.push_back({point.count, std::numeric_limits<double>::infinity()});
    }
    return metric;
}

}  // namespace

std::string to_prometheus(const std::vector<MetricFamily>& families) {
    std::vector<prometheus::MetricFamily> out;
    out.reserve(families.size());
    for (const auto& family : families) {
        prometheus::MetricFamily& made = out.emplace_back();
        made.name = family.name;
        made.help = family.help;
        made.type = type_of(family.kind);
        for (const auto& point : family.points) {
            made.metric.push_back(to_client_metric(family.kind, point));
        }
    }
    return prometheus::TextSerializer().Serialize(out);
}

}  // namespace chartroom::gateway
