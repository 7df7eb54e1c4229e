// The way back: started ops by token, and the pieces that travel to their sinks. Shared by the HTTP
// thread, the activity pool and the callers of stop().
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/base/executor.hpp"
#include "core/engine/effects.hpp"

namespace chartroom::effects {

// One started op. Shared by whoever produces its pieces and the tasks that carry them: either may
// be the last to let go.
struct Op {
    Op(engine::EffectToken t, base::Executor& executor, engine::EffectSink s)
        : token(t), on(executor), sink(std::move(s)) {}

    const engine::EffectToken token;
    base::Executor& on;
    engine::EffectSink sink;  // called on `on` only
    std::atomic<bool> stopped{false};
    std::atomic<std::size_t> buffered_bytes{0};  // posted to `on`, not yet taken by the sink
};
using OpPtr = std::shared_ptr<Op>;

// Held by shared_ptr: the tasks that it posts outlive the effects that started them.
class OpTable : public std::enable_shared_from_this<OpTable> {
  public:
    // `room` is called on an op's executor once it has taken half of what it may buffer. Any
    // thread.
    explicit OpTable(std::function<void(engine::EffectToken)> room) : room_(std::move(room)) {}

    [[nodiscard]] OpPtr open(engine::EffectToken token, base::Executor& on,
                             engine::EffectSink sink);
    // From here on nothing reaches the sink, if called on its executor. Unknown tokens: no effect.
    void stop(engine::EffectToken token);
    // Posts `piece` to the op's executor; a last piece forgets the op.
    void deliver(const OpPtr& op, engine::EffectPiece piece);
    // A last piece that carries a reason.
    void fail(const OpPtr& op, engine::Outcome outcome, std::int32_t status, std::string reason);
    [[nodiscard]] std::size_t size() const;

  private:
    void run(Op& op, engine::EffectPiece piece);
    void forget(engine::EffectToken token);

    const std::function<void(engine::EffectToken)> room_;
    mutable std::mutex mutex_;
    std::unordered_map<engine::EffectToken, OpPtr> ops_;
};

}  // namespace chartroom::effects
