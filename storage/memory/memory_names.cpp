#include "storage/memory/memory_names.hpp"

#include "storage/api/group_names.hpp"

namespace chartroom::storage {

MemoryNames::MemoryNames(MemoryDisk& disk, base::Random& random) : disk_(disk), random_(random) {
    next_.fill(1);
    for (const auto& [key, name] : disk_.names_) {
        std::uint64_t& next = next_.at(static_cast<std::size_t>(key.first));
        next = std::max(next, key.second + 1);
    }
}

Interned MemoryNames::intern(const NameRequest& request) {
    const MemoryDisk::NameKey text{request.space, request.text};
    if (const auto it = disk_.name_numbers_.find(text); it != disk_.name_numbers_.end()) {
        return {it->second, disk_.names_.at({request.space, it->second}).secret};
    }
    if (const auto it = unsaved_numbers_.find(text); it != unsaved_numbers_.end()) {
        return {it->second, unsaved_.at({request.space, it->second}).secret};
    }
    Interned fresh{next_.at(static_cast<std::size_t>(request.space))++, {}};
    if (request.space == NameSpace::party) random_.fill(fresh.secret);
    unsaved_numbers_[text] = fresh.number;
    unsaved_[{request.space, fresh.number}] = {request.text, fresh.secret};
    return fresh;
}

const MemoryDisk::StoredName* MemoryNames::find(NameSpace space, std::uint64_t number) const {
    if (const auto it = disk_.names_.find({space, number}); it != disk_.names_.end()) {
        return &it->second;
    }
    const auto it = unsaved_.find({space, number});
    return it == unsaved_.end() ? nullptr : &it->second;
}

void MemoryNames::save_used_by(const Group& group) {
    if (unsaved_.empty()) return;
    for_each_name(group, [this](NameSpace space, std::uint64_t number) { save(space, number); });
}

void MemoryNames::erase(std::uint64_t party) {
    const auto it = disk_.names_.find({NameSpace::party, party});
    if (it == disk_.names_.end()) return;
    disk_.name_numbers_.erase({NameSpace::party, it->second.text});
    it->second = {};
}

void MemoryNames::save(NameSpace space, std::uint64_t number) {
    const auto it = unsaved_.find({space, number});
    if (it == unsaved_.end()) return;
    const MemoryDisk::NameKey text{space, it->second.text};
    unsaved_numbers_.erase(text);
    disk_.name_numbers_[text] = number;
    disk_.names_[it->first] = std::move(it->second);
    unsaved_.erase(it);
}

}  // namespace chartroom::storage
