// The coroutine wrapper, driven through the C functions that a host would call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "tests/unit/sdk/fake_host.hpp"

namespace chartroom {
namespace {

using namespace std::chrono_literals;
using detail::Binding;
using sdk_test::Driver;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Counts what lives, to see that nothing is leaked or destroyed twice.
struct Token {
    explicit Token(int& count) : alive(&count) { ++*alive; }
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() { --*alive; }
    int* alive;
};

struct Echo : Handler {
    Task on_message(Turn turn, Message message) override {
        turn.emit("echo", message.bytes());
        co_return;
    }
};

TEST(Wrapper, EchoEmitsTheBytesAndEnds) {
    Driver driver(Binding<Echo>::table);
    EXPECT_THAT(driver.message(1, R"({ "a" : 1 })"),
                ElementsAre(R"(emit echo { "a" : 1 })", "end"));
    EXPECT_EQ(driver.last_code, CHARTROOM_OK);
}

struct Streamer : Handler {
    Task on_message(Turn turn, Message) override {
        auto answer = turn.http(HttpRequest("GET", "https://a.example/x").header("k", "v"));
        while (auto piece = co_await answer.next()) turn.emit("token", Json(*piece));
        turn.emit("end", Json(std::to_string(answer.status()) +
                              (answer.outcome() == Outcome::ok ? " ok" : answer.reason())));
    }
    using Json = nlohmann::json;
};

TEST(Wrapper, StreamsAnAnswerPieceByPiece) {
    Driver driver(Binding<Streamer>::table);
    EXPECT_THAT(driver.message(1, "{}"), ElementsAre("http 1 https://a.example/x"));
    EXPECT_THAT(driver.chunk(1, 1, "one"), ElementsAre(R"(emit token "one")"));
    EXPECT_THAT(driver.chunk(1, 1, "two"), ElementsAre(R"(emit token "two")"));
    EXPECT_THAT(driver.effect(1, 1), ElementsAre(R"(emit end "200 ok")", "end"));
}

TEST(Wrapper, ToldTheReasonWhereAnAnswerFails) {
    Driver driver(Binding<Streamer>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.effect(1, 1, CHARTROOM_OUTCOME_FAILED, " no route"),
                ElementsAre(R"(emit end "200 no route")", "end"));
}

struct Headers : Handler {
    Task on_message(Turn turn, Message message) override {
        auto answer = turn.http(HttpRequest("GET", "https://a.example/x"));
        while (co_await answer.next()) {
        }
        turn.emit("end", nlohmann::json{answer.header("retry-after"), answer.header("x"),
                                        message.sender(), turn.session_name()});
    }
};

TEST(Wrapper, KnowsTheHeadersThatTheHostKept) {
    Driver driver(Binding<Headers>::table);
    driver.message(1, "{}");
    driver.headers = {{sdk_test::str("content-type"), sdk_test::str("a")},
                      {sdk_test::str("retry-after"), sdk_test::str("7")}};
    EXPECT_THAT(driver.effect(1, 1), ElementsAre(R"(emit end ["7","","ann","s"])", "end"));
}

TEST(Wrapper, AHostOfVersion10SendsNoHeaders) {
    Driver driver(Binding<Headers>::table);
    driver.message(1, "{}");
    driver.headers = {{sdk_test::str("retry-after"), sdk_test::str("7")}};
    driver.effect_size = offsetof(chartroom_effect, headers);
    EXPECT_THAT(driver.effect(1, 1), ElementsAre(R"(emit end ["","","ann","s"])", "end"));
}

TEST(ShownName, IsAUsersSubAndAnybodyElsesParty) {
    EXPECT_EQ(shown_name("user/ann"), "ann");
    EXPECT_EQ(shown_name("user/a/b"), "a/b");
    EXPECT_EQ(shown_name("anon/0123"), "anon/0123");
    EXPECT_TRUE(is_user("user/ann"));
    EXPECT_FALSE(is_user("users/ann"));
}

struct TellsHome : Handler {
    Task on_message(Turn turn, Message message) override {
        turn.emit("told", "{}", {.to = followers(), .session = "home", .owner = message.actor()});
        co_return;
    }
};

TEST(Wrapper, AnEmitNamesTheOwnerOfAnotherSession) {
    Driver driver(Binding<TellsHome>::table);
    EXPECT_THAT(driver.message(1, "{}"),
                ElementsAre("emit told {} to home of ann, scope 3", "end"));
}

struct TwoRequests : Handler {
    Task on_message(Turn turn, Message) override {
        auto first = turn.http(HttpRequest("GET", "https://a.example/1"));
        auto second = turn.http(HttpRequest("GET", "https://a.example/2"));
        std::string all;
        while (auto piece = co_await first.next()) all += *piece;
        while (auto piece = co_await second.next()) all += *piece;
        turn.emit("all", nlohmann::json(all));
    }
};

TEST(Wrapper, KeepsWhatArrivesForAnOpThatIsNotAwaitedYet) {
    Driver driver(Binding<TwoRequests>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.chunk(1, 2, "c"), IsEmpty());
    EXPECT_THAT(driver.effect(1, 2), IsEmpty());
    EXPECT_THAT(driver.chunk(1, 1, "a"), IsEmpty());
    EXPECT_THAT(driver.chunk(1, 1, "b"), IsEmpty());
    EXPECT_THAT(driver.effect(1, 1), ElementsAre(R"(emit all "abc")", "end"));
}

struct DropsItsRequest : Handler {
    Task on_message(Turn turn, Message) override {
        {
            auto answer = turn.http(HttpRequest("GET", "https://a.example/"));
            co_await answer.next();
        }
        co_await turn.sleep(1s);
    }
};

TEST(Wrapper, ARequestThatGoesOutOfScopeIsStopped) {
    Driver driver(Binding<DropsItsRequest>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.chunk(1, 1, "x"), ElementsAre("stop 1", "timer 2 1000000"));
    EXPECT_THAT(driver.chunk(1, 1, "late"), IsEmpty());
    EXPECT_THAT(driver.timer(1, 2), ElementsAre("end"));
}

struct Throws : Handler {
    Task on_message(Turn turn, Message message) override {
        turn.emit("before", "1");
        if (message.bytes() == "\"failure\"") throw Failure("validation_error", "not like that");
        if (message.bytes() == "\"int\"") throw 7;
        co_await turn.sleep(1s);
        throw std::runtime_error("it broke");
    }
};

TEST(Wrapper, AnExceptionFailsTheStepWithItsText) {
    Driver driver(Binding<Throws>::table);
    driver.message(1, "\"late\"");
    driver.timer(1, 1);
    EXPECT_EQ(driver.last_code, CHARTROOM_E_FAILED);
    EXPECT_EQ(driver.last_error, "it broke");
    // The turn is over: nothing of it reacts any more.
    EXPECT_THAT(driver.timer(1, 1), IsEmpty());
    EXPECT_EQ(driver.last_code, CHARTROOM_OK);
}

TEST(Wrapper, SomethingThrownThatIsNoExceptionFailsTheStepToo) {
    Driver driver(Binding<Throws>::table);
    driver.message(1, "\"int\"");
    EXPECT_EQ(driver.last_code, CHARTROOM_E_FAILED);
}

TEST(Wrapper, AFailureEndsTheTurnPolitelyAndKeepsWhatWasEmitted) {
    Driver driver(Binding<Throws>::table);
    EXPECT_THAT(driver.message(1, "\"failure\""),
                ElementsAre("emit before 1", "end failed validation_error"));
    EXPECT_EQ(driver.last_code, CHARTROOM_OK);
}

// Awaits each kind of op in turn; a test cancels it at each.
struct Awaits : Handler {
    explicit Awaits(const Config& config) : counts_(config.text() == R"({"catch":true})") {}
    Task on_message(Turn turn, Message) override {
        const Token token(alive);
        try {
            co_await turn.sleep(1s);
            co_await turn.history({.last = 5});
            co_await turn.activity("work", "in");
            auto answer = turn.http(HttpRequest("GET", "https://a.example/"));
            co_await answer.next();
            co_await nested(turn);
        } catch (const Cancelled& cancelled) {
            if (!counts_) throw;
            turn.emit("closing", std::to_string(static_cast<int>(cancelled.reason())));
        }
    }
    static Async<int> nested(Turn turn) {
        const Token token(alive);
        co_await turn.sleep(2s);
        co_return 1;
    }
    static inline int alive = 0;
    bool counts_;
};

constexpr int kAwaits = 5;

// Brings a turn to its await number `count`.
void advance(Driver& driver, int count) {
    driver.message(1, "{}");
    if (count > 0) driver.timer(1, 1);
    if (count > 1) driver.effect(1, 2);
    if (count > 2) driver.effect(1, 3);
    if (count > 3) driver.chunk(1, 4, "x");
}

TEST(Wrapper, CancelAtEachAwaitEndsTheTurnOnce) {
    for (int count = 0; count < kAwaits; ++count) {
        Driver driver(Binding<Awaits>::table, "{}");
        advance(driver, count);
        const auto commands = driver.cancel(1, CHARTROOM_CANCEL_DEADLINE);
        ASSERT_FALSE(commands.empty()) << count;
        EXPECT_EQ(commands.back(), "end failed deadline_exceeded") << count;
        EXPECT_EQ(Awaits::alive, 0) << count;
    }
}

TEST(Wrapper, AHandlerMayCatchTheCancelAndCloseItsAnswer) {
    for (int count = 0; count < kAwaits; ++count) {
        Driver driver(Binding<Awaits>::table, R"({"catch":true})");
        advance(driver, count);
        const auto commands = driver.cancel(1);
        ASSERT_GE(commands.size(), 2u) << count;
        EXPECT_EQ(commands[commands.size() - 2], "emit closing 1") << count;
        EXPECT_EQ(commands.back(), "end") << count;
    }
}

TEST(Wrapper, DiscardAtEachAwaitSaysNothingAndLeaksNothing) {
    for (int count = 0; count < kAwaits; ++count) {
        Driver driver(Binding<Awaits>::table, "{}");
        advance(driver, count);
        EXPECT_GT(Awaits::alive, 0);
        EXPECT_THAT(driver.discard(1), IsEmpty()) << count;
        EXPECT_EQ(Awaits::alive, 0) << count;
    }
}

TEST(Wrapper, DestroyForgetsOpenTurnsWithoutAWord) {
    Driver driver(Binding<Awaits>::table, "{}");
    advance(driver, 4);
    driver.destroy();
    EXPECT_EQ(Awaits::alive, 0);
    EXPECT_THAT(driver.host.commands, IsEmpty());
}

struct AwaitsAgain : Handler {
    Task on_message(Turn turn, Message) override {
        for (int i = 0; i < 3; ++i) {
            try {
                co_await turn.sleep(1s);
            } catch (const Cancelled&) {
                turn.emit("cancelled", std::to_string(i));
            }
        }
    }
};

TEST(Wrapper, EveryAwaitAfterACancelThrowsAgain) {
    Driver driver(Binding<AwaitsAgain>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.cancel(1),
                ElementsAre("emit cancelled 0", "timer 2 1000000", "emit cancelled 1",
                            "timer 3 1000000", "emit cancelled 2", "end"));
}

struct EmitsWhileDying : Handler {
    struct Goodbye {
        Turn turn;
        ~Goodbye() { turn.emit("goodbye", "1"); }
    };
    Task on_message(Turn turn, Message) override {
        const Goodbye goodbye{turn};
        co_await turn.sleep(1s);
    }
};

TEST(Wrapper, DestructorsOfADiscardedTurnAreNotHeard) {
    Driver driver(Binding<EmitsWhileDying>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.discard(1), IsEmpty());
}

struct KeepsItsTurn : Handler {
    Task on_message(Turn turn, Message) override {
        if (!kept) {
            kept = turn;
            co_return;
        }
        try {
            kept->emit("stale", "1");
        } catch (const Error& error) {
            turn.emit("code", std::to_string(error.code()));
        }
        try {
            kept->set_state("x");
        } catch (const Error& error) {
            turn.emit("code", std::to_string(error.code()));
        }
        try {
            static_cast<void>(kept->now());
        } catch (const Error& error) {
            turn.emit("code", std::to_string(error.code()));
        }
    }
    std::optional<Turn> kept;
};

TEST(Wrapper, AStaleTurnIsAnErrorAndNotACrash) {
    Driver driver(Binding<KeepsItsTurn>::table);
    driver.message(1, "{}");
    EXPECT_THAT(driver.message(2, "{}"),
                ElementsAre("emit code 2", "emit code 2", "emit code 2", "end"));
}

struct OtherThread : Handler {
    Task on_message(Turn turn, Message) override {
        std::int32_t code = 0;
        std::thread([&] {
            try {
                static_cast<void>(turn.sleep(1s));
            } catch (const Error& error) {
                code = error.code();
            }
        }).join();
        turn.emit("code", std::to_string(code));
        co_return;
    }
};

TEST(Wrapper, AnotherThreadIsRefused) {
    Driver driver(Binding<OtherThread>::table);
    EXPECT_THAT(driver.message(1, "{}"), ElementsAre("emit code 3", "end"));
}

struct State : Handler {
    Task on_message(Turn turn, Message message) override {
        const std::string before = turn.state();
        turn.set_state(before + message.data().get<std::string>());
        turn.emit("state", nlohmann::json(before + ">" + turn.state()));
        co_await turn.sleep(1s);
        turn.emit("state", nlohmann::json(turn.state()));
    }
};

TEST(Wrapper, StateIsTheStepsUntilItIsSet) {
    Driver driver(Binding<State>::table);
    driver.state = "a";
    EXPECT_THAT(driver.message(1, "\"b\""),
                ElementsAre("state ab", R"(emit state "a>ab")", "timer 1 1000000"));
    driver.state = "set by another turn";
    EXPECT_THAT(driver.timer(1, 1), ElementsAre(R"(emit state "set by another turn")", "end"));
}

struct Recorded : Handler {
    Task on_message(Turn turn, Message message) override {
        turn.emit(
            "r", nlohmann::json{turn.random(), turn.random(), turn.now().time_since_epoch().count(),
                                turn.offset(), turn.session(), message.id(), message.answer_id(),
                                message.offset(), message.actor()});
        co_await turn.sleep(1s);
        turn.emit("r", nlohmann::json(turn.random()));
    }
};

TEST(Wrapper, RandomnessAndTimeAreTheRecordedOnes) {
    std::vector<std::string> first;
    for (int round = 0; round < 2; ++round) {
        Driver driver(Binding<Recorded>::table);
        driver.at_us = 5;
        auto commands = driver.message(9, "{}");
        const auto more = driver.timer(9, 1);
        commands.insert(commands.end(), more.begin(), more.end());
        EXPECT_THAT(commands[0], HasSubstr(R"(,5,1,"open/s",11,12,7,"ann"])"));
        if (round == 0) first = commands;
        EXPECT_EQ(commands, first);
    }
    Driver other(Binding<Recorded>::table);
    other.seed = 43;
    other.at_us = 5;
    EXPECT_NE(other.message(9, "{}")[0], first[0]);
}

struct Asks : Handler {
    Task on_message(Turn turn, Message) override {
        const std::vector<Row> rows = co_await turn.history({.last = 9});
        const Answer answer = co_await turn.activity("upper", "abc");
        turn.emit("got", nlohmann::json{rows.size(), rows.at(1).type, rows.at(1).bytes,
                                        bool(answer), answer.bytes});
    }
    std::string activity(std::string_view name, std::string_view input) override {
        if (name != "upper") return Handler::activity(name, input);
        std::string upper(input);
        std::ranges::transform(upper, upper.begin(), [](char c) { return char(c - 32); });
        return upper;
    }
};

TEST(Wrapper, HistoryAndActivitiesAnswer) {
    Driver driver(Binding<Asks>::table);
    EXPECT_THAT(driver.message(1, "{}"), ElementsAre("history 1 9"));
    const std::vector<chartroom_row> rows(
        2, chartroom_row{3, 4, 1, CHARTROOM_FLAG_JSON, sdk_test::str("chat"), sdk_test::str("ann"),
                         sdk_test::str("{}")});
    EXPECT_THAT(driver.effect(1, 1, CHARTROOM_OUTCOME_OK, {}, rows),
                ElementsAre("activity 2 upper"));
    EXPECT_THAT(driver.effect(1, 2, CHARTROOM_OUTCOME_OK, "ABC"),
                ElementsAre(R"(emit got [2,"chat","{}",true,"ABC"])", "end"));
}

TEST(Wrapper, ActivitiesRunThroughTheExtension) {
    Driver driver(Binding<Asks>::table);
    const auto* runner = static_cast<const chartroom_activity_runner*>(
        Binding<Asks>::table.extension(driver.self(), CHARTROOM_EXT_ACTIVITY));
    ASSERT_NE(runner, nullptr);
    EXPECT_EQ(Binding<Asks>::table.extension(driver.self(), "chartroom.unheard-of/1"), nullptr);
    std::string result;
    const chartroom_sink sink{sizeof sink, 0, &result, [](void* context, chartroom_str bytes) {
                                  static_cast<std::string*>(context)->append(bytes.data,
                                                                             bytes.size);
                              }};
    char reason[64] = {};
    chartroom_error error{sizeof error, sizeof reason, reason, 0, 0};
    EXPECT_EQ(
        runner->run(driver.self(), sdk_test::str("upper"), sdk_test::str("xyz"), &sink, &error),
        CHARTROOM_OK);
    EXPECT_EQ(result, "XYZ");
    EXPECT_EQ(runner->run(driver.self(), sdk_test::str("lower"), {}, &sink, &error),
              CHARTROOM_E_FAILED);
    EXPECT_EQ(std::string(reason, error.length), "there is no activity lower");
}

struct RefusesToStart : Handler {
    explicit RefusesToStart(const Config& config) {
        throw std::runtime_error(std::string(config.text()));
    }
    Task on_message(Turn, Message) override { co_return; }
};

TEST(Wrapper, AConstructorThatThrowsRefusesThePlugin) {
    Driver driver(Binding<RefusesToStart>::table, R"({"key":1})");
    EXPECT_FALSE(driver.created());
    EXPECT_EQ(driver.last_error, R"({"key":1})");
}

TEST(Wrapper, ALongReasonIsCutToTheBuffer) {
    Driver driver(Binding<RefusesToStart>::table, std::string(1000, 'x'));
    EXPECT_EQ(driver.last_error, std::string(256, 'x'));
}

TEST(Wrapper, ARefusedCommandFailsTheTurnUnlessItIsCaught) {
    Driver driver(Binding<Echo>::table);
    driver.host.answer = CHARTROOM_E_BUDGET;
    driver.message(1, "{}");
    EXPECT_EQ(driver.last_code, CHARTROOM_E_FAILED);
    EXPECT_THAT(driver.last_error, HasSubstr("code 4"));
}

TEST(Wrapper, EventsOfUnknownTurnsAndOfUnknownTypesAreIgnored) {
    Driver driver(Binding<Awaits>::table, "{}");
    EXPECT_THAT(driver.timer(77, 1), IsEmpty());
    EXPECT_THAT(driver.cancel(77), IsEmpty());
    EXPECT_THAT(driver.discard(77), IsEmpty());
    EXPECT_EQ(driver.last_code, CHARTROOM_OK);
}

TEST(Wrapper, TurnsOfDifferentSessionsMayRunInParallel) {
    Driver setup(Binding<Streamer>::table);
    // Each thread drives its own host and instance-wide table; the shared part is the instance.
    constexpr int kThreads = 4;
    constexpr std::uint64_t kTurns = 500;
    void* self = setup.self();
    setup.host.table.command = [](const chartroom_host*, std::uint64_t, const chartroom_command*) {
        return std::int32_t{CHARTROOM_OK};
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([t, self] {
            for (std::uint64_t i = 0; i < kTurns; ++i) {
                const std::uint64_t turn = 1 + static_cast<std::uint64_t>(t) * kTurns + i;
                const chartroom_message message{sizeof message,
                                                1,
                                                sdk_test::str("t"),
                                                sdk_test::str("{}"),
                                                sdk_test::str("a"),
                                                1,
                                                2,
                                                3};
                chartroom_event event{
                    {sizeof event, CHARTROOM_EVENT_MESSAGE, turn, 0, {}, 1, 1, 1}, &message, {}, 0};
                Binding<Streamer>::table.event(self, &event, nullptr);
                const chartroom_effect effect{.size = sizeof effect,
                                              .outcome = CHARTROOM_OUTCOME_OK,
                                              .status = 200,
                                              .row_stride = sizeof(chartroom_row),
                                              .bytes = {},
                                              .rows = nullptr,
                                              .row_count = 0,
                                              .headers = nullptr,
                                              .header_count = 0,
                                              .header_stride = sizeof(chartroom_header),
                                              .reserved = 0};
                event.head.type = CHARTROOM_EVENT_EFFECT;
                event.head.op = 1;
                event.body = &effect;
                EXPECT_EQ(Binding<Streamer>::table.event(self, &event, nullptr), CHARTROOM_OK);
            }
        });
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace chartroom
