// ClientIds: the newest client ids of a loaded session, so that a fresh message costs one probe and
// no I/O. Knows from which offset on it is complete; what is older is asked of the store.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/ids.hpp"

namespace chartroom::engine {

class ClientIds {
  public:
    explicit ClientIds(std::size_t bound) : bound_(bound) {}

    struct Entry {
        base::Offset offset;
        std::size_t content;  // hash of type and payload
    };
    // `scope`: the actor's party number, or 0 where ids of anyone in the session meet.
    [[nodiscard]] std::optional<Entry> find(std::uint64_t scope, std::string_view id) const;
    // The oldest entry goes when the bound is reached.
    void add(std::uint64_t scope, std::string_view id, Entry entry);
    // Every id above this offset is here.
    [[nodiscard]] base::Offset complete_from() const { return complete_from_; }
    // Forgets everything; `head` is the session's.
    void reset(base::Offset head);

    [[nodiscard]] static std::size_t content_of(std::string_view type, std::string_view payload);

  private:
    using Key = std::string;  // exact: a collision would swallow a message
    [[nodiscard]] static Key key_of(std::uint64_t scope, std::string_view id);

    std::size_t bound_;
    base::Offset complete_from_;
    std::unordered_map<Key, Entry> entries_;
    std::deque<std::pair<Key, base::Offset>> order_;
};

}  // namespace chartroom::engine
