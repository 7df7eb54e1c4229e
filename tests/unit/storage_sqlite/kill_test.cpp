// SIGKILL in the middle of commits: what was acknowledged is there, whole and in order.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/storage_sqlite/log_folder.hpp"

namespace chartroom::storage {
namespace {

using contract::Writer;

constexpr int kSessions = 4;
constexpr int kKills = 8;

class KillTest : public LogFolder {
  protected:
    // In the child: appends for ever, and says each acknowledged (session, head) on `pipe`.
    [[noreturn]] void append_for_ever(int pipe) {
        auto log = open();
        std::vector<Writer> writers;
        for (int i = 0; i < kSessions; ++i) writers.emplace_back(*log, "open/" + std::to_string(i));
        for (;;) {
            for (std::uint64_t i = 0; i < kSessions; ++i) {
                if (writers[i].append({{}, {}, {}}) != AppendStatus::ok) _exit(1);
                const std::uint64_t said[2] = {i, writers[i].head().value};
                if (write(pipe, said, sizeof said) != sizeof said) _exit(2);
            }
        }
    }
};

TEST_F(KillTest, EverythingAcknowledgedIsThere) {
    std::vector<std::uint64_t> acknowledged(kSessions, 0);
    for (int kill_number = 0; kill_number < kKills; ++kill_number) {
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            (void)close(pipe_ends[0]);
            append_for_ever(pipe_ends[1]);
        }
        (void)close(pipe_ends[1]);
        // Another number of commits each time, then the kill, wherever the child is by then.
        std::uint64_t said[2];
        const int commits = 20 + 37 * kill_number;
        for (int i = 0; i < commits; ++i) {
            ASSERT_EQ(::read(pipe_ends[0], said, sizeof said), static_cast<ssize_t>(sizeof said));
            acknowledged.at(said[0]) = said[1];
        }
        ASSERT_EQ(kill(child, SIGKILL), 0);
        while (::read(pipe_ends[0], said, sizeof said) == sizeof said) {
            acknowledged.at(said[0]) = said[1];
        }
        (void)close(pipe_ends[0]);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

        auto log = open();
        for (std::uint64_t i = 0; i < kSessions; ++i) {
            const std::string id = "open/" + std::to_string(i);
            const VerifyReport report = verify(*log, id);
            EXPECT_EQ(report.state, VerifyState::intact) << report.problem;
            EXPECT_GE(report.events, acknowledged[i]);
            EXPECT_EQ(report.events, 3 * report.groups);
            acknowledged[i] = report.events;
        }
    }
}

}  // namespace
}  // namespace chartroom::storage
