#include "core/gateway/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/dialects/client_error.hpp"
#include "core/events/json_scan.hpp"

namespace chartroom::gateway {
namespace {

constexpr std::array kPhrases = {
    std::pair{200u, std::string_view("OK")},
    std::pair{202u, std::string_view("Accepted")},
    std::pair{204u, std::string_view("No Content")},
    std::pair{400u, std::string_view("Bad Request")},
    std::pair{401u, std::string_view("Unauthorized")},
    std::pair{403u, std::string_view("Forbidden")},
    std::pair{404u, std::string_view("Not Found")},
    std::pair{405u, std::string_view("Method Not Allowed")},
    std::pair{408u, std::string_view("Request Timeout")},
    std::pair{409u, std::string_view("Conflict")},
    std::pair{410u, std::string_view("Gone")},
    std::pair{411u, std::string_view("Length Required")},
    std::pair{413u, std::string_view("Content Too Large")},
    std::pair{415u, std::string_view("Unsupported Media Type")},
    std::pair{421u, std::string_view("Misdirected Request")},
    std::pair{422u, std::string_view("Unprocessable Content")},
    std::pair{426u, std::string_view("Upgrade Required")},
    std::pair{429u, std::string_view("Too Many Requests")},
    std::pair{431u, std::string_view("Request Header Fields Too Large")},
    std::pair{500u, std::string_view("Internal Server Error")},
    std::pair{503u, std::string_view("Service Unavailable")},
};

nlohmann::ordered_json problem_document(unsigned status, std::string_view detail) {
    nlohmann::ordered_json document = {
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}};
    if (!detail.empty()) document["detail"] = detail;
    return document;
}

HttpResponse problem_of(unsigned status, const nlohmann::ordered_json& document) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"content-type", "application/problem+json"},
                        {"cache-control", "no-store"},
                        {"x-content-type-options", "nosniff"}};
    // The detail may quote the request: what is no UTF-8 in it is replaced, never thrown for.
    response.body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return response;
}

// Status line and headers, each with its line end.
std::string head_of(const HttpResponse& response) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out += reason_phrase(response.status);
    out += "\r\n";
    for (const auto& [name, value] : response.headers) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    return out;
}

// A whole number in plain digits, below 2^63.
std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || at != end || error != std::errc() || value >> 63 != 0) return std::nullopt;
    return value;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
    const auto* const row =
        std::ranges::find(kPhrases, status, [](const auto& r) { return r.first; });
    return row == kPhrases.end() ? "Status" : row->second;
}

HttpResponse problem(unsigned status, std::string_view detail) {
    return problem_of(status, problem_document(status, detail));
}

HttpResponse problem(const base::Error& error) {
    const base::Error told = dialects::client_error(error);
    const unsigned status = base::info(told.code).http;
    nlohmann::ordered_json document = problem_document(status, told.message);
    document["code"] = base::info(told.code).name;
    if (!told.field.empty()) document["field"] = told.field;
    if (told.retry_after_ms != 0) document["retry_after_ms"] = told.retry_after_ms;
    HttpResponse response = problem_of(status, document);
    if (status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
    if (told.retry_after_ms != 0) {
        const std::uint32_t seconds = told.retry_after_ms / 1'000 + 1;
        response.headers.emplace_back("retry-after", std::to_string(seconds));
    }
    return response;
}

std::expected<void, HttpResponse> check_headers(const HttpRequest& request) {
    if (request.header_bytes <= kHeaderBytesMax) return {};
    return std::unexpected(problem(431, "URL and headers may have " +
                                            std::to_string(kHeaderBytesMax) + " bytes, and have " +
                                            std::to_string(request.header_bytes)));
}

std::expected<std::size_t, HttpResponse> body_length(const HttpRequest& request) {
    if (!request.header("transfer-encoding").empty()) {
        return std::unexpected(problem(411, "a body needs a Content-Length; no encoding is taken"));
    }
    if (!request.headers.contains("content-length")) return 0;
    const auto length = number_of(request.header("content-length"));
    if (!length) {
        return std::unexpected(problem(
            {base::Code::malformed, "Content-Length must be one whole number", "Content-Length"}));
    }
    return *length;
}

std::optional<Position> parse_position(std::string_view text) {
    Position position;
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        if (colon == 0) return std::nullopt;
        position.epoch = base::Epoch{std::string(text.substr(0, colon))};
        text.remove_prefix(colon + 1);
    }
    const auto offset = number_of(text);
    if (!offset || *offset > events::kJsonIntegerMax) return std::nullopt;
    position.offset = {*offset};
    return position;
}

std::string to_text(const base::Epoch& epoch, base::Offset offset) {
    return epoch.value + ":" + std::to_string(offset.value);
}

HttpResponse json_response(unsigned status, std::string body) {
    return {status,
            {{"content-type", "application/json"},
             {"cache-control", "no-store"},
             {"x-content-type-options", "nosniff"}},
            std::move(body)};
}

std::string serialize_head(const HttpResponse& response) {
    std::string out = head_of(response);
    out += "connection: close\r\n\r\n";
    return out;
}

std::string serialize(const HttpResponse& response, bool head_only, bool close) {
    std::string out = head_of(response);
    const bool bodiless = response.status == 204;
    if (!bodiless) out += "content-length: " + std::to_string(response.body.size()) + "\r\n";
    if (close) out += "connection: close\r\n";
    out += "\r\n";
    if (!head_only && !bodiless) out += response.body;
    return out;
}

}  // namespace chartroom::gateway
