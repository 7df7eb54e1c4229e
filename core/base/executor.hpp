// Where a completion runs. A strand is an executor that runs one task at a time, in order.
#pragma once

#include <cstdint>
#include <functional>

namespace chartroom::base {

using Task = std::move_only_function<void()>;

class Executor {
  public:
    virtual ~Executor() = default;
    // Runs `task` later on this executor, after everything posted before it. Never fails and never
    // blocks: callers bound what they have outstanding. Any thread.
    virtual void post(Task task) = 0;
    // Runs `task` once Clock::monotonic_us() has reached `due_us`. Any thread.
    virtual void post_at(std::int64_t due_us, Task task) = 0;
};

}  // namespace chartroom::base
