#include "core/gateway/http.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace chartroom::gateway {
namespace {

constexpr std::array kPhrases = {
    std::pair{200u, std::string_view("OK")},
    std::pair{400u, std::string_view("Bad Request")},
    std::pair{401u, std::string_view("Unauthorized")},
    std::pair{403u, std::string_view("Forbidden")},
    std::pair{404u, std::string_view("Not Found")},
    std::pair{405u, std::string_view("Method Not Allowed")},
    std::pair{413u, std::string_view("Content Too Large")},
    std::pair{415u, std::string_view("Unsupported Media Type")},
    std::pair{421u, std::string_view("Misdirected Request")},
    std::pair{426u, std::string_view("Upgrade Required")},
    std::pair{429u, std::string_view("Too Many Requests")},
    std::pair{503u, std::string_view("Service Unavailable")},
};

}  // namespace

std::string_view reason_phrase(unsigned status) {
    const auto* const row =
        std::ranges::find(kPhrases, status, [](const auto& r) { return r.first; });
    return row == kPhrases.end() ? "Status" : row->second;
}

HttpResponse problem(unsigned status, std::string_view detail) {
    nlohmann::ordered_json document = {
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}};
    if (!detail.empty()) document["detail"] = detail;
    HttpResponse response;
    response.status = status;
    response.headers = {{"content-type", "application/problem+json"},
                        {"cache-control", "no-store"},
                        {"x-content-type-options", "nosniff"}};
    // The detail may quote the request: what is no UTF-8 in it is replaced, never thrown for.
    response.body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return response;
}

HttpResponse json_response(unsigned status, std::string body) {
    return {status,
            {{"content-type", "application/json"},
             {"cache-control", "no-store"},
             {"x-content-type-options", "nosniff"}},
            std::move(body)};
}

std::string serialize(const HttpResponse& response, bool head_only, bool close) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out += reason_phrase(response.status);
    out += "\r\n";
    for (const auto& [name, value] : response.headers) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    out += "content-length: " + std::to_string(response.body.size()) + "\r\n";
    if (close) out += "connection: close\r\n";
    out += "\r\n";
    if (!head_only) out += response.body;
    return out;
}

}  // namespace chartroom::gateway
