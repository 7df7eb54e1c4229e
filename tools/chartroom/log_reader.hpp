// The event log as the subcommands read it: opened read-only beside a server that may be running,
// one call after the other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/app/config.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/strand.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::tool {

class LogReader {
  public:
    // Errors: as app::open_log_for_reading().
    [[nodiscard]] static base::Result<std::unique_ptr<LogReader>> open(const app::Config& config);

    // Calls `each` for every session whose id begins with `prefix`, by id. Errors: unavailable.
    [[nodiscard]] base::Result<void> each_session(
        const std::string& prefix, const std::function<void(const storage::SessionInfo&)>& each);
    // Errors: not_found.
    [[nodiscard]] base::Result<storage::SessionInfo> find(const std::string& session);
    // Calls `each` for the events after `after`, in order; returns the last offset that was looked
    // at. Errors: unavailable, corrupt.
    [[nodiscard]] base::Result<base::Offset> each_event(
        base::SessionNumber session, base::Offset after,
        const std::function<void(const events::EventPtr&)>& each);
    // Errors: not_found, unavailable.
    [[nodiscard]] base::Result<storage::VerifyReport> verify(const std::string& session);

    // Inputs that took a server down, by their keys. Errors: unavailable.
    [[nodiscard]] base::Result<std::vector<std::string>> quarantine();

    [[nodiscard]] storage::EventLog& log() { return *log_; }
    [[nodiscard]] base::Executor& executor() { return strand_; }

  private:
    explicit LogReader() : strand_(clock_, "log-reader") {}

    base::SystemClock clock_;
    base::SystemRandom random_;
    base::ThreadStrand strand_;
    std::unique_ptr<storage::EventLog> log_;  // last: completes on the strand
};

}  // namespace chartroom::tool
