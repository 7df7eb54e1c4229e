// Erases a person, in steps over all strands: what the person sends is refused, then each session
// with content of the person erases that, one after the other, then the name goes. What is still to
// be done stands in the log's ledger, so an erasure that was cut short is begun again from there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/session_strand.hpp"

namespace chartroom::engine {

// All of it outlives the erasure.
struct PersonErasureSetup {
    const World& world;
    std::vector<SessionStrand*> strands;
    std::function<SessionStrand&(const base::SessionId&)> strand_of;
};

// Runs on the first strand. Shared: its completions, on several strands, hold it.
class PersonErasure : public std::enable_shared_from_this<PersonErasure> {
  public:
    // `sub` as in ErasePerson, who was asked for already. `done` is called on the first strand.
    static void begin(PersonErasureSetup setup, std::string sub, std::string reason,
                      EraseDone done);
    // Goes on with every person's erasure that the ledger has not complete. On the first strand.
    static void resume(const PersonErasureSetup& setup);

    PersonErasure(PersonErasureSetup setup, std::string sub, EraseDone done);

  private:
    [[nodiscard]] base::Executor& home() const { return *setup_.world.strands.front(); }
    // A completion of the log, which runs on the first strand.
    void ask_ledger(std::string reason);
    void block();
    void list();
    void list_own(std::string after);
    void next();
    void erased_one(const base::Result<void>& result);
    void finish();
    void end(base::Result<Erased> result);

    PersonErasureSetup setup_;
    const std::string party_;
    const std::string own_prefix_;
    EraseDone done_;
    storage::PersonErasure person_;
    std::size_t strands_left_ = 0;
    std::set<base::SessionId> left_;
    std::size_t erased_ = 0;
};

}  // namespace chartroom::engine
