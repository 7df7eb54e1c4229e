// The jobs of the writer's thread that erase: beginning, going on, and what a person's erasure
// asks.
#pragma once

#include <string>
#include <vector>

#include "storage/sqlite/writer.hpp"

namespace chartroom::storage {

// Appends the note and begins; answered by the queue of erasures once it is through.
class EraseJob final : public WriteJob {
  public:
    EraseJob(Writer& writer, Erasure erasure, Executor& on, Done<AppendAnswer> done);
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    Writer& writer_;
    Erasure erasure_;
    Executor& on_;
    Done<AppendAnswer> done_;
    AppendAnswer answer_;
    std::uint64_t number_ = 0;
};

// One step of the oldest erasure, or of what comes after the last.
class EraseStepJob final : public WriteJob {
  public:
    explicit EraseStepJob(Writer& writer) : writer_(writer) {}
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    Writer& writer_;
    Eraser::Step step_ = Eraser::Step::idle;
    std::uint64_t number_ = 0;
};

// The file is clean.
class EraseCompleteJob final : public WriteJob {
  public:
    explicit EraseCompleteJob(Writer& writer) : writer_(writer) {}
    void run(WriteTables& tables) override { numbers_ = tables.eraser.complete(); }
    void settle(const Outcome& outcome) override;

  private:
    Writer& writer_;
    std::vector<std::uint64_t> numbers_;
};

class BeginPersonJob final : public WriteJob {
  public:
    BeginPersonJob(std::string party, std::string reason, std::int64_t at_us, Executor& on,
                   Done<Result<PersonErasure>> done);
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    std::string party_;
    std::string reason_;
    std::int64_t at_us_;
    Executor& on_;
    Done<Result<PersonErasure>> done_;
    Result<PersonErasure> answer_;
};

class SessionsOfJob final : public WriteJob {
  public:
    SessionsOfJob(std::uint64_t subject, Executor& on, Done<Result<std::vector<SessionId>>> done);
    [[nodiscard]] bool writes() const override { return false; }
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    std::uint64_t subject_;
    Executor& on_;
    Done<Result<std::vector<SessionId>>> done_;
    std::vector<SessionId> ids_;
};

class FinishPersonJob final : public WriteJob {
  public:
    FinishPersonJob(Writer& writer, PersonErasure person, std::string own_prefix, Executor& on,
                    Done<Result<void>> done);
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    Writer& writer_;
    PersonErasure person_;
    std::string own_prefix_;
    Executor& on_;
    Done<Result<void>> done_;
    Result<void> answer_;
};

}  // namespace chartroom::storage
