// Randomness as a constructor argument: the system's for the server, a seeded one for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chartroom::base {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    [[nodiscard]] std::uint64_t u64();
};

// The operating system's generator (getrandom). Any thread.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> bytes) override;
};

// splitmix64 from a seed: same seed, same bytes, on every machine. One thread.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> bytes) override;

  private:
    std::uint64_t state_;
};

// A version 4 UUID in lower case: 122 random bits.
[[nodiscard]] std::string make_uuid(Random& random);

// Lower-case hex of `bytes`.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace chartroom::base
