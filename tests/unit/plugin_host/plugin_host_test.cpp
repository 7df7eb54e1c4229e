// Loading, refusing and running plugins, with shared objects built for it (plugins/).
#include "core/plugin_host/plugin_host.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/plugin_host/host_fixture.hpp"

namespace chartroom::plugin_host {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- loading -----------------------------------------------------------------------------------

TEST_F(HostTest, ManifestBecomesHandlerInfo) {
    const auto probe = load("probe");
    EXPECT_EQ(probe->info().id, "org.example.probe");
    EXPECT_EQ(probe->info().version, "2.1.0");
    EXPECT_TRUE(probe->info().parallel_turns);
    EXPECT_FALSE(probe->info().may_broadcast);
    EXPECT_EQ(probe->info().deadline_ms, 1234u);
    EXPECT_EQ(probe->info().commands_max, 100u);
    EXPECT_THAT(probe->info().net, IsEmpty());
    const auto able = load("able");
    EXPECT_THAT(able->info().net, ElementsAre("api.example"));
    EXPECT_TRUE(able->info().may_broadcast && able->info().may_read_history && able->info().serial);
}

TEST_F(HostTest, BuildNamesTheFileByItsHashAndHidesSecrets) {
    const auto probe = load("probe", R"({"api_key":"hunter2"})");
    const auto build = nlohmann::json::parse(probe->info().build);
    EXPECT_EQ(build["config"]["api_key"], "(redacted)");
    EXPECT_EQ(build["config"]["greeting"], "hello");
    EXPECT_THAT(probe->info().build, Not(HasSubstr("hunter2")));
    EXPECT_TRUE(std::filesystem::exists(state / "plugins" / "org.example.probe" /
                                        (build["sha256"].get<std::string>() + ".so")));
}

TEST_F(HostTest, InstanceGetsItsConfigurationWithDefaults) {
    const auto probe = load("probe", R"({"api_key":"hunter2","nested":{}})");
    const auto commands = probe->step(message(1, "config"));
    const auto words_said = words(commands);
    ASSERT_EQ(words_said.size(), 2u);
    const auto text = nlohmann::json::parse(words_said[0].substr(5)).get<std::string>();
    EXPECT_EQ(
        nlohmann::json::parse(text),
        nlohmann::json::parse(R"({"api_key":"hunter2","greeting":"hello","nested":{"depth":3}})"));
}

TEST_F(HostTest, TheSamePathNeverGivesNewCode) {
    const auto file = state / "swapped.so";
    std::filesystem::copy_file(plugin("probe"), file);
    const auto first = host->load({.file = file, .config_json = "{}"});
    ASSERT_TRUE(first) << first.error().message;
    std::filesystem::remove(file);
    std::filesystem::copy_file(plugin("able"), file);
    const auto second = host->load({.file = file, .config_json = "{}"});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ((*second)->info().id, "org.example.able");
    EXPECT_THAT(words((*first)->step(message(1, "nothing"))), ElementsAre("end"));
}

struct Refused {
    const char* plugin;
    std::vector<const char*> words;
};

TEST_F(HostTest, RefusalsNameTheCauseAndTheWayOut) {
    const std::vector<Refused> cases{
        {"ordinary", {"ordinary.so", "no section .chartroom", "add_chartroom_plugin()"}},
        {"abi_2",
         {"built for ABI 2.7", "C 99", "this server speaks 1.1", "rebuild it with SDK 1.x"}},
        {"newer_host",
         {"needs a server of ABI 1.9", "this server speaks 1.1", "update the server"}},
        {"manifest_no_json", {"manifest is not JSON"}},
        {"manifest_no_handles", {"'handles' must name at least one"}},
        {"undefined_symbol", {"the loader refuses it", "no_library_has_this", "built with C "}},
        {"short_table", {"handler table is missing, or shorter", "SDK 1.x"}},
        {"throwing_create", {"org.example.unhappy", "the model file is missing"}},
        {"needs", {"org.example.needs", "chartroom.telepathy/1", "update the server"}},
        {"there_is_no_such_file", {"there_is_no_such_file.so", "No such file"}},
    };
    for (const Refused& one : cases) {
        const auto refused = host->load({.file = plugin(one.plugin), .config_json = "{}"});
        ASSERT_FALSE(refused) << one.plugin;
        EXPECT_EQ(refused.error().code, base::Code::plugin_load) << one.plugin;
        for (const char* word : one.words) EXPECT_THAT(refused.error().message, HasSubstr(word));
    }
}

TEST_F(HostTest, ATextFileIsNoPlugin) {
    const auto file = state / "note.so";
    std::ofstream(file) << "remember the milk";
    const auto refused = host->load({.file = file, .config_json = "{}"});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("note.so: is no shared object"));
}

TEST_F(HostTest, AConfigurationThatTheSchemaRefusesNamesTheKey) {
    const auto refused = host->load({.file = plugin("probe"), .config_json = R"({"greeting":7})"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::bad_config);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("org.example.probe"), HasSubstr("greeting")));
}

// ---- steps -------------------------------------------------------------------------------------

TEST_F(HostTest, AnExceptionFailsTheStepAndDropsItsCommands) {
    const auto probe = load("probe");
    const auto failed = probe->step(message(1, "throws"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, base::Code::plugin_failed);
    EXPECT_THAT(failed.error().message, HasSubstr("org.example.probe: it broke"));
    EXPECT_THAT(words(probe->step(message(2, "nothing"))), ElementsAre("end"));
}

TEST_F(HostTest, AnExceptionThatLeavesThePluginEndsAtTheHost) {
    const auto failed = load("leaky")->step(message(1, "x"));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("out it goes"));
}

TEST_F(HostTest, APoliteFailureIsAnEnd) {
    EXPECT_THAT(words(load("probe")->step(message(1, "fails"))),
                ElementsAre("failed validation_error"));
}

TEST_F(HostTest, AFloodEndsItsTurnOnly) {
    const auto probe = load("probe");
    EXPECT_THAT(words(probe->step(message(1, "floods"))), ElementsAre("error plugin_failed"));
    // This one swallows the refusal and waits: the host has it forgotten all the same.
    EXPECT_THAT(words(probe->step(message(2, "floods_and_waits"))),
                ElementsAre("error plugin_failed"));
    EXPECT_THAT(words(probe->step(timer(2, 1))), IsEmpty());
    EXPECT_THAT(words(probe->step(message(3, "nothing"))), ElementsAre("end"));
}

TEST_F(HostTest, InvalidCommandsAreRefusedAndTheTurnGoesOn) {
    EXPECT_THAT(words(load("probe")->step(message(1, "invalid"))),
                ElementsAre("said 1", "said 1", "said 1", "said 1", "said 1", "said 1", "end"));
}

TEST_F(HostTest, WhatTheManifestDoesNotAskForIsDenied) {
    EXPECT_THAT(words(load("probe")->step(message(1, "denied"))),
                ElementsAre("said 5", "said 5", "said 5", "end"));
}

TEST_F(HostTest, ACommandFromAnotherThreadIsRefused) {
    EXPECT_THAT(words(load("probe")->step(message(1, "thread"))), ElementsAre("said 3", "end"));
}

TEST_F(HostTest, ACommandOfAnEndedTurnFindsItGone) {
    const auto probe = load("probe");
    EXPECT_THAT(words(probe->step(message(1, "keeps"))), ElementsAre("end"));
    EXPECT_THAT(words(probe->step(message(2, "uses_kept"))), ElementsAre("said 2", "end"));
}

TEST_F(HostTest, ATimerBringsTheTurnBack) {
    const auto probe = load("probe");
    EXPECT_THAT(words(probe->step(message(1, "sleeps"))), ElementsAre("state asleep", "timer 1"));
    auto due = timer(1, 1);
    due.state = "kept";
    EXPECT_THAT(words(probe->step(due)), ElementsAre(R"(said "awake kept")", "end"));
    EXPECT_THAT(words(probe->step(due)), IsEmpty());
}

TEST_F(HostTest, CancelReachesTheTurnAndItsFlag) {
    const auto probe = load("probe");
    static_cast<void>(probe->step(message(1, "sleeps")));
    const auto cancel = event_of(1, engine::CancelEvent{engine::CancelReason::client_stop});
    EXPECT_THAT(words(probe->step(cancel)), ElementsAre("said true", "end"));
}

TEST_F(HostTest, DiscardIsSilent) {
    const auto probe = load("probe");
    static_cast<void>(probe->step(message(1, "sleeps")));
    EXPECT_THAT(words(probe->step(event_of(1, engine::DiscardEvent{}))), IsEmpty());
    EXPECT_THAT(words(probe->step(timer(1, 1))), IsEmpty());
}

TEST_F(HostTest, HistoryGoesOutAndItsRowsComeBack) {
    const auto able = load("able");
    const auto asked = able->step(message(1, "history"));
    ASSERT_TRUE(asked);
    const auto& read = std::get<engine::ReadHistory>(asked->at(0));
    EXPECT_EQ(read.limit, 7u);
    EXPECT_THAT(read.types, ElementsAre("chat", "stream_end"));
    const auto row =
        std::make_shared<const events::Event>(events::Event{.offset = {3},
                                                            .at_us = 9,
                                                            .kind = events::Kind::in,
                                                            .type = {1, "chat"},
                                                            .actor = {2, "bob"},
                                                            .payload = R"({"content":"hi"})"});
    const std::vector<events::EventPtr> rows{row};
    const auto told = able->step(event_of(1, engine::EffectEvent{.op = 1, .items = rows}));
    EXPECT_THAT(words(told),
                ElementsAre(R"(row [3,true,"chat","bob","{\"content\":\"hi\"}",9])", "end"));
}

TEST_F(HostTest, HttpGoesOutAndItsPiecesComeBack) {
    const auto able = load("able");
    const auto asked = able->step(message(1, "http"));
    ASSERT_TRUE(asked);
    const auto& request = std::get<engine::HttpRequest>(asked->at(0));
    EXPECT_EQ(request.op, 1u);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://api.example/v1");
    EXPECT_THAT(request.headers, ElementsAre(std::pair<std::string, std::string>(
                                     "authorization", "Bearer {{secret:api_key}}")));
    EXPECT_EQ(request.body, "question");
    EXPECT_EQ(request.connect_timeout_ms, 10'000u);
    EXPECT_EQ(request.idle_timeout_ms, 5'000u);
    EXPECT_EQ(request.body_bytes_max, 1000u);
    EXPECT_TRUE(request.once);
    static_cast<void>(able->step(event_of(1, engine::ChunkEvent{1, 206, "half "})));
    static_cast<void>(able->step(event_of(1, engine::ChunkEvent{1, 206, "an answer"})));
    const auto cut = engine::EffectEvent{.op = 1, .outcome = engine::Outcome::interrupted};
    EXPECT_THAT(words(able->step(event_of(1, cut))),
                ElementsAre(R"(answer ["half an answer",206,3])", "end"));
}

TEST_F(HostTest, HeadersOfAResponseReachTheHandler) {
    const auto able = load("able");
    static_cast<void>(able->step(message(1, "http")));
    const engine::EffectEvent end{
        .op = 1, .status = 429, .headers = "content-type: a: b\nretry-after: 7\n"};
    EXPECT_THAT(words(able->step(event_of(1, end))),
                ElementsAre(R"(answer ["",429,0])", R"(headers ["a: b","7",""])", "end"));
}

TEST_F(HostTest, AnEmitMayNameAUsersOwnSession) {
    const auto commands = load("able")->step(message(1, "tell_home", "[1]"));
    ASSERT_TRUE(commands);
    const auto& emit = std::get<engine::Emit>(commands->at(0));
    EXPECT_EQ(emit.scope, events::Scope::followers_of);
    EXPECT_EQ(emit.party, "");
    EXPECT_EQ(emit.target, "home");
    EXPECT_EQ(emit.owner, "ann");
}

TEST_F(HostTest, AnEmitCarriesClassAudienceAndTarget) {
    const auto commands = load("able")->step(message(1, "shout", "[1, 2]"));
    ASSERT_TRUE(commands);
    const auto& emit = std::get<engine::Emit>(commands->at(0));
    EXPECT_EQ(emit.payload, "[1, 2]");
    EXPECT_EQ(emit.cls, events::Class::fleeting);
    EXPECT_EQ(emit.scope, events::Scope::all_but);
    EXPECT_EQ(emit.party, "ann");
    EXPECT_EQ(emit.target, "open/other");
}

TEST_F(HostTest, SessionsOnDifferentThreadsRunInOneInstance) {
    const auto probe = load("probe");
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&probe, t] {
            for (std::uint64_t i = 0; i < 200; ++i) {
                const std::uint64_t turn = 1 + t * 1000 + i;
                EXPECT_EQ(words(probe->step(message(turn, "sleeps"))).size(), 2u);
                EXPECT_EQ(words(probe->step(timer(turn, 1))).size(), 2u);
            }
        });
    }
    for (auto& thread : threads) thread.join();
}

// ---- activities and archived builds ------------------------------------------------------------

TEST_F(HostTest, ActivitiesRunByThePluginsId) {
    const auto probe = load("probe");
    const auto asked = probe->step(message(1, "works", "\"ab\""));
    ASSERT_TRUE(asked);
    const auto& activity = std::get<engine::RunActivity>(asked->at(0));
    const auto result = host->run_activity("org.example.probe", activity.name, activity.input);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, R"("ab""ab")");
    EXPECT_THAT(host->run_activity("org.example.probe", "unheard", "").error().message,
                HasSubstr("there is no activity unheard"));
    EXPECT_EQ(host->run_activity("org.example.probe", "huge", "").error().code,
              base::Code::plugin_failed);
    EXPECT_EQ(host->run_activity("org.example.other", "double", "").error().code,
              base::Code::not_found);
}

TEST_F(HostTest, AnArchivedBuildIsLoadedFromItsCopyWithTodaysSecrets) {
    const std::string build = load("probe", R"({"api_key":"old","greeting":"then"})")->info().build;
    restart();
    const auto now = load("probe", R"({"api_key":"new","greeting":"now"})");
    const auto archived = host->load_archived(build);
    ASSERT_TRUE(archived) << archived.error().message;
    EXPECT_EQ((*archived)->info().build, build);
    const auto said = words((*archived)->step(message(1, "config")));
    EXPECT_THAT(said[0], AllOf(HasSubstr("new"), HasSubstr("then")));
    // While somebody holds it, it is the same instance; and load()'s is found by its build too.
    EXPECT_EQ(*host->load_archived(build), *archived);
    EXPECT_EQ(*host->load_archived(now->info().build), now);
}

TEST_F(HostTest, ABuildWithoutACopyIsNotFound) {
    const std::string build = load("probe")->info().build;
    std::filesystem::remove_all(state / "plugins");
    restart();
    EXPECT_EQ(host->load_archived(build).error().code, base::Code::not_found);
    EXPECT_EQ(host->load_archived("no json").error().code, base::Code::not_found);
    EXPECT_EQ(host->load_archived(R"({"id":"../../etc","sha256":"x","config":{}})").error().code,
              base::Code::not_found);
}

}  // namespace
}  // namespace chartroom::plugin_host
