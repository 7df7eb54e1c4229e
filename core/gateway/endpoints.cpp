#include "core/gateway/endpoints.hpp"

#include <utility>

#include "core/base/check.hpp"

namespace chartroom::gateway {
namespace {

HttpResponse wrong_method(const std::string& allowed) {
    HttpResponse response = problem(405, "allowed here: " + allowed);
    response.headers.emplace_back("allow", allowed);
    return response;
}

}  // namespace

void Endpoints::add(std::string method, std::string_view pattern, Handler handler) {
    auto parsed = PathPattern::parse(pattern);
    CHECK(parsed.has_value());
    rows_.push_back({std::move(method), std::move(*parsed), std::move(handler)});
}

HttpResponse Endpoints::answer(const HttpRequest& request) const {
    if (request.has_body) return problem(413, "no endpoint here takes a body");
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    std::string allowed;
    for (const Row& row : rows_) {
        const auto parameters = row.pattern.match(request.path);
        if (!parameters) continue;
        if (row.method == method) return row.handler(request, *parameters);
        allowed += (allowed.empty() ? "" : ", ") + row.method;
        if (row.method == "GET") allowed += ", HEAD";
    }
    if (!allowed.empty()) return wrong_method(allowed);
    if (const HttpResponse* page = pages_.find(request.path)) {
        return method == "GET" ? *page : wrong_method("GET, HEAD");
    }
    if (routes_.match(request.path)) {
        HttpResponse response = problem(426, "this path speaks WebSocket");
        response.headers.emplace_back("upgrade", "websocket");
        return response;
    }
    return problem(404, "nothing stands at this path");
}

}  // namespace chartroom::gateway
