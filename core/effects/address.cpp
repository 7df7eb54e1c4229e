#include "core/effects/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace chartroom::effects {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

constexpr Address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c = 0, std::uint8_t d = 0) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}
// The first four groups of an IPv6 address; the rest is zero.
constexpr Address v6(unsigned a, unsigned b = 0, unsigned c = 0, unsigned d = 0) {
    Address address;
    const std::array<unsigned, 4> groups{a, b, c, d};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
        address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i]);
    }
    return address;
}

struct Block {
    AddressRange range;
    Reach reach;
};

constexpr AddressRange kNat64{v6(0x64, 0xff9b), 96};
constexpr AddressRange k6to4{v6(0x2002), 16};
constexpr AddressRange kMapped{v4(0, 0), 96};
constexpr AddressRange kUnicast{v6(0x2000), 3};
constexpr Address kLoopback6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

// The first block that contains an address decides.
constexpr std::array kBlocks{
    Block{{v4(0, 0), 104}, Reach::unspecified},
    Block{{v4(10, 0), 104}, Reach::private_use},
    Block{{v4(100, 64), 106}, Reach::carrier},
    Block{{v4(127, 0), 104}, Reach::loopback},
    Block{{v4(169, 254), 112}, Reach::link_local},
    Block{{v4(172, 16), 108}, Reach::private_use},
    Block{{v4(192, 0, 0), 120}, Reach::reserved},
    Block{{v4(192, 0, 2), 120}, Reach::reserved},
    Block{{v4(192, 88, 99), 120}, Reach::reserved},
    Block{{v4(192, 168), 112}, Reach::private_use},
    Block{{v4(198, 18), 111}, Reach::reserved},
    Block{{v4(198, 51, 100), 120}, Reach::reserved},
    Block{{v4(203, 0, 113), 120}, Reach::reserved},
    Block{{v4(224, 0), 100}, Reach::multicast},
    Block{{v4(240, 0), 100}, Reach::reserved},
    Block{{v6(0), 128}, Reach::unspecified},
    Block{{kLoopback6, 128}, Reach::loopback},
    Block{{v6(0x64, 0xff9b, 1), 48}, Reach::private_use},
    Block{{v6(0x2001), 23}, Reach::reserved},
    Block{{v6(0x2001, 0xdb8), 32}, Reach::reserved},
    Block{{v6(0x3fff), 20}, Reach::reserved},
    Block{{v6(0xfc00), 7}, Reach::unique_local},
    Block{{v6(0xfe80), 10}, Reach::link_local},
    Block{{v6(0xfec0), 10}, Reach::private_use},
    Block{{v6(0xff00), 8}, Reach::multicast},
};

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string terminated(text);
    in_addr four{};
    if (inet_pton(AF_INET, terminated.c_str(), &four) == 1) {
        Address address = v4(0, 0);
        std::memcpy(address.bytes.data() + 12, &four, 4);
        return address;
    }
    Address address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

std::optional<Address> Address::from(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        Address result = v4(0, 0);
        const auto& four = reinterpret_cast<const sockaddr_in&>(address);
        std::memcpy(result.bytes.data() + 12, &four.sin_addr, 4);
        return result;
    }
    if (address.sa_family == AF_INET6) {
        Address result;
        const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
        std::memcpy(result.bytes.data(), &six.sin6_addr, 16);
        return result;
    }
    return std::nullopt;
}

bool Address::is_v4() const {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const bool four = is_v4();
    inet_ntop(four ? AF_INET : AF_INET6, bytes.data() + (four ? 12 : 0), buffer.data(),
              buffer.size());
    return buffer.data();
}

std::string_view name(Reach reach) {
    switch (reach) {
        case Reach::global:
            return "global";
        case Reach::unspecified:
            return "unspecified";
        case Reach::loopback:
            return "loopback";
        case Reach::private_use:
            return "private";
        case Reach::carrier:
            return "carrier-grade NAT";
        case Reach::link_local:
            return "link-local";
        case Reach::unique_local:
            return "unique-local";
        case Reach::multicast:
            return "multicast";
        case Reach::reserved:
            return "reserved";
    }
    return "unknown";
}

Address unwrap(const Address& address) {
    const auto& b = address.bytes;
    if (kNat64.contains(address)) return v4(b[12], b[13], b[14], b[15]);
    if (k6to4.contains(address)) return v4(b[2], b[3], b[4], b[5]);
    return address;
}

Reach reach_of(const Address& address) {
    const Address end = unwrap(address);
    for (const Block& block : kBlocks)
        if (block.range.contains(end)) return block.reach;
    return kMapped.contains(end) || kUnicast.contains(end) ? Reach::global : Reach::reserved;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = Address::parse(text.substr(0, slash));
    if (!base) return std::nullopt;
    if (slash == std::string_view::npos) return AddressRange{*base, 128};
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    const unsigned width = base->is_v4() ? 32 : 128;
    if (prefix > width) return std::nullopt;
    return AddressRange{*base, prefix + (128 - width)};
}

bool AddressRange::contains(const Address& address) const {
    const std::size_t whole = prefix / 8;
    if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin()))
        return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

}  // namespace chartroom::effects
