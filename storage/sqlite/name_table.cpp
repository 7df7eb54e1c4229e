#include "storage/sqlite/name_table.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "storage/api/group_names.hpp"

namespace chartroom::storage {
namespace {

std::size_t index_of(NameSpace space) {
    return static_cast<std::size_t>(space);
}

}  // namespace

std::optional<std::vector<Interned>> NameCache::find(const std::vector<NameRequest>& names) const {
    std::vector<Interned> found;
    found.reserve(names.size());
    const std::lock_guard lock(mutex_);
    for (const NameRequest& name : names) {
        const Texts& texts = texts_.at(index_of(name.space));
        const auto it = texts.find(name.text);
        if (it == texts.end()) return std::nullopt;
        found.push_back(it->second.interned);
    }
    return found;
}

std::optional<std::string> NameCache::text_of(NameSpace space, std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    const auto& unsaved = unsaved_.at(index_of(space));
    const auto it = unsaved.find(number);
    if (it == unsaved.end()) return std::nullopt;
    return it->second;
}

NameTable::NameTable(Db& db, NameCache& cache, base::Random& random)
    : cache_(cache),
      random_(random),
      select_(db, "SELECT number, secret FROM name WHERE space = ?1 AND text = ?2"),
      // Or ignore: a commit of unknown outcome may have written it, with the same number.
      insert_(db,
              "INSERT OR IGNORE INTO name (space, number, text, secret)"
              " VALUES (?1, ?2, ?3, ?4)"),
      select_text_(db, "SELECT text FROM name WHERE space = 2 AND number = ?1"),
      erase_(db, "UPDATE name SET text = NULL, secret = NULL WHERE space = 2 AND number = ?1") {
    Statement newest(db, "SELECT coalesce(max(number), 0) FROM name WHERE space = ?1");
    const std::lock_guard lock(cache_.mutex_);
    for (std::size_t space = 1; space < NameCache::kSpaces; ++space) {
        newest.bind(1, space);
        CHECK(newest.next());
        cache_.next_[space] = std::max(cache_.next_[space], newest.number(0) + 1);
        newest.reset();
    }
}

std::optional<Interned> NameTable::load(const NameRequest& name) {
    select_.bind(1, index_of(name.space)).bind_text(2, name.text);
    if (!select_.next()) return std::nullopt;
    const ResetLater reset(select_);
    Interned interned{.number = select_.number(0)};
    const std::string_view secret = select_.bytes(1);
    if (name.space != NameSpace::party) return interned;
    if (secret.size() != interned.secret.size()) {
        fail_corrupt(select_.db().path(), "the secret of a name is not 32 bytes");
    }
    std::ranges::copy(secret, interned.secret.begin());
    return interned;
}

Interned NameTable::intern(const NameRequest& name) {
    const std::size_t space = index_of(name.space);
    if (const auto known = cache_.find({name})) return known->front();
    if (const auto stored = load(name)) {
        const std::lock_guard lock(cache_.mutex_);
        forget_saved();
        cache_.texts_[space][name.text] = {*stored, true};
        return *stored;
    }
    Interned fresh;
    if (name.space == NameSpace::party) random_.fill(fresh.secret);
    const std::lock_guard lock(cache_.mutex_);
    fresh.number = cache_.next_[space]++;
    cache_.texts_[space][name.text] = {fresh, false};
    cache_.unsaved_[space][fresh.number] = name.text;
    return fresh;
}

void NameTable::save_used_by(const Group& group) {
    for_each_name(group, [this](NameSpace space, std::uint64_t number) { save(space, number); });
}

void NameTable::save(NameSpace space, std::uint64_t number) {
    // Only the writer's thread changes the cache, so it may look without the lock.
    const auto& unsaved = cache_.unsaved_.at(index_of(space));
    if (unsaved.empty() || number == 0) return;
    const auto it = unsaved.find(number);
    if (it == unsaved.end() || !saving_.try_emplace({space, number}, it->second).second) return;
    const Interned& interned = cache_.texts_.at(index_of(space)).at(it->second).interned;
    insert_.bind(1, index_of(space)).bind(2, number).bind_text(3, it->second);
    space == NameSpace::party ? insert_.bind_blob(4, interned.secret) : insert_.bind_null(4);
    insert_.run();
}

std::optional<std::uint64_t> NameTable::find_party(const std::string& text) {
    const auto found = load({NameSpace::party, text});
    return found ? std::optional(found->number) : std::nullopt;
}

void NameTable::erase(std::uint64_t party) {
    select_text_.bind(1, party);
    if (!select_text_.next()) return;
    erasing_.emplace_back(select_text_.bytes(0));
    select_text_.reset();
    erase_.bind(1, party).run();
}

void NameTable::rolled_back() {
    saving_.clear();
    erasing_.clear();
}

void NameTable::committed() {
    if (!erasing_.empty()) {
        const std::lock_guard lock(cache_.mutex_);
        for (const std::string& text : erasing_) {
            cache_.texts_.at(index_of(NameSpace::party)).erase(text);
        }
        erasing_.clear();
        ++cache_.erased_;
    }
    if (saving_.empty()) return;
    const std::lock_guard lock(cache_.mutex_);
    for (const auto& [key, text] : saving_) {
        cache_.unsaved_.at(index_of(key.first)).erase(key.second);
        cache_.texts_.at(index_of(key.first)).at(text).saved = true;
    }
    saving_.clear();
    forget_saved();
}

void NameTable::forget_saved() {
    for (auto& texts : cache_.texts_) {
        if (texts.size() > kNamesCached) {
            std::erase_if(texts, [](const auto& entry) { return entry.second.saved; });
        }
    }
}

}  // namespace chartroom::storage
