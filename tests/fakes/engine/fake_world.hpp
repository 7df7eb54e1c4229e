// The engine's outside, all of it fake and on one thread: a clock that stands still until it is
// told, an executor that runs when it is told, effects that answer from a script, an outlet that
// keeps what it was given.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/executor.hpp"
#include "core/engine/effects.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/notice.hpp"

namespace chartroom::fakes {

class FakeClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return now_us_; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return now_us_; }
    void advance(std::int64_t us) { now_us_ += us; }

  private:
    std::int64_t now_us_ = 1'768'473'000'000'000;
};

class ManualExecutor final : public base::Executor {
  public:
    explicit ManualExecutor(const FakeClock& clock) : clock_(clock) {}
    void post(base::Task task) override { queue_.push_back(std::move(task)); }
    void post_at(std::int64_t due_us, base::Task task) override {
        timers_.emplace(due_us, std::move(task));
    }
    // Runs the oldest task; false: there is none that is due.
    bool run_one();
    void run_all() {
        while (run_one()) {
        }
    }
    // When the next timer is due; -1: there is none.
    [[nodiscard]] std::int64_t next_due() const {
        return timers_.empty() ? -1 : timers_.begin()->first;
    }
    [[nodiscard]] bool idle() const { return queue_.empty(); }
    void drop_all() {
        queue_.clear();
        timers_.clear();
    }

  private:
    const FakeClock& clock_;
    std::deque<base::Task> queue_;
    std::multimap<std::int64_t, base::Task> timers_;
};

// HTTP: the body of an answer is the request's body, said back in pieces of four bytes, each handed
// over when the test says step(). Activities answer with their input, reversed.
class FakeEffects final : public engine::Effects {
  public:
    void http(engine::HttpStart start, base::Executor& on, engine::EffectSink sink) override;
    void activity(engine::ActivityStart start, base::Executor& on,
                  engine::EffectSink sink) override;
    void stop(engine::EffectToken token) override { running_.erase(token); }
    void pause(engine::EffectToken token) override { paused.insert(token); }
    void resume(engine::EffectToken token) override { paused.erase(token); }

    // Hands over the next piece of the op at `index` of those running.
    void step(std::size_t index);
    [[nodiscard]] std::size_t running() const { return running_.size(); }
    void drop_all() { running_.clear(); }
    std::vector<std::string> idempotency_keys;  // of all requests, in order
    std::set<engine::EffectToken> paused;

  private:
    struct Running {
        base::Executor* on;
        std::shared_ptr<engine::EffectSink> sink;  // shared with the pieces on their way
        std::deque<engine::EffectPiece> pieces;
    };
    std::map<engine::EffectToken, Running> running_;
};

class RecordingOutlet final : public engine::Outlet {
  public:
    void notify(std::vector<engine::Notice> notices) override {
        for (auto& notice : notices) {
            if (on_notice) on_notice(notice);
            all.push_back(std::move(notice));
        }
    }
    std::vector<engine::Notice> all;
    std::function<void(const engine::Notice&)> on_notice;

    template <typename T>
    [[nodiscard]] std::vector<T> of(base::ConnectionId connection) const {
        std::vector<T> found;
        for (const auto& notice : all) {
            if (notice.connection != connection) continue;
            if (const auto* body = std::get_if<T>(&notice.body)) found.push_back(*body);
        }
        return found;
    }
    // The events that a connection was given, in order.
    [[nodiscard]] std::vector<events::EventPtr> events_of(base::ConnectionId connection) const;
};

}  // namespace chartroom::fakes
