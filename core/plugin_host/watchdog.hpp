// Ends the process when a step does not return: a strand that hangs would hang its sessions for
// ever, and the next start knows the culprit.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "core/base/clock.hpp"
#include "core/plugin_host/crash_page.hpp"

namespace chartroom::plugin_host {

inline constexpr std::int64_t kStepUsMax = 10'000'000;  // longer: the process is aborted

class Watchdog {
  public:
    // Looks at `page` every second, on a thread of its own. Both outlive it.
    Watchdog(const base::Clock& clock, CrashPage& page);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    // Aborts if a step has been running for kStepUsMax. What the thread does.
    static void look(const base::Clock& clock, CrashPage& page);

  private:
    void run();

    const base::Clock& clock_;
    CrashPage& page_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace chartroom::plugin_host
