// Signals are real here: they are sent to this process, whose threads all block them.
#include "core/app/shutdown.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

namespace chartroom::app {
namespace {

constexpr std::int64_t kLongUs = 600'000'000;
constexpr auto kPatience = std::chrono::seconds(20);

class ShutdownTest : public ::testing::Test {
  protected:
    void watch(std::int64_t drain_us) {
        shutdown_.watch(drain_us, {.begin = [this] { begun_.set_value(); },
                                   .finish = [this] { finished_.set_value(); },
                                   .abort = [this] { aborted_.set_value(); },
                                   .reload = [this] { reloaded_.set_value(); }});
    }
    static bool happens(std::promise<void>& what) {
        return what.get_future().wait_for(kPatience) == std::future_status::ready;
    }
    static void send(int signal) { ASSERT_EQ(kill(getpid(), signal), 0); }

    std::promise<void> begun_, finished_, aborted_, reloaded_;
    base::SystemClock clock_;
    Shutdown shutdown_{clock_};  // last: its thread uses the others
};

TEST_F(ShutdownTest, FinishesAsSoonAsTheTurnsHaveEnded) {
    watch(kLongUs);
    send(SIGTERM);
    ASSERT_TRUE(happens(begun_));
    shutdown_.drained();
    EXPECT_TRUE(happens(finished_));
}

TEST_F(ShutdownTest, FinishesWhenTheTimeIsUp) {
    watch(1);
    send(SIGINT);
    EXPECT_TRUE(happens(begun_));
    EXPECT_TRUE(happens(finished_));
}

TEST_F(ShutdownTest, ASecondSignalEndsAtOnce) {
    watch(kLongUs);
    send(SIGTERM);
    ASSERT_TRUE(happens(begun_));
    send(SIGTERM);
    EXPECT_TRUE(happens(aborted_));
}

TEST_F(ShutdownTest, ASecondSignalWhileClosingEndsAtOnceToo) {
    watch(1);
    send(SIGTERM);
    ASSERT_TRUE(happens(finished_));
    send(SIGTERM);
    EXPECT_TRUE(happens(aborted_));
}

TEST_F(ShutdownTest, HangUpReloadsAndDoesNotEndTheServer) {
    watch(kLongUs);
    send(SIGHUP);
    ASSERT_TRUE(happens(reloaded_));
    send(SIGTERM);
    ASSERT_TRUE(happens(begun_));
    shutdown_.drained();
    EXPECT_TRUE(happens(finished_));
}

TEST_F(ShutdownTest, StopsWithoutAnySignal) {
    watch(kLongUs);
    shutdown_.stop();
    shutdown_.stop();
}

}  // namespace
}  // namespace chartroom::app
