#include "core/effects/activity_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <semaphore>

#include "core/base/clock.hpp"
#include "core/base/strand.hpp"
#include "core/effects/limits.hpp"

namespace chartroom::effects {
namespace {

using engine::EffectPiece;
using engine::Outcome;

class ActivityPoolTest : public ::testing::Test {
  protected:
    std::future<EffectPiece> start(ActivityPool& pool, engine::EffectToken token, std::string name,
                                   std::string input) {
        auto promise = std::make_shared<std::promise<EffectPiece>>();
        auto future = promise->get_future();
        OpPtr op = table_->open(
            token, strand_, [promise](EffectPiece piece) { promise->set_value(std::move(piece)); });
        pool.start({token, "org.example.x", std::move(name), std::move(input)}, std::move(op));
        return future;
    }

    base::SystemClock clock_;
    base::ThreadStrand strand_{clock_, "strand"};
    std::shared_ptr<OpTable> table_ = std::make_shared<OpTable>([](engine::EffectToken) {});
};

TEST_F(ActivityPoolTest, TheResultComesBackAsTheOnlyPiece) {
    ActivityPool pool(
        2,
        [](auto plugin, auto name, auto input) {
            return std::string(plugin) + "/" + std::string(name) + "/" + std::string(input);
        },
        table_);
    const EffectPiece piece = start(pool, 7, "reverse", "abc").get();
    EXPECT_EQ(piece.token, 7u);
    EXPECT_TRUE(piece.last);
    EXPECT_EQ(piece.outcome, Outcome::ok);
    EXPECT_EQ(piece.bytes, "org.example.x/reverse/abc");
}

TEST_F(ActivityPoolTest, AnErrorIsAFailedOutcomeWithItsReason) {
    ActivityPool pool(
        1,
        [](auto, auto, auto) -> base::Result<std::string> {
            return base::fail(base::Code::plugin_failed, "no such file");
        },
        table_);
    const EffectPiece piece = start(pool, 1, "read", "").get();
    EXPECT_EQ(piece.outcome, Outcome::failed);
    EXPECT_EQ(piece.bytes, "no such file");
}

TEST_F(ActivityPoolTest, ATooLargeResultIsNotHandedOver) {
    ActivityPool pool(
        1, [](auto, auto, auto) { return std::string(kActivityResultBytesMax + 1, 'x'); }, table_);
    const EffectPiece piece = start(pool, 1, "read", "").get();
    EXPECT_EQ(piece.outcome, Outcome::too_large);
    EXPECT_LT(piece.bytes.size(), 100u);
}

TEST_F(ActivityPoolTest, BeyondTheBoundActivitiesFailAtOnce) {
    std::binary_semaphore entered(0);
    std::binary_semaphore gate(0);
    ActivityPool pool(
        1,
        [&](auto, auto name, auto) {
            if (name == "block") {
                entered.release();
                gate.acquire();
            }
            return std::string(name);
        },
        table_);
    auto blocked = start(pool, 1, "block", "");
    entered.acquire();
    std::vector<std::future<EffectPiece>> waiting;
    for (engine::EffectToken token = 2; token < 2 + kWaitingActivitiesMax; ++token)
        waiting.push_back(start(pool, token, "wait", ""));
    const EffectPiece refused = start(pool, 100'000, "wait", "").get();
    EXPECT_EQ(refused.outcome, Outcome::failed);
    gate.release();
    EXPECT_EQ(blocked.get().bytes, "block");
    for (auto& future : waiting) EXPECT_EQ(future.get().outcome, Outcome::ok);
}

TEST_F(ActivityPoolTest, NothingReachesAStoppedOp) {
    std::binary_semaphore entered(0);
    std::binary_semaphore gate(0);
    auto pool = std::make_unique<ActivityPool>(
        1,
        [&](auto, auto, auto) {
            entered.release();
            gate.acquire();
            return std::string("late");
        },
        table_);
    bool called = false;
    OpPtr op = table_->open(1, strand_, [&](EffectPiece) { called = true; });
    pool->start({1, "p", "slow", ""}, std::move(op));
    entered.acquire();
    table_->stop(1);
    gate.release();
    pool.reset();    // waits for the function
    strand_.stop();  // runs what was posted
    EXPECT_FALSE(called);
    EXPECT_EQ(table_->size(), 0u);
}

}  // namespace
}  // namespace chartroom::effects
