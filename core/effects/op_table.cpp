#include "core/effects/op_table.hpp"

#include "core/base/check.hpp"
#include "core/effects/limits.hpp"

namespace chartroom::effects {

OpPtr OpTable::open(engine::EffectToken token, base::Executor& on, engine::EffectSink sink) {
    auto op = std::make_shared<Op>(token, on, std::move(sink));
    const std::lock_guard lock(mutex_);
    const bool fresh = ops_.emplace(token, op).second;
    CHECK(fresh);
    return op;
}

void OpTable::stop(engine::EffectToken token) {
    const std::lock_guard lock(mutex_);
    const auto found = ops_.find(token);
    if (found == ops_.end()) return;
    found->second->stopped = true;
    ops_.erase(found);
}

void OpTable::deliver(const OpPtr& op, engine::EffectPiece piece) {
    op->buffered_bytes += piece.bytes.size();
    op->on.post([self = shared_from_this(), op, piece = std::move(piece)]() mutable {
        self->run(*op, std::move(piece));
    });
}

void OpTable::fail(const OpPtr& op, engine::Outcome outcome, std::int32_t status,
                   std::string reason) {
    deliver(op, {op->token, true, outcome, status, std::move(reason)});
}

void OpTable::run(Op& op, engine::EffectPiece piece) {
    constexpr std::size_t kLow = kBufferedBytesMax / 2;
    const std::size_t size = piece.bytes.size();
    const bool last = piece.last;
    if (!op.stopped) op.sink(std::move(piece));
    const std::size_t before = op.buffered_bytes.fetch_sub(size);
    if (last) return forget(op.token);
    if (before > kLow && before - size <= kLow) room_(op.token);
}

void OpTable::forget(engine::EffectToken token) {
    const std::lock_guard lock(mutex_);
    ops_.erase(token);
}

std::size_t OpTable::size() const {
    const std::lock_guard lock(mutex_);
    return ops_.size();
}

}  // namespace chartroom::effects
