// A few threads that answer questions, each with a connection of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/sqlite/reader.hpp"

namespace chartroom::storage {

// A reader that is opened when it is first needed, and again after it failed.
class LazyReader {
  public:
    using Open = std::function<std::unique_ptr<Reader>()>;
    explicit LazyReader(const Open& open) : open_(open) {}
    [[nodiscard]] Reader& get();  // throws DbFailure
    void drop() { reader_.reset(); }

  private:
    const Open& open_;
    std::unique_ptr<Reader> reader_;
};

class ReaderPool {
  public:
    // Handles its own failures: throws nothing.
    using Job = std::move_only_function<void(LazyReader&)>;

    ReaderPool(std::size_t threads, LazyReader::Open open);
    // Carries out what is queued, then stops.
    ~ReaderPool();
    void submit(Job job);

  private:
    void loop();

    const LazyReader::Open open_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;  // last: they start when all else is there
};

}  // namespace chartroom::storage
