// The data files: what ships loads, and what is wrong is refused by file, row and field.
#include "plugins/clinical/knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// The embedded data with the first row of `file` changed.
std::string problem(const std::string& file, const std::function<void(Json&)>& change) {
    DataSet data = embedded_data();
    Json rows = Json::parse(data.files.at(file));
    change(rows);
    data.files[file] = rows.dump();
    const auto loaded = load_knowledge(data);
    return loaded ? "accepted" : loaded.error();
}

TEST(Knowledge, WhatShipsLoads) {
    const auto loaded = load_knowledge(embedded_data());
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_GE((*loaded)->conditions.size(), 85u);
    EXPECT_GE((*loaded)->findings.size(), 120u);
    EXPECT_GE((*loaded)->red_flags.all().size(), 25u);
}

TEST(Knowledge, ARowWithoutASourceIsRefused) {
    for (const char* file :
         {"findings.json", "conditions.json", "red_flags.json", "scores.json", "grades.json"})
        EXPECT_THAT(problem(file, [](Json& rows) { rows[0].erase("src"); }),
                    AllOf(HasSubstr(file), HasSubstr("row 1"), HasSubstr("src")));
}

TEST(Knowledge, ASourceThatIsNotThereIsRefused) {
    for (const char* file : {"findings.json", "conditions.json", "red_flags.json", "scores.json"})
        EXPECT_THAT(problem(file, [](Json& rows) { rows[0]["src"] = "nobody"; }),
                    AllOf(HasSubstr(file), HasSubstr("field src")));
}

TEST(Knowledge, AnIdThatStandsTwiceIsRefused) {
    for (const char* file : {"sources.json", "findings.json", "conditions.json", "red_flags.json",
                             "scores.json", "grades.json"})
        EXPECT_THAT(problem(file, [](Json& rows) { rows.insert(rows.begin(), rows[0]); }),
                    AllOf(HasSubstr(file), HasSubstr("row 2"), HasSubstr("field id")));
}

TEST(Knowledge, AFindingThatIsNotThereIsRefused) {
    EXPECT_THAT(
        problem("conditions.json", [](Json& rows) { rows[0]["brings"][0] = "nothing"; }),
        AllOf(HasSubstr("conditions.json, row 1 (uri), field brings"), HasSubstr("nothing")));
    EXPECT_THAT(problem("red_flags.json", [](Json& rows) { rows[0]["any"][0] = "nothing"; }),
                HasSubstr("field any: no finding has the id nothing"));
    EXPECT_THAT(problem("red_flags.json", [](Json& rows) { rows[0]["conditions"][0] = "nothing"; }),
                HasSubstr("no condition has the id nothing"));
}

TEST(Knowledge, AProbabilityOutsideZeroToOneIsRefused) {
    for (const double p : {-0.1, 1.1, 0.0})
        EXPECT_THAT(
            problem("conditions.json",
                    [p](Json& rows) { rows[0]["priors"][0] = {{"p", p}, {"src", "okkes2002"}}; }),
            AllOf(HasSubstr("row 1 (uri), priors 1"), HasSubstr("field p")))
            << p;
}

TEST(Knowledge, AnIncidenceIsAboveZeroAndBelowTheWhole) {
    for (const double per_1000 : {-1.0, 0.0, 1001.0})
        EXPECT_THAT(problem("conditions.json",
                            [per_1000](Json& rows) {
                                rows[0]["priors"][0] = {{"per_1000_years", per_1000},
                                                        {"src", "okkes2002"}};
                            }),
                    HasSubstr("row 1 (uri), priors 1"))
            << per_1000;
}

TEST(Knowledge, WhatHasAWeightIsNotBroughtAsWell) {
    EXPECT_THAT(problem("conditions.json",
                        [](Json& rows) {
                            Json& brings = rows[0]["brings"];
                            brings.push_back(brings[0]);
                        }),
                HasSubstr("field brings"));
}

// What nobody published a number for is the smaller part, and says so.
TEST(Knowledge, AtMostAQuarterOfTheWeightsIsByConvention) {
    const auto loaded = load_knowledge(embedded_data());
    ASSERT_TRUE(loaded);
    double all = 0, by_convention = 0;
    const auto count = [&](Status status) {
        all += 1;
        by_convention += status == Status::estimated ? 1 : 0;
    };
    for (const Condition& condition : (*loaded)->conditions.all()) {
        for (const Prior& prior : condition.priors) count(prior.status);
        for (const Composite& composite : condition.composites) count(composite.status);
        for (const Evidence& evidence : condition.evidence)
            if (!evidence.brought) count(evidence.status);
    }
    EXPECT_GT(all, 700);
    EXPECT_LE(by_convention / all, 0.25);
}

TEST(Knowledge, AMisspeltFieldIsRefused) {
    EXPECT_THAT(problem("findings.json", [](Json& rows) { rows[0]["synonims"] = Json::array(); }),
                HasSubstr("field synonims: is not a field of this file"));
}

TEST(Knowledge, WhatTheEngineAsksForByNameIsThere) {
    DataSet data = embedded_data();
    for (const char* file : {"conditions.json", "red_flags.json", "scores.json"})
        data.files[file] = "[]";
    data.files["findings.json"] =
        R"([{"id":"cough","label":"cough","type":"symptom","src":"icpc2"}])";
    EXPECT_THAT(load_knowledge(data).error(),
                AllOf(HasSubstr("findings.json"), HasSubstr("female")));
}

TEST(Knowledge, TwoFindingsWithOneNameAreRefused) {
    EXPECT_THAT(problem("findings.json", [](Json& rows) { rows[1]["label"] = rows[0]["label"]; }),
                AllOf(HasSubstr("findings.json"), HasSubstr("another finding answers to")));
}

TEST(Knowledge, WhatIsNoJsonIsRefusedByItsPlace) {
    DataSet data = embedded_data();
    data.files["scores.json"] = "[{]";
    EXPECT_THAT(load_knowledge(data).error(), AllOf(HasSubstr("scores.json"), HasSubstr("byte 3")));
    data.files.erase("scores.json");
    EXPECT_THAT(load_knowledge(data).error(), HasSubstr("scores.json"));
}

TEST(Knowledge, TheVersionFollowsTheData) {
    DataSet data = embedded_data();
    const std::string version = kb_version(data);
    data.files["scores.json"] += " ";
    EXPECT_NE(kb_version(data), version);
    EXPECT_EQ(kb_version(embedded_data()), version);
}

}  // namespace
}  // namespace clinical
