#include "tests/fakes/engine/fake_world.hpp"

#include <algorithm>
#include <iterator>

namespace chartroom::fakes {

bool ManualExecutor::run_one() {
    while (!timers_.empty() && timers_.begin()->first <= clock_.monotonic_us()) {
        queue_.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
    }
    if (queue_.empty()) return false;
    base::Task task = std::move(queue_.front());
    queue_.pop_front();
    task();
    return true;
}

void FakeEffects::http(engine::HttpStart start, base::Executor& on, engine::EffectSink sink) {
    idempotency_keys.push_back(start.idempotency_key);
    Running running{&on, std::make_shared<engine::EffectSink>(std::move(sink)), {}};
    const std::string& body = start.request.body;
    constexpr std::size_t kPieceBytes = 4;
    for (std::size_t at = 0; at < body.size(); at += kPieceBytes) {
        running.pieces.push_back({.token = start.token,
                                  .last = false,
                                  .outcome = engine::Outcome::ok,
                                  .status = 200,
                                  .bytes = body.substr(at, kPieceBytes)});
    }
    running.pieces.push_back({.token = start.token,
                              .last = true,
                              .outcome = engine::Outcome::ok,
                              .status = 200,
                              .bytes = {}});
    running_.emplace(start.token, std::move(running));
}

void FakeEffects::activity(engine::ActivityStart start, base::Executor& on,
                           engine::EffectSink sink) {
    Running running{&on, std::make_shared<engine::EffectSink>(std::move(sink)), {}};
    running.pieces.push_back({.token = start.token,
                              .last = true,
                              .outcome = engine::Outcome::ok,
                              .status = 0,
                              .bytes = {start.input.rbegin(), start.input.rend()}});
    running_.emplace(start.token, std::move(running));
}

void FakeEffects::step(std::size_t index) {
    const auto entry = std::next(running_.begin(), static_cast<std::ptrdiff_t>(index));
    Running& running = entry->second;
    engine::EffectPiece piece = std::move(running.pieces.front());
    running.pieces.pop_front();
    running.on->post(
        [sink = running.sink, piece = std::move(piece)]() mutable { (*sink)(std::move(piece)); });
    if (running.pieces.empty()) running_.erase(entry);
}

std::vector<events::EventPtr> RecordingOutlet::events_of(base::ConnectionId connection) const {
    std::vector<events::EventPtr> found;
    for (const auto& delivered : of<engine::Delivered>(connection)) {
        std::ranges::copy(delivered.events, std::back_inserter(found));
    }
    return found;
}

}  // namespace chartroom::fakes
