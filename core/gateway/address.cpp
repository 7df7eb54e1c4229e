#include "core/gateway/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace chartroom::gateway {
namespace {

using base::Code;
using base::fail;
using Bytes16 = std::array<std::uint8_t, 16>;

constexpr Bytes16 kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kMappedPrefixBytes = 12;

// Any address as IPv6, IPv4 in its v4-mapped form; nothing for what is not an address.
std::optional<Bytes16> parse_address(std::string_view text) {
    const std::string copy(text);
    Bytes16 bytes = kMappedPrefix;
    if (inet_pton(AF_INET, copy.c_str(), bytes.data() + kMappedPrefixBytes) == 1) return bytes;
    if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
}

bool is_mapped(const Bytes16& address) {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.begin() + kMappedPrefixBytes,
                      address.begin());
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view trim(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
    if (text.starts_with("unix:")) {
        const std::string path(text.substr(5));
        constexpr std::size_t kUnixPathMax = 107;  // sockaddr_un, with its closing zero
        if (path.empty() || path.size() > kUnixPathMax) {
            return fail(Code::bad_config, "listen: a socket's path has 1 to 107 bytes: " + path);
        }
        return ListenAddress{{}, 0, path};
    }
    const HostPort parts = split_host_port(text);
    const std::string host = parts.host == "localhost" ? "127.0.0.1" : parts.host;
    std::uint16_t port = 0;
    const auto* end = parts.port.data() + parts.port.size();
    const auto [stopped, error] = std::from_chars(parts.port.data(), end, port);
    if (parts.port.empty() || error != std::errc() || stopped != end || !parse_address(host)) {
        return fail(Code::bad_config,
                    "listen: '" + std::string(text) +
                        "' is no address with a port; write 127.0.0.1:8000, [::1]:8000 or "
                        "unix:/path");
    }
    return ListenAddress{host, port, {}};
}

std::string to_string(const ListenAddress& address) {
    if (!address.unix_path.empty()) return "unix:" + address.unix_path;
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

HostPort split_host_port(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return {};
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return {};
        return {lower(text.substr(1, close - 1)),
                std::string(rest.empty() ? rest : rest.substr(1))};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {lower(text), {}};
    return {lower(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::optional<HostPort> split_origin(std::string_view text) {
    constexpr std::string_view kMark = "://";
    const std::size_t at = text.find(kMark);
    if (at == std::string_view::npos) return std::nullopt;
    return split_host_port(text.substr(at + kMark.size()));
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    const auto address = parse_address(host);
    if (!address) return false;
    if (is_mapped(*address)) return (*address)[kMappedPrefixBytes] == 127;
    Bytes16 one{};
    one.back() = 1;
    return *address == one;
}

std::string address_key(std::string_view address) {
    const auto bytes = parse_address(address);
    if (!bytes) return std::string(address);
    char text[INET6_ADDRSTRLEN] = {};
    if (is_mapped(*bytes)) {
        inet_ntop(AF_INET, bytes->data() + kMappedPrefixBytes, text, sizeof text);
        return text;
    }
    Bytes16 network = *bytes;
    std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
    inet_ntop(AF_INET6, network.data(), text, sizeof text);
    return std::string(text) + "/64";
}

std::string client_address(std::string_view peer, const std::vector<std::string>& trusted_proxies,
                           std::string_view forwarded_for, std::string_view real_ip) {
    const auto trusted = [&](std::string_view address) {
        return std::ranges::find(trusted_proxies, address) != trusted_proxies.end();
    };
    if (!trusted(peer)) return std::string(peer);
    while (!forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::string_view last =
            trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        if (!parse_address(last)) break;
        if (!trusted(last)) return std::string(last);
        forwarded_for = comma == std::string_view::npos ? "" : forwarded_for.substr(0, comma);
    }
    if (parse_address(trim(real_ip))) return std::string(trim(real_ip));
    return std::string(peer);
}

}  // namespace chartroom::gateway
