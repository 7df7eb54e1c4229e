// What the caller of append() owes every store: a group of the right shape.
#pragma once

#include "core/base/check.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::storage {

// A group has at least one event and at most kGroupEventsMax, gapless from its expected head.
inline void check_shape(const Group& group) {
    CHECK(!group.events.empty() && group.events.size() <= kGroupEventsMax);
    Offset expected = group.expected_head;
    for (const EventPtr& event : group.events) {
        expected = expected.next();
        CHECK(event->offset == expected);
    }
}

}  // namespace chartroom::storage
