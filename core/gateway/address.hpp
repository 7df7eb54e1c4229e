// Addresses: what to listen on, who connects, whose origin and host names pass. Text in, answers
// out; nothing is looked up. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace chartroom::gateway {

// One entry of `listen`.
struct ListenAddress {
    std::string host;        // an IPv4 or IPv6 address; empty for a Unix socket
    std::uint16_t port = 0;  // 0: any free one
    std::string unix_path;
};

// Reads "127.0.0.1:8000", "[::1]:8000", "localhost:8000", "unix:/run/x.sock".
// Errors: bad_config, saying what is wrong and what would be right.
[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);

// "127.0.0.1:8000" and the like.
[[nodiscard]] std::string to_string(const ListenAddress& address);

struct HostPort {
    std::string host;  // lower case; IPv6 without brackets
    std::string port;  // empty: not said
    bool operator==(const HostPort&) const = default;
};

// Splits the value of a Host header. Empty host: not one.
[[nodiscard]] HostPort split_host_port(std::string_view text);

// Splits what follows "://" of an Origin header. Nothing: it names no host ("null").
[[nodiscard]] std::optional<HostPort> split_origin(std::string_view text);

// localhost, *.localhost, 127.0.0.0/8, ::1 and its v4-mapped kin.
[[nodiscard]] bool is_loopback_host(std::string_view host);

// What a limit by address counts: the address, of IPv6 its /64, of a v4-mapped one the IPv4
// address.
[[nodiscard]] std::string address_key(std::string_view address);

// Who connects: `peer`, or behind trusted proxies the rightmost address of `forwarded_for` that is
// not a trusted proxy's, else `real_ip`. Only text that is an IP address is believed.
[[nodiscard]] std::string client_address(std::string_view peer,
                                         const std::vector<std::string>& trusted_proxies,
                                         std::string_view forwarded_for, std::string_view real_ip);

}  // namespace chartroom::gateway
