// Which dialect speaks on which path. Patterns are literal segments and {parameters} of one segment
// each; a literal wins over a parameter, leftmost first. Pure; immutable once made.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/gateway/options.hpp"

namespace chartroom::gateway {

using Parameters = std::map<std::string, std::string, std::less<>>;

// A path pattern, split once. HTTP endpoints use it too; one parameter of theirs may be written
// {name...} and then takes one segment or more, since ids have slashes.
class PathPattern {
  public:
    // Errors: bad_config (no leading slash, an empty segment, half a brace, a name used twice).
    [[nodiscard]] static base::Result<PathPattern> parse(std::string_view pattern);
    // The parameters of `path` (already percent-decoded), if it matches.
    [[nodiscard]] std::optional<Parameters> match(std::string_view path) const;
    // Whether both match the same paths.
    [[nodiscard]] bool same_as(const PathPattern& other) const;
    // Whether this one is asked first: fewer parameters, further right.
    [[nodiscard]] bool before(const PathPattern& other) const;

  private:
    struct Segment {
        bool parameter = false;
        bool spans = false;  // of a parameter: takes more than one segment
        std::string text;    // the literal, or the parameter's name
    };
    std::vector<Segment> segments_;
};

struct RouteMatch {
    std::size_t route = 0;  // index into routes()
    Parameters path;
};

class RouteTable {
  public:
    // Errors: bad_config (a bad pattern, an unknown dialect, two routes alike; the message names
    // them). `dialects` are the names that may stand in a route.
    [[nodiscard]] static base::Result<RouteTable> make(
        std::vector<Route> routes, const std::vector<std::string_view>& dialects);

    [[nodiscard]] std::optional<RouteMatch> match(std::string_view path) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;          // in the order in which they are asked
    std::vector<PathPattern> patterns_;  // of routes_
};

}  // namespace chartroom::gateway
