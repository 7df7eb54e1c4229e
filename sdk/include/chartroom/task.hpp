// The coroutine types: Task, what on_message returns, and Async<T>, for an author's own coroutines
// that a Task awaits. Both start when they are first resumed and own their frame.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace chartroom {

// A turn's coroutine. The wrapper resumes it; authors only return it.
class [[nodiscard]] Task {
  public:
    struct promise_type {
        std::exception_ptr error;

        Task get_return_object() noexcept {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { error = std::current_exception(); }
    };

    Task() noexcept = default;
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    void resume() { handle_.resume(); }
    [[nodiscard]] bool done() const noexcept { return !handle_ || handle_.done(); }
    // What left the coroutine, if it is done and something did.
    [[nodiscard]] std::exception_ptr error() const noexcept {
        return handle_ ? handle_.promise().error : nullptr;
    }

  private:
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

struct AsyncPromiseBase {
    struct Final {
        bool await_ready() noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
            return done.promise().continuation;
        }
        void await_resume() noexcept {}
    };

    std::coroutine_handle<> continuation;
    std::exception_ptr error;

    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
    void rethrow() const {
        if (error) std::rethrow_exception(error);
    }
};

template <typename T>
struct AsyncPromise : AsyncPromiseBase {
    std::optional<T> value;

    template <typename U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        rethrow();
        return std::move(*value);
    }
};

template <>
struct AsyncPromise<void> : AsyncPromiseBase {
    void return_void() noexcept {}
    void take() const { rethrow(); }
};

}  // namespace detail

// A coroutine to split a handler with: `Async<std::string> ask(Turn turn, …)`, called as
// `co_await ask(turn, …)`. Its exceptions, Cancelled too, come out of that co_await.
template <typename T = void>
class [[nodiscard]] Async {
  public:
    struct promise_type : detail::AsyncPromise<T> {
        Async get_return_object() noexcept {
            return Async(std::coroutine_handle<promise_type>::from_promise(*this));
        }
    };

    Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Async& operator=(Async&&) = delete;
    ~Async() {
        if (handle_) handle_.destroy();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        handle_.promise().continuation = caller;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

  private:
    explicit Async(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

}  // namespace chartroom
