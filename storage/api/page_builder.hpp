// Puts a page together within the bounds of its request; every store cuts its pages with it.
#pragma once

#include <utility>

#include "storage/api/read_filter.hpp"

namespace chartroom::storage {

class PageBuilder {
  public:
    PageBuilder(const ReadRequest& request, const Range& range)
        : request_(request), range_(range), scanned_to_(end_of(request, range)) {}

    // Adds the matching row at `offset`. False: it does not fit any more; the page is complete and
    // ends before that row, so stop.
    [[nodiscard]] bool add(Offset offset, EventPtr event) {
        bytes_ += event->payload.size();
        if (!events_.empty() && bytes_ > request_.bytes_max) {
            stop_at({forward() ? offset.value - 1 : offset.value + 1});
            return false;
        }
        events_.push_back(std::move(event));
        return true;
    }

    // Another row, at `offset`, has been looked at, and added if it matches. False: the page is
    // complete, so stop.
    [[nodiscard]] bool passed(Offset offset) {
        if (events_.size() < request_.rows_max && ++looked_at_ < kScanRowsMax) return true;
        stop_at(offset);
        return false;
    }

    [[nodiscard]] Page take() {
        return {std::move(events_), scanned_to_, scanned_to_ != end_of(request_, range_)};
    }

  private:
    [[nodiscard]] bool forward() const { return request_.direction == Direction::forward; }
    void stop_at(Offset offset) { scanned_to_ = offset; }

    const ReadRequest& request_;
    const Range range_;
    std::vector<EventPtr> events_;
    std::size_t bytes_ = 0;
    std::uint64_t looked_at_ = 0;
    Offset scanned_to_;
};

}  // namespace chartroom::storage
