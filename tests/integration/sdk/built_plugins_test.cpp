// Loads the plugins that out_of_tree.cmake has built against the installed SDK, and talks to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/plugin_host/plugin_host.hpp"

namespace chartroom::plugin_host {
namespace {

using testing::ElementsAre;

class BuiltPlugins : public testing::Test {
  protected:
    BuiltPlugins() {
        const char* folder = std::getenv("CHARTROOM_BUILT_PLUGINS");
        if (folder == nullptr) return;
        built = folder;
        state = built / "state";
        std::filesystem::create_directories(state);
        page = CrashPage::open(state / "crash.page", random).value();
        host = std::make_unique<PluginHost>(state, clock, *page);
    }
    void SetUp() override { ASSERT_NE(host, nullptr) << "run through out_of_tree.cmake"; }

    engine::HandlerPtr load(const std::string& file) {
        auto loaded = host->load({.file = built / file, .config_json = "{}"});
        EXPECT_TRUE(loaded) << loaded.error().message;
        return loaded ? *loaded : nullptr;
    }
    // The step's emits as "type payload"; of an END that failed, its code.
    std::vector<std::string> give(const engine::HandlerPtr& handler, std::uint64_t turn,
                                  decltype(engine::StepEvent::body) body) {
        engine::StepEvent event;
        event.turn = {turn};
        event.session = {"open/s"};
        event.offset = {turn};
        event.state = plugin_state;
        event.body = std::move(body);
        std::vector<std::string> said;
        const auto commands = handler->step(event);
        EXPECT_TRUE(commands) << commands.error().message;
        for (const auto& command : *commands) {
            if (const auto* set = std::get_if<engine::SetState>(&command))
                plugin_state = set->bytes;
            if (const auto* emit = std::get_if<engine::Emit>(&command))
                said.push_back(emit->type + " " + emit->payload);
            if (const auto* end = std::get_if<engine::End>(&command); end && end->failed)
                said.push_back(end->code);
        }
        return said;
    }
    static engine::MessageEvent message(std::string_view type, std::string_view payload) {
        return {.type = type, .payload = payload, .actor = "ann", .inbound = {1}};
    }

    base::SystemClock clock;
    base::SystemRandom random;
    std::filesystem::path built, state;
    std::unique_ptr<CrashPage> page;
    std::unique_ptr<PluginHost> host;
    std::string plugin_state;
};

TEST_F(BuiltPlugins, PlainCEchoes) {
    const auto echo = load("examples/c_echo.so");
    EXPECT_THAT(give(echo, 1, message("c_echo", R"({"a": 1})")), ElementsAre(R"(c_echo {"a": 1})"));
}

TEST_F(BuiltPlugins, CounterCountsAcrossTurns) {
    const auto counter = load("examples/counter.so");
    EXPECT_THAT(give(counter, 1, message("count", "{}")), ElementsAre("count 1"));
    EXPECT_THAT(give(counter, 2, message("count", "{}")), ElementsAre("count 2"));
    EXPECT_THAT(give(counter, 1, engine::TimerEvent{1}), ElementsAre("count_later 2"));
}

TEST_F(BuiltPlugins, PoliteFailsWithACode) {
    const auto divide = load("examples/polite.so");
    EXPECT_THAT(give(divide, 1, message("divide", R"({"number":2,"by":3})")),
                ElementsAre("quotient 0.67"));
    EXPECT_THAT(give(divide, 2, message("divide", R"({"by":0})")), ElementsAre("validation_error"));
}

TEST_F(BuiltPlugins, WeatherStreams) {
    const auto weather = load("examples/weather.so");
    give(weather, 1, message("weather", "{}"));
    EXPECT_THAT(give(weather, 1, engine::ChunkEvent{1, 200, "rain"}),
                ElementsAre("weather_piece rain"));
    EXPECT_THAT(give(weather, 1, engine::EffectEvent{.op = 1, .status = 200}),
                ElementsAre("weather_end {}"));
}

TEST_F(BuiltPlugins, TheTemplateIsAPlugin) {
    EXPECT_THAT(give(load("template/my_plugin.so"), 1, message("my_message", "7")),
                ElementsAre("my_answer 7"));
}

}  // namespace
}  // namespace chartroom::plugin_host
