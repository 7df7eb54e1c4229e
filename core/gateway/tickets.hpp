// Tickets: what a browser shows instead of a token where it can send no header, at the upgrade to
// WebSocket and to an EventSource. Each is for one use, one principal and one session, for
// kLifetimeUs. Kept in memory only. Gateway thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/auth/jwt.hpp"
#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace chartroom::gateway {

class Tickets {
  public:
    static constexpr std::int64_t kLifetimeUs = 30'000'000;
    static constexpr std::size_t kTicketsMax = 4'096;  // unused ones; over it busy
    static constexpr std::size_t kPerPartyMax = 64;    // of one user; over it rate_limited

    explicit Tickets(base::Random& random) : random_(random) {}

    // A ticket for `holder`, whose only_session says which session, as long as what it came with.
    // 128 random bits as hex. Errors: busy, rate_limited.
    [[nodiscard]] base::Result<std::string> issue(auth::Verified holder, std::int64_t now_us);
    // Whom the ticket lets in, once. Nothing: it was never given, was used, or is too old.
    [[nodiscard]] std::optional<auth::Verified> redeem(std::string_view ticket,
                                                       std::int64_t now_us);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string ticket;
        auth::Verified holder;
        std::int64_t due_us = 0;
    };
    using Entries = std::list<Entry>;
    void forget(Entries::iterator entry);
    void forget_old(std::int64_t now_us);

    base::Random& random_;
    Entries entries_;  // oldest first, so due first
    std::unordered_map<std::string_view, Entries::iterator> by_ticket_;  // keys point into entries_
    std::map<std::string, std::size_t> by_party_;                        // how many of entries_
};

}  // namespace chartroom::gateway
