// ThreadStrand: an executor with a thread of its own. Tasks run one at a time, in the order in
// which they were posted; the thread takes all that is waiting at once and is woken once for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"

namespace chartroom::base {

class ThreadStrand final : public Executor {
  public:
    // `name` is the thread's (15 characters are kept). `clock` outlives the strand.
    ThreadStrand(const Clock& clock, std::string name);
    // Stops after the task that runs now; what still waits is destroyed without being run.
    ~ThreadStrand() override;

    void post(Task task) override;
    void post_at(std::int64_t due_us, Task task) override;
    // Runs what is queued now (not what that posts), then stops. Idempotent; not from a task.
    void stop();
    // How many tasks wait; for metrics. Any thread.
    [[nodiscard]] std::size_t depth() const;

  private:
    void run();

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Task> queue_;
    std::multimap<std::int64_t, Task> timers_;
    bool stopping_ = false;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace chartroom::base
