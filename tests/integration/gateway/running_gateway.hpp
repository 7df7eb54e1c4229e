// A gateway on a port of its own, with the real engine, a log in memory and a plugin that echoes,
// each on its thread as in the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/strand.hpp"
#include "core/engine/engine.hpp"
#include "core/gateway/gateway.hpp"
#include "storage/memory/memory_event_log.hpp"
#include "tests/fakes/engine/fake_world.hpp"

namespace chartroom::tests {

class RunningGateway {
  public:
    // The default routes on 127.0.0.1; tokens are "good-<sub>". `options` are taken as they are
    // but for what is empty.
    explicit RunningGateway(gateway::Options options = {});
    ~RunningGateway();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] gateway::Gateway& gateway() { return *gateway_; }
    [[nodiscard]] engine::Engine& engine() { return *engine_; }
    // Whether run() returned by itself within the patience of a test.
    [[nodiscard]] bool returned();
    // The answer to a GET on a connection of its own.
    [[nodiscard]] std::string get(const std::string& path, const std::string& headers = {}) const;

    std::string not_ready;  // before the start: what /readyz complains about

  private:
    base::SystemClock clock_;
    base::SystemRandom random_;
    storage::MemoryDisk disk_{random_};
    storage::MemoryEventLog log_{disk_, random_};
    fakes::FakeEffects effects_;
    base::ThreadStrand strand_{clock_, "strand"};
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<engine::Engine> engine_;
    std::uint16_t port_ = 0;
    std::thread thread_;
    std::atomic<bool> returned_ = false;
};

}  // namespace chartroom::tests
