// Waits for an asynchronous call of the event log: for a start and for command-line tools, which
// have nothing else to do meanwhile. Never on a strand that the completion needs.
#pragma once

#include <future>
#include <utility>

#include "storage/api/event_log.hpp"

namespace chartroom::app {

// Calls `start(done)` and returns what `done` is given: a Result<T>, mostly.
//   const auto page = await<Result<Page>>([&](auto done) { log.read(request, strand,
//   std::move(done)); });
template <typename T, typename Start>
[[nodiscard]] T await(Start start) {
    std::promise<T> promise;
    auto future = promise.get_future();
    start(storage::Done<T>(
        [promise = std::move(promise)](T value) mutable { promise.set_value(std::move(value)); }));
    return future.get();
}

}  // namespace chartroom::app
