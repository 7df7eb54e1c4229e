// Failed authentications by address. From the kFailuresMax-th within a minute on, the address is to
// be refused for the rest of that minute. Pure; the caller gives the time, of a clock that never
// steps back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace chartroom::gateway {

class AuthFailures {
  public:
    static constexpr std::uint32_t kFailuresMax = 20;
    static constexpr std::int64_t kWindowUs = 60'000'000;
    static constexpr std::size_t kAddressesMax = 4'096;  // the one longest in here makes room

    // True: this one was the last that the address had.
    bool failed(const std::string& address, std::int64_t now_us) {
        if (!windows_.contains(address)) make_room(now_us);
        Window& window = windows_[address];
        if (window.failures == 0 || now_us - window.began_us >= kWindowUs) window = {now_us, 0};
        return ++window.failures == kFailuresMax;
    }

    // How long the address is refused from now on; 0: it is not.
    [[nodiscard]] std::int64_t wait_us(const std::string& address, std::int64_t now_us) const {
        const auto found = windows_.find(address);
        if (found == windows_.end() || found->second.failures < kFailuresMax) return 0;
        return std::max<std::int64_t>(0, found->second.began_us + kWindowUs - now_us);
    }

  private:
    struct Window {
        std::int64_t began_us = 0;
        std::uint32_t failures = 0;
    };

    void make_room(std::int64_t now_us) {
        if (windows_.size() < kAddressesMax) return;
        std::erase_if(windows_,
                      [&](const auto& one) { return now_us - one.second.began_us >= kWindowUs; });
        if (windows_.size() < kAddressesMax) return;
        windows_.erase(std::ranges::min_element(
            windows_, {}, [](const auto& one) { return one.second.began_us; }));
    }

    std::unordered_map<std::string, Window> windows_;
};

}  // namespace chartroom::gateway
