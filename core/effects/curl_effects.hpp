// What turns ask of the world, done for real: HTTP by libcurl on a thread of its own, activities on
// a small pool. Which hosts, addresses and secrets a plugin may use is outbound_policy.hpp's.
//
// Every answer, empty or not, is zero or more pieces of the body and then a last piece. Of HTTP the
// last one never holds body bytes; where the outcome is not `ok`, it holds the reason as text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/effects/activity_pool.hpp"
#include "core/effects/outbound_policy.hpp"
#include "core/engine/effects.hpp"

namespace chartroom::effects {

class HttpThread;

struct EffectsOptions {
    std::size_t requests_max = 256;            // on the network at once; more wait
    std::size_t waiting_requests_max = 4'096;  // over it: failed
    std::size_t activity_threads = 4;
    HostList trace_hosts = {};  // hosts that are told the traceparent of a client's request
};

class CurlEffects final : public engine::Effects {
  public:
    // `clock` and every executor that is passed in outlive this.
    CurlEffects(const base::Clock& clock, EffectsOptions options, ActivityRunner activities);
    // Stops both; ops that have not ended never do.
    ~CurlEffects() override;

    // What `plugin` may do from now on; requests in progress keep what they began with. A plugin
    // without a grant may call nobody. Any thread.
    void grant(std::string plugin, Grant grant);

    void http(engine::HttpStart start, base::Executor& on, engine::EffectSink sink) override;
    void activity(engine::ActivityStart start, base::Executor& on,
                  engine::EffectSink sink) override;
    void stop(engine::EffectToken token) override;
    void pause(engine::EffectToken token) override;
    void resume(engine::EffectToken token) override;

    // Ops that were started and have not ended; for metrics. Any thread.
    [[nodiscard]] std::size_t open_ops() const;

  private:
    std::shared_ptr<OpTable> table_;  // shared with the tasks that carry pieces
    std::unique_ptr<HttpThread> http_;
    std::unique_ptr<ActivityPool> activities_;
};

}  // namespace chartroom::effects
