// A folder of its own for a test, and a log in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "storage/sqlite/sqlite_event_log.hpp"
#include "tests/contract/await.hpp"
#include "tests/contract/event_log_writer.hpp"

namespace chartroom::storage {

class LogFolder : public testing::Test {
  protected:
    LogFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "chartroom-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
    }
    ~LogFolder() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ / "log.db"; }
    [[nodiscard]] Result<std::unique_ptr<SqliteEventLog>> try_open(SqliteOptions options = {}) {
        if (options.path.empty()) options.path = path();
        return SqliteEventLog::open(std::move(options), random_, clock_);
    }
    [[nodiscard]] std::unique_ptr<SqliteEventLog> open(SqliteOptions options = {}) {
        auto opened = try_open(std::move(options));
        if (!opened) throw std::runtime_error(opened.error().message);
        return *std::move(opened);
    }
    [[nodiscard]] static VerifyReport verify(EventLog& log, const std::string& session) {
        return contract::await<Result<VerifyReport>>(
                   [&](Executor& on, auto done) { log.verify({session}, on, std::move(done)); })
            .value();
    }
    [[nodiscard]] static Result<Page> read(EventLog& log, ReadRequest request) {
        return contract::await<Result<Page>>(
            [&](Executor& on, auto done) { log.read(request, on, std::move(done)); });
    }
    [[nodiscard]] static std::vector<AppendAnswer> append(EventLog& log, Group group) {
        return contract::await<std::vector<AppendAnswer>>(
            [&](Executor& on, auto done) { log.append({std::move(group)}, on, std::move(done)); });
    }

    std::filesystem::path folder_;
    base::SystemRandom random_;
    base::SystemClock clock_;
};

}  // namespace chartroom::storage
