#include "core/plugin_host/siphash.hpp"

#include <bit>
#include <cstring>

namespace chartroom::plugin_host {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they stand");

struct State {
    std::uint64_t v0, v1, v2, v3;

    void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
    }
    void word(std::uint64_t m) {
        v3 ^= m;
        rounds(2);
        v0 ^= m;
    }
};

}  // namespace

std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
    State state{key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    const std::uint64_t length = std::uint64_t{bytes.size()} << 56;
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
        std::uint64_t m = 0;
        std::memcpy(&m, bytes.data(), 8);
        state.word(m);
    }
    std::uint64_t last = 0;
    std::memcpy(&last, bytes.data(), bytes.size());
    state.word(last | length);
    state.v2 ^= 0xff;
    state.rounds(4);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace chartroom::plugin_host
