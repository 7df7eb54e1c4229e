#include "core/engine/client_ids.hpp"

#include <functional>

namespace chartroom::engine {

std::size_t ClientIds::content_of(std::string_view type, std::string_view payload) {
    return std::hash<std::string_view>{}(payload) * 31 + std::hash<std::string_view>{}(type);
}

ClientIds::Key ClientIds::key_of(std::uint64_t scope, std::string_view id) {
    Key key(reinterpret_cast<const char*>(&scope), sizeof scope);
    key += id;
    return key;
}

std::optional<ClientIds::Entry> ClientIds::find(std::uint64_t scope, std::string_view id) const {
    const auto entry = entries_.find(key_of(scope, id));
    if (entry == entries_.end()) return std::nullopt;
    return entry->second;
}

void ClientIds::add(std::uint64_t scope, std::string_view id, Entry entry) {
    Key key = key_of(scope, id);
    order_.emplace_back(key, entry.offset);
    entries_.insert_or_assign(std::move(key), entry);
    if (order_.size() > bound_) {
        complete_from_ = order_.front().second;
        entries_.erase(order_.front().first);
        order_.pop_front();
    }
}

void ClientIds::reset(base::Offset head) {
    entries_.clear();
    order_.clear();
    complete_from_ = head;
}

}  // namespace chartroom::engine
