#include "core/engine/history.hpp"

#include <algorithm>
#include <utility>

namespace chartroom::engine {

HistoryAnswer::HistoryAnswer(ReadHistory request, std::uint64_t actor, std::size_t rows_max)
    : request_(std::move(request)), actor_(actor) {
    request_.limit = static_cast<std::uint32_t>(std::min<std::size_t>(request_.limit, rows_max));
}

bool HistoryAnswer::wanted(const events::Event& row) const {
    if (row.kind != events::Kind::out || row.cls != events::Class::lasting || row.erased) {
        return false;
    }
    const bool theirs = row.audience.party == actor_;
    if (row.audience.scope == events::Scope::only && !theirs) return false;
    if (row.audience.scope == events::Scope::all_but && theirs) return false;
    // What somebody may follow is not in the log, so a replay could not give the same.
    if (row.audience.scope == events::Scope::followers_of) return false;
    return request_.types.empty() ||
           std::ranges::find(request_.types, row.type.text) != request_.types.end();
}

void HistoryAnswer::look(const events::EventPtr& row) {
    if (full() || !wanted(*row)) return;
    bytes_ += row->payload.size();
    over_bytes_ = bytes_ > kHistoryBytesMax;
    if (!over_bytes_) newest_first_.push_back(row);
}

bool HistoryAnswer::full() const {
    return over_bytes_ || newest_first_.size() >= request_.limit;
}

std::vector<events::EventPtr> HistoryAnswer::take() {
    std::ranges::reverse(newest_first_);
    return std::exchange(newest_first_, {});
}

}  // namespace chartroom::engine
