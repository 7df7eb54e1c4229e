#include "storage/sqlite/reader_pool.hpp"

#include <pthread.h>

namespace chartroom::storage {

Reader& LazyReader::get() {
    if (reader_ == nullptr) reader_ = open_();
    return *reader_;
}

ReaderPool::ReaderPool(std::size_t threads, LazyReader::Open open) : open_(std::move(open)) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { loop(); });
        pthread_setname_np(threads_.back().native_handle(), "log-reader");
    }
}

ReaderPool::~ReaderPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
}

void ReaderPool::submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
}

void ReaderPool::loop() {
    LazyReader reader(open_);
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front());
            queue_.pop_front();
        }
        job(reader);
    }
}

}  // namespace chartroom::storage
