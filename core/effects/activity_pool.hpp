// A few threads for plugin functions that may block.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "core/effects/op_table.hpp"
#include "core/engine/effects.hpp"

namespace chartroom::effects {

// Runs function `name` of `plugin` on `input`. On any pool thread; must not throw. Its error's
// message is recorded and given to the handler.
using ActivityRunner = std::function<base::Result<std::string>(
    std::string_view plugin, std::string_view name, std::string_view input)>;

class ActivityPool {
  public:
    ActivityPool(std::size_t threads, ActivityRunner runner, std::shared_ptr<OpTable> table);
    // Waits for the functions that run; what still waits is dropped unrun.
    ~ActivityPool();

    void start(engine::ActivityStart start, OpPtr op);

  private:
    struct Job {
        engine::ActivityStart start;
        OpPtr op;
    };
    void work();
    void run(const Job& job);

    const ActivityRunner runner_;
    const std::shared_ptr<OpTable> table_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> waiting_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;  // last: they start when all else is there
};

}  // namespace chartroom::effects
