// The table of HTTP endpoints, and what is common to all of them: paths and methods, CORS, who may
// ask, fields, bodies. To add one, add a row where the gateway fills the table. Pure but for the
// tickets that it takes; gateway thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/gateway/counters.hpp"
#include "core/gateway/endpoint.hpp"
#include "core/gateway/http_access.hpp"
#include "core/gateway/pages.hpp"
#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

class Endpoints {
  public:
    // All of them outlive it. A page is answered where no row matches, and a route's path asked
    // without an upgrade is told so. `body_max`: bytes of a body; over it 413, unread.
    Endpoints(const Pages& pages, const RouteTable& routes, HttpAccess& access, Counters& counters,
              std::size_t body_max)
        : pages_(pages),
          routes_(routes),
          access_(access),
          counters_(counters),
          body_max_(body_max) {}

    // `row.path` is known to be well formed; where two match, the one that was added first is
    // meant. A GET row answers HEAD too.
    void add(Endpoint row);
    [[nodiscard]] const std::vector<Endpoint>& rows() const { return rows_; }

    // Looks at a request whose headers are there. A value: its handler is next, once
    // `body_bytes` of its body have been read. Else the answer. `exchange` is filled either way.
    [[nodiscard]] std::expected<Asked, HttpResponse> begin(HttpRequest request, Exchange& exchange);
    // Calls the handler.
    [[nodiscard]] Answer finish(Asked asked, std::string_view body);
    // The last thing before an answer goes out, early or late: CORS headers, counting.
    void complete(HttpResponse& response, const Exchange& exchange);

  private:
    [[nodiscard]] std::expected<Asked, HttpResponse> judge(HttpRequest& request,
                                                           Exchange& exchange);
    // The row, or why there is none.
    [[nodiscard]] std::expected<const Endpoint*, HttpResponse> find(const HttpRequest& request,
                                                                    Parameters& path) const;
    // The path of the first row that matches: rows of that path are what stands there, for Allow.
    // Empty: none.
    [[nodiscard]] std::string_view resource_at(std::string_view path) const;
    // The methods that stand at `path`, as Allow has them; empty: nothing stands there.
    [[nodiscard]] std::string allowed_at(std::string_view path) const;

    const Pages& pages_;
    const RouteTable& routes_;
    HttpAccess& access_;
    Counters& counters_;
    std::size_t body_max_;
    std::vector<Endpoint> rows_;
    std::vector<PathPattern> patterns_;  // of rows_
};

}  // namespace chartroom::gateway
