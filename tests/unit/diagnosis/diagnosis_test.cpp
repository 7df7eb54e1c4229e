// The diagnosis plugin: stages, their order and fields, refusals, pace, configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/chat/plugin_driver.hpp"

namespace {

using Json = nlohmann::json;
using chat::PluginDriver;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Json kPlain{{"pace_ms", 0}, {"data_directory", ""}};
const Json kHeartAttack{
    {"symptoms", {{{"name", "chest pain"}, {"severity", "severe"}}, {{"name", "sweating"}}}},
    {"vitals", {{"blood_pressure", "130/80"}, {"heart_rate", 98}}},
    {"history", {{"age", 60}, {"sex", "male"}, {"conditions", {"diabetes"}}}}};

std::vector<int> percents(const PluginDriver& plugin) {
    std::vector<int> percents;
    for (const auto& event : plugin.emitted())
        if (event.type == "progress") percents.push_back(event.data["progress"].get<int>());
    return percents;
}

TEST(DiagnosisPlugin, TheStagesComeInOrderAndEndWithTheResult) {
    PluginDriver plugin(kPlain);
    plugin.message(kHeartAttack);
    EXPECT_THAT(percents(plugin), ElementsAre(10, 30, 50, 70, 90, 100));
    ASSERT_EQ(plugin.emitted().back().type, "complete");
    const Json result = plugin.emitted().back().data["result"];
    EXPECT_THAT(result["primary_diagnosis"].get<std::string>(), HasSubstr("coronary"));
    EXPECT_EQ(result["urgency"], "emergency");
    EXPECT_EQ(result["medications"], Json::array());
    for (const char* field :
         {"confidence", "differential", "recommended_tests", "kb_version", "disclaimer"})
        EXPECT_TRUE(result.contains(field)) << field;
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
    EXPECT_TRUE(plugin.timers_us.empty());
}

TEST(DiagnosisPlugin, EachStageStreamsItsFields) {
    PluginDriver plugin(kPlain);
    plugin.message(kHeartAttack);
    std::string stage;
    std::map<std::string, Json> first;
    for (const auto& event : plugin.emitted()) {
        if (event.type == "progress") stage = event.data["stage"];
        if (event.type == "stream_chunk") first.try_emplace(stage, event.data["content"]);
    }
    const std::map<std::string, std::vector<std::string>> fields{
        {"symptoms_analysis", {"matched", "unmatched", "red_flags"}},
        {"vitals_evaluation", {"vitals", "scores"}},
        {"history_review", {"risk_factors", "exclusions"}},
        {"differential_diagnosis",
         {"diagnosis", "probability", "icd10", "for", "against", "dont_miss"}},
        {"primary_diagnosis",
         {"diagnosis", "reasoning", "recommended_tests", "urgency", "urgency_reason", "confidence",
          "alternatives", "missing_information", "safety_net", "sources"}}};
    for (const auto& [name, expected] : fields)
        for (const std::string& field : expected)
            EXPECT_TRUE(first[name].contains(field)) << name << "." << field;
}

TEST(DiagnosisPlugin, AnEmergencyComesBeforeTheFirstStage) {
    PluginDriver plugin(kPlain);
    plugin.message(kHeartAttack);
    ASSERT_EQ(plugin.emitted().front().type, "emergency");
    EXPECT_EQ(plugin.emitted().front().data["level"], "emergency");
    EXPECT_EQ(plugin.emitted().front().data["message_id"], PluginDriver::kAnswerId);
    PluginDriver calm(kPlain);
    calm.message(Json{{"symptoms", {"runny nose"}}});
    EXPECT_EQ(calm.emitted().front().type, "progress");
}

TEST(DiagnosisPlugin, ARefusalNamesTheFieldAndTheAcceptedForm) {
    PluginDriver plugin(kPlain);
    plugin.message(Json{{"symptoms", {"fever"}}, {"vitals", {{"temperature", "400 C"}}}});
    ASSERT_THAT(plugin.types(), ElementsAre("error"));
    EXPECT_EQ(plugin.emitted()[0].data["code"], "validation_error");
    EXPECT_EQ(plugin.emitted()[0].data["field"], "vitals.temperature");
    EXPECT_THAT(plugin.emitted()[0].data["message"].get<std::string>(), HasSubstr("from 25 to 45"));
    EXPECT_EQ(plugin.ends, 1u);
}

TEST(DiagnosisPlugin, ThePaceIsATimerBetweenStages) {
    PluginDriver plugin({{"pace_ms", 20}, {"data_directory", ""}});
    plugin.message(kHeartAttack);
    for (int stages = 1; stages < 6; ++stages) {
        EXPECT_EQ(percents(plugin).size(), static_cast<std::size_t>(stages));
        plugin.timer();
    }
    EXPECT_EQ(plugin.timers_us, std::vector<std::uint64_t>(5, 20'000));
    EXPECT_EQ(plugin.emitted().back().type, "complete");
}

TEST(DiagnosisPlugin, AnotherFolderOfDataIsReadAndItsErrorsNamed) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "chartroom_diagnosis_data";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "scores.json") << R"([{"id":"a","label":"b"}])";
    try {
        PluginDriver plugin({{"pace_ms", 0}, {"data_directory", folder.string()}});
        FAIL() << "accepted";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("scores.json, row 1 (a), field"));
    }
    std::filesystem::remove_all(folder);
    EXPECT_THROW(PluginDriver({{"pace_ms", 0}, {"data_directory", folder.string()}}),
                 std::runtime_error);
}

}  // namespace
