// What every EventLog must do, whatever it is made of. A store joins by instantiating the suite
// with a function that makes a StoreUnderTest (event_log_memory_test.cpp shows how).
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "tests/contract/await.hpp"
#include "tests/contract/event_log_writer.hpp"

namespace chartroom::storage::contract {

// A store and the disk under it.
class StoreUnderTest {
  public:
    virtual ~StoreUnderTest() = default;
    [[nodiscard]] virtual EventLog& log() = 0;
    // Closes the store in order and opens another one on the same disk.
    virtual void reopen() = 0;
};
using MakeStore = std::unique_ptr<StoreUnderTest> (*)();

class EventLogContract : public testing::TestWithParam<MakeStore> {
  protected:
    EventLogContract() : store_(GetParam()()) {}
    [[nodiscard]] EventLog& log() { return store_->log(); }

    [[nodiscard]] std::vector<AppendAnswer> append(std::vector<Group> groups);
    [[nodiscard]] Result<Page> read(ReadRequest request);
    [[nodiscard]] Acquired acquire(const std::string& session);
    [[nodiscard]] std::vector<Interned> intern(std::vector<NameRequest> names);
    [[nodiscard]] std::optional<ClientIdHit> find_client_id(const Writer& writer, std::string id,
                                                            Offset since, std::uint64_t actor = 0);
    [[nodiscard]] std::vector<std::string> unfinished();
    [[nodiscard]] Result<SessionInfo> find(const std::string& session);
    [[nodiscard]] std::vector<EventPtr> rows(const Writer& writer);
    void expect_intact(const std::string& session);

    // The note without a subject that the engine would write, and what it erases.
    [[nodiscard]] static Erasure erasure(const Writer& writer, std::uint64_t subject = 0);
    AppendStatus erase(Erasure erasure);
    AppendStatus erase(Writer& writer, std::uint64_t subject = 0);
    [[nodiscard]] Result<PersonErasure> begin_person(const std::string& party);
    Result<void> finish_person(PersonErasure person, const std::string& own_prefix);
    [[nodiscard]] std::vector<std::string> sessions_of(std::uint64_t subject);
    [[nodiscard]] std::vector<LedgerRow> ledger();

    std::unique_ptr<StoreUnderTest> store_;
};

[[nodiscard]] std::vector<std::uint64_t> offsets_of(const Page& page);

}  // namespace chartroom::storage::contract
