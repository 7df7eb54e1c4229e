#include "core/gateway/route_table.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace chartroom::gateway {
namespace {

using base::Code;
using base::fail;

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    for (;;) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

base::Result<PathPattern> PathPattern::parse(std::string_view pattern) {
    const std::string shown(pattern);
    if (!pattern.starts_with('/'))
        return fail(Code::bad_config, "path must begin with /: " + shown);
    PathPattern parsed;
    if (pattern == "/") return parsed;
    std::set<std::string_view> names;
    for (const std::string_view segment : split(pattern)) {
        if (segment.empty()) return fail(Code::bad_config, "empty segment in path: " + shown);
        const bool parameter = segment.starts_with('{') && segment.ends_with('}');
        std::string_view text = parameter ? segment.substr(1, segment.size() - 2) : segment;
        const bool spans = parameter && text.ends_with("...");
        if (spans) text.remove_suffix(3);
        if (text.empty() || text.find_first_of("{}") != std::string_view::npos) {
            return fail(Code::bad_config, "a parameter is a whole segment, {name}: " + shown);
        }
        if (parameter && !names.insert(text).second) {
            return fail(Code::bad_config, "parameter used twice in path: " + shown);
        }
        parsed.segments_.push_back({parameter, spans, std::string(text)});
    }
    return parsed;
}

std::optional<Parameters> PathPattern::match(std::string_view path) const {
    if (!path.starts_with('/')) return std::nullopt;
    Parameters parameters;
    if (path == "/") {
        if (segments_.empty()) return parameters;
        return std::nullopt;
    }
    const auto given = split(path);
    const bool spans = std::ranges::any_of(segments_, &Segment::spans);
    if (given.size() < segments_.size() || (!spans && given.size() > segments_.size())) {
        return std::nullopt;
    }
    const std::size_t extra = given.size() - segments_.size();  // for the one that spans
    std::size_t at = 0;
    for (const Segment& segment : segments_) {
        const std::size_t last = at + (segment.spans ? extra : 0);
        // The segments are parts of `path`, one slash apart.
        const std::string_view text(given[at].data(),
                                    given[last].data() + given[last].size() - given[at].data());
        if (segment.parameter) {
            if (text.empty()) return std::nullopt;
            parameters.emplace(segment.text, text);
        } else if (segment.text != text) {
            return std::nullopt;
        }
        at = last + 1;
    }
    return parameters;
}

bool PathPattern::same_as(const PathPattern& other) const {
    return std::ranges::equal(segments_, other.segments_, [](const auto& a, const auto& b) {
        return a.parameter == b.parameter && (a.parameter || a.text == b.text);
    });
}

bool PathPattern::before(const PathPattern& other) const {
    return std::ranges::lexicographical_compare(
        segments_, other.segments_,
        [](const auto& a, const auto& b) { return !a.parameter && b.parameter; });
}

base::Result<RouteTable> RouteTable::make(std::vector<Route> routes,
                                          const std::vector<std::string_view>& dialects) {
    std::vector<PathPattern> patterns;
    for (const Route& route : routes) {
        auto pattern = PathPattern::parse(route.path);
        if (!pattern) return std::unexpected(pattern.error());
        if (std::ranges::find(dialects, route.dialect) == dialects.end()) {
            return fail(Code::bad_config,
                        "route " + route.path + ": there is no dialect '" + route.dialect + "'");
        }
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            if (patterns[i].same_as(*pattern)) {
                return fail(Code::bad_config,
                            "two routes alike: " + routes[i].path + " and " + route.path);
            }
        }
        patterns.push_back(std::move(*pattern));
    }
    std::vector<std::size_t> order(routes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return patterns[a].before(patterns[b]); });
    RouteTable table;
    for (const std::size_t i : order) {
        table.routes_.push_back(std::move(routes[i]));
        table.patterns_.push_back(std::move(patterns[i]));
    }
    return table;
}

std::optional<RouteMatch> RouteTable::match(std::string_view path) const {
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
        if (auto parameters = patterns_[i].match(path)) {
            return RouteMatch{i, std::move(*parameters)};
        }
    }
    return std::nullopt;
}

}  // namespace chartroom::gateway
