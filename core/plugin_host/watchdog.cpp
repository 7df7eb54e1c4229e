#include "core/plugin_host/watchdog.hpp"

#include <chrono>
#include <cstdlib>

#include "core/base/log.hpp"

namespace chartroom::plugin_host {

namespace {
constexpr std::chrono::seconds kInterval{1};
}

Watchdog::Watchdog(const base::Clock& clock, CrashPage& page)
    : clock_(clock), page_(page), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Watchdog::look(const base::Clock& clock, CrashPage& page) {
    const auto hung = page.flag_hung(clock.monotonic_us(), kStepUsMax);
    if (!hung) return;
    base::log(base::LogLevel::error, "plugin.hung",
              {{"build", hung->build},
               {"session", hung->session},
               {"seconds", hung->running_us / 1'000'000}});
    std::abort();
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) look(clock_, page_);
}

}  // namespace chartroom::plugin_host
