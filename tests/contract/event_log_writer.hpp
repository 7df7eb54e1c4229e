// A session's writer, for tests of a store: makes groups with the right offsets and hashes.
#pragma once

#include <string>
#include <vector>

#include "storage/api/event_log.hpp"

namespace chartroom::storage::contract {

// One event, described by what a test cares about.
struct Row {
    events::Kind kind = events::Kind::out;
    events::Class cls = events::Class::lasting;
    std::string payload = "{}";
    Offset cause = {};
    std::string client_id = {};
    events::Source source = {};
};

// A session as its writer sees it: builds groups with the right offsets and hashes.
class Writer {
  public:
    Writer(EventLog& log, std::string session);

    [[nodiscard]] const Acquired& state() const { return acquired_; }
    [[nodiscard]] SessionNumber number() const { return acquired_.number; }
    [[nodiscard]] Offset head() const { return head_; }
    [[nodiscard]] const Digest& hash() const { return hash_; }
    [[nodiscard]] const SessionId& id() const { return id_; }

    // The next group; what is appended is not taken as the head until took() is called.
    [[nodiscard]] Group group(const std::vector<Row>& rows) const;
    void took(const Group& group);

    // Appends one group and returns its status; took() on success.
    AppendStatus append(const std::vector<Row>& rows);
    AppendStatus append_group(const Group& group);

    Interned actor, subject, type;

  private:
    EventLog& log_;
    SessionId id_;
    Acquired acquired_;
    Offset head_;
    Digest hash_{};
};

}  // namespace chartroom::storage::contract
