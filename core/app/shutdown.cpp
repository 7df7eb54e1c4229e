#include "core/app/shutdown.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"

namespace chartroom::app {
namespace {

sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    return set;
}

void raise_event(int fd) {
    const std::uint64_t one = 1;
    const bool written = write(fd, &one, sizeof one) == sizeof one;
    CHECK(written);
}

}  // namespace

Shutdown::Shutdown(const base::Clock& clock) : clock_(clock) {
    const sigset_t set = handled_signals();
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC);
    drained_fd_ = eventfd(0, EFD_CLOEXEC);
    stop_fd_ = eventfd(0, EFD_CLOEXEC);
    CHECK(signal_fd_ >= 0 && drained_fd_ >= 0 && stop_fd_ >= 0);
}

Shutdown::~Shutdown() {
    stop();
    for (const int fd : {signal_fd_, drained_fd_, stop_fd_}) close(fd);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Shutdown::watch(std::int64_t drain_us, ShutdownSteps steps) {
    CHECK(!thread_.joinable());
    drain_us_ = drain_us;
    steps_ = std::move(steps);
    thread_ = std::thread([this] { run(); });
}

void Shutdown::drained() {
    raise_event(drained_fd_);
}

void Shutdown::stop() {
    if (!thread_.joinable()) return;
    raise_event(stop_fd_);
    thread_.join();
}

Shutdown::Wake Shutdown::wait(std::int64_t deadline_us) {
    while (true) {
        int timeout_ms = -1;
        if (deadline_us > 0) {
            const std::int64_t left_us = deadline_us - clock_.monotonic_us();
            if (left_us <= 0) return Wake::timeout;
            timeout_ms = static_cast<int>(std::min<std::int64_t>(left_us / 1000 + 1, 3'600'000));
        }
        // Without a deadline nothing is draining, and that event is left for later.
        pollfd fds[3] = {{stop_fd_, POLLIN, 0},
                         {signal_fd_, POLLIN, 0},
                         {deadline_us > 0 ? drained_fd_ : -1, POLLIN, 0}};
        if (poll(fds, 3, timeout_ms) <= 0) continue;
        if (fds[0].revents != 0) return Wake::stop;
        if (fds[1].revents != 0) {
            signalfd_siginfo info{};
            if (read(signal_fd_, &info, sizeof info) != sizeof info) continue;
            if (info.ssi_signo != SIGHUP) return Wake::signal;
            steps_.reload();
            continue;
        }
        if (fds[2].revents != 0) return Wake::drained;
    }
}

void Shutdown::run() {
    if (wait(0) == Wake::stop) return;
    base::log(base::LogLevel::info, "server.draining", {{"ms_max", drain_us_ / 1000}});
    steps_.begin();
    const Wake wake = wait(clock_.monotonic_us() + std::max<std::int64_t>(drain_us_, 1));
    if (wake == Wake::stop) return;
    if (wake != Wake::signal) {
        base::log(base::LogLevel::info, "server.closing", {{"turns_ended", wake == Wake::drained}});
        steps_.finish();
        if (wait(0) != Wake::signal) return;
    }
    base::log(base::LogLevel::warn, "server.ending_at_once");
    steps_.abort();
}

}  // namespace chartroom::app
