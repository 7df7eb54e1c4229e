#include "core/gateway/http_calls.hpp"

#include <utility>

namespace chartroom::gateway {

std::optional<base::ConnectionId> HttpCalls::begin(Finish finish) {
    if (calls_.size() >= kCallsMax) return std::nullopt;
    calls_.emplace(next_, Call{std::move(finish), clock_.monotonic_us() + kDeadlineUs});
    return base::ConnectionId{next_++};
}

void HttpCalls::notices(const std::vector<engine::Notice>& batch) {
    if (calls_.empty()) return;
    for (const engine::Notice& notice : batch) {
        auto call = calls_.extract(notice.connection.value);
        if (call) responder_.respond(notice.connection, call.mapped().finish(notice.body));
    }
}

void HttpCalls::turn() {
    const std::int64_t now_us = clock_.monotonic_us();
    while (!calls_.empty() && calls_.begin()->second.due_us <= now_us) {
        const base::ConnectionId call{calls_.begin()->first};
        calls_.erase(calls_.begin());
        responder_.respond(call, problem({base::Code::unavailable,
                                          "no answer in time; ask again, a message with the same "
                                          "Idempotency-Key",
                                          {},
                                          1'000}));
    }
}

}  // namespace chartroom::gateway
