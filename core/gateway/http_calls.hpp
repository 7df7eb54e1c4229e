// Requests over HTTP whose answer the engine has yet to give. Each is a connection to the engine,
// of a number that no connection of the hub has, and ends with the first notice for it, or with its
// deadline. Gateway thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/engine/notice.hpp"
#include "core/gateway/endpoint.hpp"
#include "core/gateway/http.hpp"

namespace chartroom::gateway {

class HttpCalls {
  public:
    static constexpr std::size_t kCallsMax = 4'096;          // over it busy
    static constexpr std::int64_t kDeadlineUs = 30'000'000;  // then 503: whether it was done is
                                                             // not known, ask again
    // What a notice is as an answer.
    using Finish = std::move_only_function<HttpResponse(const engine::NoticeBody&)>;

    HttpCalls(base::Clock& clock, HttpResponder& responder)
        : clock_(clock), responder_(responder) {}

    // A number for the engine to answer to. Nothing: kCallsMax are under way.
    [[nodiscard]] std::optional<base::ConnectionId> begin(Finish finish);
    // The engine was not asked after all, or the client has gone. Idempotent.
    void abandon(base::ConnectionId call) { calls_.erase(call.value); }

    // Answers those of the batch that are for a call.
    void notices(const std::vector<engine::Notice>& batch);
    // Answers those whose deadline has passed.
    void turn();
    [[nodiscard]] std::size_t size() const { return calls_.size(); }

  private:
    static constexpr std::uint64_t kFirst = std::uint64_t{1} << 63;

    struct Call {
        Finish finish;
        std::int64_t due_us = 0;
    };
    base::Clock& clock_;
    HttpResponder& responder_;
    std::map<std::uint64_t, Call> calls_;  // numbers rise, so the oldest is first
    std::uint64_t next_ = kFirst;
};

}  // namespace chartroom::gateway
