// What a MemoryEventLog keeps: the "disk" that outlives a store object, so that a test can lose a
// store with writes in flight and open another one on what was written. Only MemoryEventLog looks
// inside. Nothing in it touches a file.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::storage {

class MemoryDisk {
  public:
    // Draws the epoch and the seed key from `random`.
    explicit MemoryDisk(base::Random& random);

    // The row as it stands on the disk, or null. For a test's oracle; not while another thread
    // writes.
    [[nodiscard]] const events::Event* peek(const SessionId& session, Offset offset) const {
        const auto number = numbers_.find(session.value);
        if (number == numbers_.end() || !sessions_.contains(number->second)) return nullptr;
        const auto& rows = sessions_.at(number->second).events;
        const bool there = offset.value >= 1 && offset.value <= rows.size();
        return there ? rows[offset.value - 1].get() : nullptr;
    }

  private:
    friend class MemoryEventLog;
    friend class MemoryNames;

    struct GroupMark {
        Offset last;
        Digest hash{};
    };
    struct Session {
        SessionId id;
        std::vector<EventPtr> events;   // events[i] has offset i + 1
        std::vector<GroupMark> groups;  // by offset
        std::vector<Acquired::Unfinished> unfinished;
        std::map<std::uint64_t, Acquired::State> states;  // by plugin
        std::vector<Offset> outbox;
        std::map<SessionNumber, Offset> delivered;  // by source
        std::map<Offset, Digest> digests;           // of erased rows
        Offset erased_from;                         // as in Acquired
        Offset erased_by;
        bool erased = false;  // the session is over

        [[nodiscard]] Offset head() const { return {events.size()}; }
    };
    struct StoredName {
        std::string text;
        base::Secret secret{};
    };
    using NameKey = std::pair<NameSpace, std::string>;

    std::mutex mutex_;
    Epoch epoch_;
    base::Secret seed_key_{};
    std::uint64_t owner_epoch_ = 0;  // of the newest store on this disk
    std::map<SessionNumber, Session> sessions_;
    std::map<std::string, SessionNumber> numbers_;
    std::map<NameKey, std::uint64_t> name_numbers_;
    std::map<std::pair<NameSpace, std::uint64_t>, StoredName> names_;
    std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> quarantine_;
    std::vector<LedgerRow> ledger_;  // ledger_[i] has number i + 1
};

}  // namespace chartroom::storage
