// Who took the server down: real signals in a child process, and the page that it leaves behind.
#include "core/plugin_host/crash_page.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "core/plugin_host/watchdog.hpp"
#include "tests/unit/plugin_host/host_fixture.hpp"

namespace chartroom::plugin_host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CrashTest : public HostTest {
  protected:
    // Runs `body` in a child with the signal handlers of a server; the signal that ended it.
    int dies_of(const std::function<void()>& body) {
        const pid_t child = fork();
        if (child == 0) {
            std::freopen("/dev/null", "w", stderr);
            // A sanitizer's own handlers would turn the signal into an exit.
            for (const int signal : {SIGSEGV, SIGABRT}) std::signal(signal, SIG_DFL);
            restart();
            CrashPage::catch_fatal_signals();
            body();
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    int step_dies_of(const char* type) {
        return dies_of([&] { static_cast<void>(load("probe")->step(message(1, type, "[1]"))); });
    }
    // What a start after that does.
    void start_again() {
        restart();
        keys.clear();
        for (const Culprit& culprit : page->culprits()) keys.push_back(culprit.key);
        host->refuse(keys);
    }
    std::vector<std::string> keys;
};

TEST_F(CrashTest, ASegfaultIsRememberedAndItsInputRefused) {
    ASSERT_EQ(step_dies_of("crashes"), SIGSEGV);
    start_again();
    ASSERT_EQ(page->culprits().size(), 1u);
    EXPECT_EQ(page->culprits()[0].session, "open/s");
    const auto probe = load("probe");
    EXPECT_EQ(page->culprits()[0].build, probe->info().build);
    EXPECT_THAT(words(probe->step(message(1, "crashes", "[1]"))),
                ElementsAre("error plugin_crashed"));
    EXPECT_THAT(words(probe->step(message(2, "nothing", "[1]"))), ElementsAre("end"));
}

TEST_F(CrashTest, TheRefusedInputIsRefusedInEverySession) {
    ASSERT_EQ(step_dies_of("aborts"), SIGABRT);
    start_again();
    auto elsewhere = message(1, "aborts", "[1]");
    elsewhere.session = {"open/another"};
    EXPECT_THAT(words(load("probe")->step(elsewhere)), ElementsAre("error plugin_crashed"));
}

TEST_F(CrashTest, AnotherBuildMayTryAgain) {
    ASSERT_EQ(step_dies_of("crashes"), SIGSEGV);
    start_again();
    // Not run, since it would crash: the key is another one.
    const auto same = load("probe");
    const auto other = load("probe", R"({"greeting":"other"})");
    const auto key = [&](const engine::HandlerPtr& handler) {
        return CrashPage::to_text(page->key_of(handler->info().build, "crashes", "[1]"));
    };
    EXPECT_EQ(key(same), keys.at(0));
    EXPECT_NE(key(other), keys.at(0));
}

TEST_F(CrashTest, AStackThatHasRunOutIsRemembered) {
    ASSERT_EQ(step_dies_of("overflows"), SIGSEGV);
    start_again();
    EXPECT_EQ(keys.size(), 1u);
}

TEST_F(CrashTest, BeingKilledIsNobodysFault) {
    ASSERT_EQ(step_dies_of("is_killed"), SIGKILL);
    start_again();
    EXPECT_THAT(keys, IsEmpty());
}

TEST_F(CrashTest, ACrashOutsideOfAStepIsNobodysFault) {
    ASSERT_EQ(dies_of([&] {
                  static_cast<void>(load("probe")->step(message(1, "nothing")));
                  std::raise(SIGSEGV);
              }),
              SIGSEGV);
    start_again();
    EXPECT_THAT(keys, IsEmpty());
}

TEST_F(CrashTest, ALaterStepIsRefusedInItsTurnOnly) {
    ASSERT_EQ(dies_of([&] {
                  const auto probe = load("probe");
                  static_cast<void>(probe->step(message(1, "crashes_later")));
                  static_cast<void>(probe->step(timer(1, 1)));
              }),
              SIGSEGV);
    start_again();
    const auto probe = load("probe");
    static_cast<void>(probe->step(message(1, "crashes_later")));
    auto again = timer(1, 1);
    again.offset = {60};  // other rows came first this time
    EXPECT_THAT(words(probe->step(again)), ElementsAre("error plugin_crashed"));
    static_cast<void>(probe->step(message(2, "sleeps")));
    auto of_another_turn = timer(2, 1);
    of_another_turn.seed = 2;
    EXPECT_EQ(words(probe->step(of_another_turn)).back(), "end");
}

TEST_F(CrashTest, AnActivityThatCrashesIsRefusedToo) {
    ASSERT_EQ(dies_of([&] {
                  const auto probe = load("probe");
                  static_cast<void>(host->run_activity("org.example.probe", "crash", "in"));
              }),
              SIGSEGV);
    start_again();
    const auto probe = load("probe");
    EXPECT_EQ(host->run_activity("org.example.probe", "crash", "in").error().code,
              base::Code::plugin_crashed);
}

TEST_F(CrashTest, CulpritsAreNamedOnceOnly) {
    ASSERT_EQ(step_dies_of("crashes"), SIGSEGV);
    restart();
    EXPECT_EQ(page->culprits().size(), 1u);
    restart();
    EXPECT_THAT(page->culprits(), IsEmpty());
}

TEST_F(CrashTest, TheWatchdogEndsAStepThatHangs) {
    ASSERT_EQ(dies_of([&] {
                  const CrashPage::Step step(*page, page->add_build("the build"), 7, "open/s",
                                             clock.monotonic_us());
                  clock.us += kStepUsMax;
                  Watchdog::look(clock, *page);
              }),
              SIGABRT);
    start_again();
    ASSERT_EQ(keys, std::vector<std::string>{"0000000000000007"});
    EXPECT_EQ(page->culprits()[0].build, "the build");
}

TEST_F(CrashTest, TheWatchdogLetsOthersBe) {
    Watchdog::look(clock, *page);
    const CrashPage::Step step(*page, page->add_build("b"), 7, "open/s", clock.monotonic_us());
    clock.us += kStepUsMax - 1;
    Watchdog::look(clock, *page);
    const Watchdog watchdog(clock, *page);  // starts and stops
}

TEST_F(CrashTest, AFileThatIsNoCrashPageIsReplaced) {
    page.reset();
    std::ofstream(state / "crash.page", std::ios::trunc) << std::string(100'000, 'x');
    restart();
    EXPECT_THAT(page->culprits(), IsEmpty());
}

TEST_F(CrashTest, KeysDifferBetweenStateFolders) {
    const auto mine = page->key_of("b", "t", "yes");
    EXPECT_EQ(page->key_of("b", "t", "yes"), mine);
    EXPECT_NE(page->key_of("b", "t", "no"), mine);
    EXPECT_NE(page->key_of("b", "u", "yes"), mine);
    restart();
    EXPECT_EQ(page->key_of("b", "t", "yes"), mine);
    base::SeededRandom other_random(2);
    const auto other = CrashPage::open(state / "other.page", other_random);
    EXPECT_NE((*other)->key_of("b", "t", "yes"), mine);
}

TEST_F(CrashTest, APageThatCannotBeOpenedSaysWhy) {
    const auto refused = CrashPage::open(state / "no" / "such" / "folder", random);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::io);
    EXPECT_THAT(refused.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace chartroom::plugin_host
