// The table of HTTP endpoints: a method, a path pattern, a function. To add one, add a row where
// the gateway fills the table (gateway.cpp). Pure; gateway thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gateway/http.hpp"
#include "core/gateway/pages.hpp"
#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

class Endpoints {
  public:
    using Handler = std::function<HttpResponse(const HttpRequest&, const Parameters&)>;

    // `pages` and `routes` outlive it: a page is answered where no row matches, and a route's path
    // asked without an upgrade is told so.
    Endpoints(const Pages& pages, const RouteTable& routes) : pages_(pages), routes_(routes) {}

    // `pattern` as in a route, known to be well formed. A GET row answers HEAD too.
    void add(std::string method, std::string_view pattern, Handler handler);

    // The answer to a request whose host and origin have passed.
    [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

  private:
    struct Row {
        std::string method;
        PathPattern pattern;
        Handler handler;
    };
    const Pages& pages_;
    const RouteTable& routes_;
    std::vector<Row> rows_;
};

}  // namespace chartroom::gateway
