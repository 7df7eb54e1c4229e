#include "core/gateway/endpoints.hpp"

#include <utility>

#include "core/base/check.hpp"

namespace chartroom::gateway {
namespace {

HttpResponse options_of(const std::string& allowed) {
    HttpResponse response;
    response.status = 204;
    response.headers = {{"allow", allowed}};
    return response;
}

HttpResponse wrong_method(const std::string& allowed) {
    HttpResponse response = problem(405, "allowed here: " + allowed);
    response.headers.emplace_back("allow", allowed);
    return response;
}

bool is_json(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    constexpr std::string_view kJson = "application/json";
    return type.size() == kJson.size() && std::ranges::equal(type, kJson, [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
           });
}

}  // namespace

void Endpoints::add(Endpoint row) {
    auto parsed = PathPattern::parse(row.path);
    CHECK(parsed.has_value());
    patterns_.push_back(std::move(*parsed));
    rows_.push_back(std::move(row));
}

std::string_view Endpoints::resource_at(std::string_view path) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (patterns_[i].match(path)) return rows_[i].path;
    }
    return {};
}

std::string Endpoints::allowed_at(std::string_view path) const {
    const std::string_view resource = resource_at(path);
    std::string allowed;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].path != resource) continue;
        allowed += std::string(rows_[i].method) + ", ";
        if (rows_[i].method == "GET" && !rows_[i].streams()) allowed += "HEAD, ";
    }
    if (allowed.empty() && pages_.find(path) != nullptr) allowed = "GET, HEAD, ";
    return allowed.empty() ? allowed : allowed + "OPTIONS";
}

std::expected<const Endpoint*, HttpResponse> Endpoints::find(const HttpRequest& request,
                                                             Parameters& path) const {
    const bool head = request.method == "HEAD";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].method != (head ? "GET" : request.method)) continue;
        auto parameters = patterns_[i].match(request.path);
        if (!parameters || (head && rows_[i].streams())) continue;
        path = *std::move(parameters);
        return &rows_[i];
    }
    if (const std::string allowed = allowed_at(request.path); !allowed.empty()) {
        if (request.method == "OPTIONS") return std::unexpected(options_of(allowed));
        const HttpResponse* page = pages_.find(request.path);
        const bool read = head || request.method == "GET";
        return std::unexpected(page != nullptr && read ? *page : wrong_method(allowed));
    }
    if (routes_.match(request.path)) {
        HttpResponse response = problem(426, "this path speaks WebSocket");
        response.headers.emplace_back("upgrade", "websocket");
        return std::unexpected(std::move(response));
    }
    return std::unexpected(problem(404, "nothing stands at this path"));
}

std::expected<Asked, HttpResponse> Endpoints::begin(HttpRequest request, Exchange& exchange) {
    exchange.head = request.method == "HEAD";
    // Nobody reads on where the body's end is not known; where it is, finish() will have read it.
    const auto body = body_length(request);
    exchange.unread_body = !body || *body > 0;
    auto asked = judge(request, exchange);
    if (!asked) return asked;
    if (!body) return std::unexpected(body.error());
    if (!asked->endpoint->takes_body()) {
        if (*body > 0) return std::unexpected(problem(413, "this endpoint takes no body"));
    } else if (!is_json(asked->request.header("content-type"))) {
        return std::unexpected(problem(415, "the body must be application/json"));
    } else if (!asked->request.headers.contains("content-length")) {
        exchange.unread_body = true;
        return std::unexpected(problem(411, "a body needs a Content-Length"));
    } else if (*body == 0) {
        exchange.unread_body = true;
        return std::unexpected(problem({base::Code::malformed, "the body is empty"}));
    } else if (*body > body_max_) {
        return std::unexpected(
            problem({base::Code::message_too_long,
                     "the body may have " + std::to_string(body_max_) + " bytes"}));
    }
    exchange.unread_body = false;
    asked->body_bytes = *body;
    asked->exchange = exchange;
    return asked;
}

std::expected<Asked, HttpResponse> Endpoints::judge(HttpRequest& request, Exchange& exchange) {
    if (auto short_enough = check_headers(request); !short_enough) {
        return std::unexpected(std::move(short_enough.error()));
    }
    if (auto passed = access_.check_browser(request); !passed) {
        return std::unexpected(std::move(passed.error().response));
    }
    exchange.cors_origin = access_.cors_origin(request);
    Asked asked;
    const auto row = find(request, asked.path);
    if (!row) {
        // Preflights are answered without credentials: a browser sends none with them.
        HttpResponse refusal = row.error();
        if (refusal.status == 204) access_.answer_preflight(request, refusal);
        if (refusal.status < 300) exchange.endpoint = refusal.status == 204 ? "options" : "page";
        return std::unexpected(std::move(refusal));
    }
    asked.endpoint = *row;
    exchange.endpoint = asked.endpoint->id;
    if (asked.endpoint->guard != Guard::anyone) {
        auto caller = access_.identify(request, asked.endpoint->guard);
        if (!caller) return std::unexpected(problem(caller.error()));
        asked.caller = *std::move(caller);
    }
    if (asked.endpoint->streams()) {
        if (auto room = access_.check_room(request); !room) {
            return std::unexpected(std::move(room.error().response));
        }
    }
    auto read = read_fields(asked.endpoint->fields, request, asked.path, asked.values);
    if (!read) return std::unexpected(problem(read.error()));
    asked.request = std::move(request);
    return asked;
}

Answer Endpoints::finish(Asked asked, std::string_view body) {
    if (asked.endpoint->takes_body()) {
        auto read = read_body(asked.endpoint->fields, body, asked.values);
        if (!read) return problem(read.error());
    }
    return asked.endpoint->handler(asked);
}

void Endpoints::complete(HttpResponse& response, const Exchange& exchange) {
    if (!exchange.cors_origin.empty()) {
        response.headers.emplace_back("access-control-allow-origin", exchange.cors_origin);
        response.headers.emplace_back("access-control-expose-headers", "retry-after");
        response.headers.emplace_back("vary", "origin");
    }
    ++counters_.http_responses[{std::string(exchange.endpoint), response.status}];
}

}  // namespace chartroom::gateway
