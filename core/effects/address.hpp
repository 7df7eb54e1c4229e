// IP addresses as outbound requests meet them: what a literal says, and which part of the world an
// address belongs to. Pure; nothing here resolves a name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace chartroom::effects {

// An IPv4 or IPv6 address. IPv4 is kept v4-mapped (::ffff:a.b.c.d), so both spellings are one
// value.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    // `10.0.0.1`, `::1`; no brackets, no zone.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);
    // Of an AF_INET or AF_INET6 address; nothing for other families.
    [[nodiscard]] static std::optional<Address> from(const sockaddr& address);

    [[nodiscard]] bool is_v4() const;
    [[nodiscard]] std::string text() const;
    bool operator==(const Address&) const = default;
};

// Where an address leads. Everything but `global` is refused unless the operator lists it.
enum class Reach : std::uint8_t {
    global,
    unspecified,  // 0.0.0.0/8, ::
    loopback,
    private_use,   // RFC 1918, deprecated site-local, local-use NAT64
    carrier,       // 100.64.0.0/10, RFC 6598
    link_local,    // where clouds keep their credentials service
    unique_local,  // fc00::/7
    multicast,
    reserved,  // documentation, benchmarks, tunnels, and what is not assigned
};
[[nodiscard]] std::string_view name(Reach reach);

// The address that packets to `address` end at: the IPv4 address inside a NAT64 (64:ff9b::/96) or
// 6to4 (2002::/16) one, otherwise `address` itself.
[[nodiscard]] Address unwrap(const Address& address);

// By the IANA special-purpose registries (RFC 6890), after unwrap().
[[nodiscard]] Reach reach_of(const Address& address);

// A block such as `10.0.0.0/8` or `fd00::/8`; an address alone is a block of one.
struct AddressRange {
    Address base;
    unsigned prefix = 128;  // bits of the 16 bytes; an IPv4 prefix plus 96

    [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
    [[nodiscard]] bool contains(const Address& address) const;
};

}  // namespace chartroom::effects
