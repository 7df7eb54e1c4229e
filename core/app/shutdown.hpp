// Turns signals into an orderly end. One thread waits for them and for what it set in motion:
//
//   SIGTERM, SIGINT   begin(): stop accepting, let open turns end; then, when they have ended or
//                     drain_us has passed, finish(): close everything
//   a second one      abort(): end at once; the log makes that safe
//   SIGHUP            reload(): read again what may change while the server runs
//
// Signals are blocked in the constructor, so it has to exist before any other thread does.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace chartroom::app {

struct ShutdownSteps {
    std::function<void()> begin;
    std::function<void()> finish;
    std::function<void()> abort;
    std::function<void()> reload;
};

class Shutdown {
  public:
    // Blocks the signals and takes them over. `clock` outlives it.
    explicit Shutdown(const base::Clock& clock);
    // Gives the signals back, after stop().
    ~Shutdown();
    Shutdown(const Shutdown&) = delete;
    Shutdown& operator=(const Shutdown&) = delete;

    // Starts the thread. Once.
    void watch(std::int64_t drain_us, ShutdownSteps steps);
    // Every turn has ended: no need to wait longer. Any thread, also before a signal.
    void drained();
    // Ends the thread: no step is called once this has returned. Idempotent.
    void stop();

  private:
    enum class Wake : std::uint8_t { signal, drained, stop, timeout };
    void run();
    [[nodiscard]] Wake wait(std::int64_t deadline_us);  // 0: without a deadline

    const base::Clock& clock_;
    sigset_t before_{};
    int signal_fd_ = -1;
    int drained_fd_ = -1;
    int stop_fd_ = -1;
    std::int64_t drain_us_ = 0;
    ShutdownSteps steps_;
    std::thread thread_;
};

}  // namespace chartroom::app
