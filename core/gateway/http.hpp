// HTTP as plain values: what a request is to an endpoint, what an answer is on the wire. No socket.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

using Query = std::map<std::string, std::string, std::less<>>;

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
    bool on_loopback = false;   // came in on a listener that only this machine reaches
    bool has_body = false;      // announces one, of whatever length
};

struct HttpResponse {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
};

// A refusal as a problem document (RFC 9457). `detail` is for a person and may be empty.
[[nodiscard]] HttpResponse problem(unsigned status, std::string_view detail);

// A JSON answer.
[[nodiscard]] HttpResponse json_response(unsigned status, std::string body);

// Status line, headers with content-length, and the body unless `head_only`. `close`: says that
// the connection ends here.
[[nodiscard]] std::string serialize(const HttpResponse& response, bool head_only, bool close);

// The reason phrase of a status that this server sends.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace chartroom::gateway
