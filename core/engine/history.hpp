// What a HISTORY answers with: the newest lasting rows that the turn's actor sees, up to its step.
// One definition for sessions and replays, so that both give a handler the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/engine/handler.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

inline constexpr std::size_t kHistoryBytesMax = 1u << 20;  // of payloads in one answer

class HistoryAnswer {
  public:
    // `actor` is the party number of the turn's actor; `rows_max` bounds what was asked for.
    HistoryAnswer(ReadHistory request, std::uint64_t actor, std::size_t rows_max);

    // Looks at the next older row.
    void look(const events::EventPtr& row);
    // No older row is wanted.
    [[nodiscard]] bool full() const;
    [[nodiscard]] Op op() const { return request_.op; }
    // The rows, oldest first.
    [[nodiscard]] std::vector<events::EventPtr> take();

  private:
    [[nodiscard]] bool wanted(const events::Event& row) const;

    ReadHistory request_;
    std::uint64_t actor_;
    std::size_t bytes_ = 0;
    bool over_bytes_ = false;
    std::vector<events::EventPtr> newest_first_;
};

}  // namespace chartroom::engine
