#include "core/base/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/check.hpp"

namespace chartroom::base {

std::uint64_t Random::u64() {
    std::array<std::uint8_t, 8> bytes{};
    fill(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t got = getrandom(bytes.data() + done, bytes.size() - done, 0);
        if (got < 0 && errno == EINTR) continue;
        CHECK(got > 0);
        done += static_cast<std::size_t>(got);
    }
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i % 8 == 0) {
            state_ += 0x9e3779b97f4a7c15ULL;
            word = state_;
            word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
            word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
            word ^= word >> 31;
        }
        bytes[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
}

std::string make_uuid(Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    std::string text = to_hex(bytes);
    for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, "-");
    return text;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace chartroom::base
