#include "core/gateway/tickets.hpp"

#include <utility>

namespace chartroom::gateway {

base::Result<std::string> Tickets::issue(auth::Verified holder, std::int64_t now_us) {
    forget_old(now_us);
    if (entries_.size() >= kTicketsMax) {
        return std::unexpected(
            base::Error{base::Code::busy, "too many tickets are unused", {}, 1'000});
    }
    std::size_t& own = by_party_[holder.principal.party()];
    if (own >= kPerPartyMax) {
        return std::unexpected(base::Error{
            base::Code::rate_limited, "too many of your tickets are unused", {}, 1'000});
    }
    ++own;
    std::string ticket = auth::make_participant_key(random_);
    entries_.push_back({ticket, std::move(holder), now_us + kLifetimeUs});
    by_ticket_.emplace(entries_.back().ticket, std::prev(entries_.end()));
    return ticket;
}

std::optional<auth::Verified> Tickets::redeem(std::string_view ticket, std::int64_t now_us) {
    forget_old(now_us);
    const auto found = by_ticket_.find(ticket);
    if (found == by_ticket_.end()) return std::nullopt;
    auth::Verified holder = found->second->holder;
    forget(found->second);
    return holder;
}

void Tickets::forget_old(std::int64_t now_us) {
    while (!entries_.empty() && entries_.front().due_us <= now_us) forget(entries_.begin());
}

void Tickets::forget(Entries::iterator entry) {
    const auto own = by_party_.find(entry->holder.principal.party());
    if (--own->second == 0) by_party_.erase(own);
    by_ticket_.erase(entry->ticket);
    entries_.erase(entry);
}

}  // namespace chartroom::gateway
