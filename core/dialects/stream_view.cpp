#include "core/dialects/stream_view.hpp"

#include <algorithm>
#include <utility>

namespace chartroom::dialects {
namespace {

bool contains(const std::vector<base::Offset>& causes, base::Offset cause) {
    return std::ranges::find(causes, cause) != causes.end();
}

}  // namespace

StreamView::StreamView(const engine::Opened& opened, bool from_head) {
    if (from_head) {
        hidden_ = opened.running;
    }
}

bool StreamView::hides(const events::Event& event) {
    if (!event.cause || !contains(hidden_, event.cause)) {
        return false;
    }
    if (event.ends_turn) {
        std::erase(hidden_, event.cause);
    }
    return true;
}

void StreamView::began(events::EventPtr start) {
    if (earlier_.size() == kOpenStreamsMax) {
        earlier_.erase(earlier_.begin());
    }
    earlier_.push_back(std::move(start));
}

events::EventPtr StreamView::earlier_start(const events::Event& event) const {
    const auto found = std::ranges::find_if(
        earlier_, [&](const auto& start) { return start->cause == event.cause; });
    return found == earlier_.end() ? nullptr : *found;
}

bool StreamView::is_open(const events::Event& event) const {
    return contains(open_, event.cause);
}

void StreamView::start(const events::Event& event) {
    if (is_open(event)) {
        return;
    }
    if (open_.size() == kOpenStreamsMax) {
        open_.erase(open_.begin());
    }
    open_.push_back(event.cause);
}

bool StreamView::piece(const events::Event& event) {
    const bool unseen = !is_open(event);
    start(event);
    return unseen;
}

void StreamView::end(const events::Event& event) {
    std::erase(open_, event.cause);
    std::erase_if(earlier_, [&](const auto& start) { return start->cause == event.cause; });
}

}  // namespace chartroom::dialects
