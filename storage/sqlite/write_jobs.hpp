// The jobs of the writer's thread: one class for each call of EventLog that writes, or that has to
// be in order with the writes.
#pragma once

#include <string>
#include <vector>

#include "storage/sqlite/writer.hpp"

namespace chartroom::storage {

// What a job without an outcome of its own tells its caller.
[[nodiscard]] base::Error error_of(const Outcome& outcome);

// What append() answers to `group`, if nothing fails.
[[nodiscard]] AppendStatus judge_group(WriteTables& tables, const Group& group);
// Writes a group that was judged ok.
void insert_group(WriteTables& tables, const Group& group);

class AppendJob final : public WriteJob {
  public:
    AppendJob(Writer& writer, std::vector<Group> groups, Executor& on,
              Done<std::vector<AppendAnswer>> done);
    [[nodiscard]] std::size_t rows() const override { return rows_; }
    [[nodiscard]] std::size_t bytes() const override { return bytes_; }
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    [[nodiscard]] static AppendAnswer take(WriteTables& tables, const Group& group);

    Writer& writer_;
    std::vector<Group> groups_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
    Executor& on_;
    Done<std::vector<AppendAnswer>> done_;
    std::vector<AppendAnswer> answers_;
};

class AcquireJob final : public WriteJob {
  public:
    AcquireJob(SessionId session, Executor& on, Done<Result<Acquired>> done);
    [[nodiscard]] bool writes() const override { return false; }
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    SessionId session_;
    Executor& on_;
    Done<Result<Acquired>> done_;
    Result<Acquired> answer_;
};

class InternJob final : public WriteJob {
  public:
    InternJob(std::vector<NameRequest> names, Executor& on,
              Done<Result<std::vector<Interned>>> done);
    [[nodiscard]] bool writes() const override { return false; }
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    std::vector<NameRequest> names_;
    Executor& on_;
    Done<Result<std::vector<Interned>>> done_;
    std::vector<Interned> interned_;
};

class QuarantineJob final : public WriteJob {
  public:
    QuarantineJob(std::uint64_t build, std::string key, Executor& on,
                  Done<Result<std::uint64_t>> done);
    void run(WriteTables& tables) override;
    void settle(const Outcome& outcome) override;

  private:
    std::uint64_t build_;
    std::string key_;
    Executor& on_;
    Done<Result<std::uint64_t>> done_;
    std::uint64_t count_ = 0;
};

}  // namespace chartroom::storage
