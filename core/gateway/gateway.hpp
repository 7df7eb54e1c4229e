// The gateway: sockets, HTTP endpoints, limits and drain, on one thread with one event loop. It is
// the engine's outlet, and calls the engine back for what clients ask. This header is all that the
// composition root needs; what a connection does stands in hub.hpp.
//
// Order of use: listen() binds and reports trouble; attach() once the engine exists; run() on a
// thread of its own choice until everything is closed. On shutdown: begin_drain(), then the
// engine's drain, then close_all(); run() returns; then the engine may be stopped and destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/notice.hpp"
#include "core/gateway/credentials.hpp"
#include "core/gateway/metrics.hpp"
#include "core/gateway/options.hpp"

namespace chartroom::gateway {

// One line of /readyz: a part of the server and what is wrong with it (empty: nothing).
struct Check {
    std::string name;    // "log", "plugin:org.chartroom.chat"
    std::string reason;  // shown in full on loopback only
};

// What the gateway needs of the rest. All of it outlives the gateway. The functions are called on
// the gateway's thread and must not block.
struct Dependencies {
    base::Clock& clock;
    base::Random& random;
    Authenticate authenticate;
    // For /readyz: the server is ready when no check has a reason. Empty function: no checks.
    std::function<std::vector<Check>()> checks;
    // For /metrics, beside the gateway's own and the engine's. Empty function: none.
    std::function<std::vector<MetricFamily>()> metrics;
};

class Gateway final : public engine::Outlet {
  public:
    // Raises the limit of open files, reads the pages, binds every address. Nothing is accepted
    // before run(). Errors: bad_config (a bad address, route, page folder or certificate, two
    // routes alike), io (address taken or not allowed; the message says which and what to do).
    [[nodiscard]] static base::Result<std::unique_ptr<Gateway>> listen(Options options,
                                                                       Dependencies dependencies);
    // Not while run() runs. Closes what is still open without further ado.
    ~Gateway() override;

    // Before run(), once. The engine outlives run().
    void attach(engine::Engine& engine);

    // Serves until close_all() has closed everything or stop() is called. On one thread, once.
    void run();

    // Stops accepting; refuses new messages with `restarting`; open connections still receive what
    // their turns give. Any thread, idempotent.
    void begin_drain();
    // Closes every connection by its route's drain style once what is due to it is written. run()
    // returns when all are gone or `deadline_us` has passed. Implies begin_drain(). Any thread.
    void close_all(std::int64_t deadline_us = 2'000'000);
    // run() returns at once. Any thread.
    void stop();

    // Serves new connections with what the certificate's files hold by now; those that are open
    // keep theirs. Reads the files on the calling thread; any thread, while run() runs. Errors:
    // bad_config, naming the file; then the old certificate stays.
    [[nodiscard]] base::Result<void> reload_certificate();

    // From strands: takes the batch and wakes the loop at most once for it. Any thread.
    void notify(std::vector<engine::Notice> notices) override;

    // The addresses that are listened on, with the ports that were picked. Any thread.
    [[nodiscard]] const std::vector<std::string>& addresses() const;

  private:
    struct Impl;
    explicit Gateway(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace chartroom::gateway
