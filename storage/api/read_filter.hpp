// Which rows a ReadRequest asks for, and where it ends: the part of reading that all stores share.
#pragma once

#include "storage/api/event_log.hpp"

namespace chartroom::storage {

// Rows that one page looks at before it is handed over, matching or not: what bounds the time that
// a read holds its thread.
inline constexpr std::uint64_t kScanRowsMax = 16'384;

// What a filter looks at, so that a store can decide before it has decoded a row.
struct RowKey {
    Offset offset;
    events::Kind kind = events::Kind::note;
    events::Class cls = events::Class::none;
    Offset cause;
};

[[nodiscard]] inline bool matches(const ReadRequest& request, const RowKey& row) {
    if (request.visible_only && row.kind != events::Kind::out) return false;
    if (request.lasting_only && row.cls != events::Class::lasting) return false;
    return !request.cause || row.cause == request.cause || row.offset == request.cause;
}

// The rows from `first` to `last`, both included; none if last < first.
struct Range {
    std::uint64_t first = 1;
    std::uint64_t last = 0;
};

// What `request` asks for in a session with this head.
[[nodiscard]] inline Range range_of(const ReadRequest& request, Offset head) {
    std::uint64_t last = head.value;
    if (request.before && request.before.value - 1 < last) last = request.before.value - 1;
    return {request.after.value + 1, last};
}

// Where a page stands whose range is exhausted: nothing more in its direction.
[[nodiscard]] inline Offset end_of(const ReadRequest& request, const Range& range) {
    if (request.direction == Direction::forward) {
        return {range.last < range.first ? request.after.value : range.last};
    }
    return {range.last < range.first ? range.last + 1 : range.first};
}

}  // namespace chartroom::storage
