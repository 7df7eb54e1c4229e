// HTTP as plain values: what a request is to an endpoint, what an answer is on the wire. No socket.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

using Query = std::map<std::string, std::string, std::less<>>;

// The headers that endpoints read, as HttpRequest::headers has them.
inline constexpr std::array<std::string_view, 7> kReadHeaders = {
    "content-type",    "content-length", "transfer-encoding",
    "idempotency-key", "last-event-id",  "access-control-request-method",
    "expect"};

// Of a request's URL and headers, names not counted; over it 431.
inline constexpr std::size_t kHeaderBytesMax = 8u << 10;

// A request as the socket layer hands it over; texts are percent-decoded once. Also what an upgrade
// is judged by.
struct HttpRequest {
    std::string method;  // "GET"
    std::string path;
    Query query;
    std::string host;           // the Host header
    std::string origin;         // empty: none was sent
    std::string authorization;  // empty: none was sent
    std::string address;        // of the client, behind trusted proxies the one they name
    std::size_t header_bytes = 0;
    bool on_loopback = false;  // came in on a listener that only this machine reaches
    // Those of kReadHeaders that were sent. One that came more than once has its values behind one
    // another, with commas.
    std::map<std::string, std::string, std::less<>> headers = {};

    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : std::string_view(found->second);
    }
};

// The length of the body that `request` announces; 0: none. Nothing that is no plain decimal
// passes, so that two readers of one request cannot differ about where it ends.
// Errors, as answers: 411 (a transfer encoding), 400 (a length that is doubled, signed or no
// number). None of them leaves the connection fit for another request.
struct HttpResponse;
[[nodiscard]] std::expected<std::size_t, HttpResponse> body_length(const HttpRequest& request);

struct HttpResponse {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
};

// Errors: 431, over kHeaderBytesMax.
[[nodiscard]] std::expected<void, HttpResponse> check_headers(const HttpRequest& request);

// A refusal as a problem document (RFC 9457). `detail` is for a person and may be empty.
[[nodiscard]] HttpResponse problem(unsigned status, std::string_view detail);
// The same of an error, with what a client is told of it: the status of its code, and `code`,
// `field` and `retry_after_ms` as members of their own.
[[nodiscard]] HttpResponse problem(const base::Error& error);

// A position in a session as HTTP spells it: "E:N", epoch and offset; "N" is of the present epoch.
struct Position {
    base::Offset offset;
    std::optional<base::Epoch> epoch = {};
};
[[nodiscard]] std::optional<Position> parse_position(std::string_view text);
[[nodiscard]] std::string to_text(const base::Epoch& epoch, base::Offset offset);

// A JSON answer.
[[nodiscard]] HttpResponse json_response(unsigned status, std::string body);

// Status line and headers, without a length: of an answer that ends with its connection.
[[nodiscard]] std::string serialize_head(const HttpResponse& response);
// Status line, headers with content-length, and the body unless `head_only`. `close`: says that
// the connection ends here.
[[nodiscard]] std::string serialize(const HttpResponse& response, bool head_only, bool close);

// The reason phrase of a status that this server sends.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace chartroom::gateway
