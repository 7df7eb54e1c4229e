// The plugin's messages, driven through its entry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/plugin_driver.hpp"

namespace prescription {
namespace {

using chat::Emitted;
using chat::PluginDriver;
using Json = nlohmann::json;
using ::testing::HasSubstr;

const Json kAsk{{"diagnosis", "otitis media"},
                {"patient_info", {{"age", 4}, {"weight", 16}}},
                {"allergies", {"penicillin"}},
                {"current_medications", Json::array()}};

Json config(int pace_ms) {
    return {{"pace_ms", pace_ms}, {"data_directory", ""}};
}

TEST(PrescriptionPlugin, StagesThenTheResultInOneStep) {
    PluginDriver plugin(config(0));
    plugin.message(kAsk, "prescription");
    const auto& events = plugin.emitted();
    std::vector<int> progress;
    for (const Emitted& event : events)
        if (event.type == "progress") progress.push_back(event.data["progress"]);
    EXPECT_EQ(progress, (std::vector<int>{10, 30, 60, 80, 95, 100}));
    EXPECT_EQ(events.back().type, "complete");
    EXPECT_EQ(events[events.size() - 2].data["progress"], 100);
    EXPECT_EQ(events.back().data["result"]["medications"][0]["medication"], "clarithromycin");
    EXPECT_EQ(events[1].type, "stream_chunk");
    EXPECT_EQ(events[1].data["content"]["allergies"][0]["input"], "penicillin");
    EXPECT_EQ(plugin.timers_us.size(), 0u);
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
}

TEST(PrescriptionPlugin, PaceIsARecordedTimerBetweenStages) {
    PluginDriver plugin(config(250));
    plugin.message(kAsk, "prescription");
    for (int stage = 1; stage < 6; ++stage) {
        EXPECT_EQ(plugin.ends, 0u);
        plugin.timer();
    }
    EXPECT_EQ(plugin.timers_us, std::vector<std::uint64_t>(5, 250'000));
    EXPECT_EQ(plugin.emitted().back().type, "complete");
    EXPECT_EQ(plugin.ends, 1u);
}

TEST(PrescriptionPlugin, AnErrorNamesTheFieldAndTheAcceptedForm) {
    PluginDriver plugin(config(0));
    Json wrong = kAsk;
    wrong["patient_info"]["weight"] = "heavy";
    plugin.message(wrong, "prescription");
    ASSERT_EQ(plugin.emitted().size(), 1u);
    const Emitted& error = plugin.emitted()[0];
    EXPECT_EQ(error.type, "error");
    EXPECT_EQ(error.data["code"], "validation_error");
    EXPECT_EQ(error.data["field"], "patient_info.weight");
    EXPECT_THAT(error.data["message"].get<std::string>(), HasSubstr("kg"));
    EXPECT_EQ(plugin.ends_failed, 0u);
}

TEST(PrescriptionPlugin, WhatIsNoJsonIsAnErrorToo) {
    PluginDriver plugin(config(0));
    plugin.message(std::string_view("{"), "prescription");
    EXPECT_EQ(plugin.emitted().at(0).data["field"], "data");
}

TEST(PrescriptionPlugin, TheSameInputGivesTheSameBytes) {
    std::vector<std::string> runs;
    for (int run = 0; run < 2; ++run) {
        PluginDriver plugin(config(0));
        plugin.message(kAsk, "prescription");
        std::string all;
        for (const Emitted& event : plugin.emitted()) all += event.type + event.data.dump();
        runs.push_back(all);
    }
    EXPECT_EQ(runs[0], runs[1]);
}

}  // namespace
}  // namespace prescription
