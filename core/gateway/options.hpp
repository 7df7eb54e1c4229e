// What a gateway is told once, at the start: plain values that the composition root fills in from
// the configuration. Every limit says what happens at it; 0 means "no limit" only where it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/auth/access.hpp"

namespace chartroom::gateway {

enum class RouteAuth : std::uint8_t {
    none,      // everybody is anonymous; a token is refused
    optional,  // anonymous without a token; refused with a bad one, never downgraded
    required,
};

// How a connection ends when the server drains.
enum class DrainStyle : std::uint8_t {
    close,  // a close frame, 1012
    drop,   // none, for clients that reconnect only after an unclean end
};

struct Route {
    std::string path;     // "/v1/session", "/ws/chat/{session_id}"; a literal wins over a parameter
    std::string dialect;  // one of dialects::dialect_names()
    RouteAuth auth = RouteAuth::optional;
    DrainStyle drain = DrainStyle::close;
};

struct Limits {
    std::size_t frame_bytes =
        64u << 10;                     // a text frame; over it message_too_long, over 4 times 1009
    std::size_t connections = 10'000;  // sockets of all kinds; over it 503
    std::size_t connections_per_address = 256;  // not of loopback; IPv6 counts by /64; over it 429
    std::size_t connections_per_user = 256;     // over it 4029
    std::size_t in_flight = 64;  // unanswered requests of a connection; then reading pauses
    std::size_t sessions_per_connection = 64;  // followed at once; over it busy
    double messages_per_second = 100;          // of a connection; 0: no limit. Over it rate_limited
    double burst = 200;
    double user_messages_per_second = 300;  // of all connections of one user; 0: no limit
    double user_burst = 600;
    double address_messages_per_second = 1'000;  // of all of one address, not of loopback; 0: none
    double address_burst = 2'000;
    std::size_t pending_auth = 256;  // connections that have yet to show a token; the oldest goes
    std::size_t pending_auth_per_address = 8;         // not of loopback; the same
    std::size_t pending_auth_frame_bytes = 8u << 10;  // of the frame that shows it
    std::int64_t auth_deadline_us = 10'000'000;       // to show it; then 4001
    std::int64_t header_deadline_us = 10'000'000;     // to send a request's headers; then dropped
    std::int64_t body_deadline_us = 10'000'000;       // to send a request's body; then 408
    std::int64_t ping_interval_us = 25'000'000;       // two unanswered: dropped
    std::int64_t stall_us = 30'000'000;  // a choked socket without any progress; then dropped
};

struct Options {
    // "127.0.0.1:8000", "[::1]:8000", "unix:/run/chartroom.sock"; port 0 picks a free one.
    std::vector<std::string> listen = {"127.0.0.1:8000"};
    // One address more, for /metrics, /healthz and /readyz alone, which then stand nowhere else.
    // Empty: they stand beside everything else.
    std::string operators_listen;
    std::string tls_cert;  // PEM files; both or neither. With them every TCP listener speaks TLS
    std::string tls_key;
    // Host names that are answered, without port. Loopback names and the addresses that are
    // listened on are always among them.
    std::vector<std::string> server_names;
    std::vector<std::string> allowed_origins;  // "https://chat.example.org"
    bool allow_null_origin = true;             // of pages opened from a file; on loopback only
    std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For is believed
    std::vector<Route> routes;
    auth::AccessPolicy access;
    std::string admin_token;  // of the HTTP API; empty: there is no admin
    Limits limits;
    std::size_t history_max = 1'000;  // told to dialects
    // Each folder in here is served under its name; /chat/index.html at / and /chat, too. Read
    // whole at the start. Empty: no pages.
    std::filesystem::path pages;
    std::string server = "chartroom";  // name and version, as clients see it
};

}  // namespace chartroom::gateway
