// Requests as clients write them, and what is refused with which field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/clinical/prescribing_fixture.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

TEST(PrescriptionRequest, UnitsAreRead) {
    const auto request = request_of(
        ask("pain", {{"age", "8 months"}, {"weight", "17.6 lb"}, {"sex", "F"}, {"egfr", 90}}));
    EXPECT_NEAR(request.patient.age, 8.0 / 12, 1e-9);
    EXPECT_NEAR(*request.patient.weight, 8.0, 0.05);
    EXPECT_EQ(request.patient.female, true);
    EXPECT_EQ(request.patient.egfr, 90);
}

TEST(PrescriptionRequest, WhatIsNotGivenStaysUnknown) {
    const auto request = request_of(Json{{"diagnosis", "pain"}, {"patient_info", {{"age", 40}}}});
    EXPECT_FALSE(request.patient.weight || request.patient.female || request.patient.pregnant ||
                 request.patient.egfr || request.patient.hepatic);
    EXPECT_FALSE(request.allergies_stated);
    const Json out = answer(Json{{"diagnosis", "pain"}, {"patient_info", {{"age", 40}}}}).result;
    EXPECT_THAT(out["missing_information"].dump(), HasSubstr("allergies were not stated"));
}

TEST(PrescriptionRequest, FieldsThatNoRuleKnowsAreSaid) {
    const Json out = result(ask("pain", {{"age", 40}, {"conditions", {"peptic ulcer"}}}));
    EXPECT_EQ(out["not_considered"], Json::array({"patient_info.conditions"}));
}

struct Bad {
    Json data;
    const char* field;
};

TEST(PrescriptionRequest, BadInputNamesTheField) {
    const auto patient = [](Json patient) { return ask("pain", std::move(patient)); };
    const std::vector<Bad> all{
        {Json(), "data"},
        {Json::array(), "data"},
        {Json::parse("{broken", nullptr, false), "data"},
        {Json{{"patient_info", {{"age", 40}}}}, "diagnosis"},
        {ask("  ", {{"age", 40}}), "diagnosis"},
        {ask(std::string(300, 'x'), {{"age", 40}}), "diagnosis"},
        {Json{{"diagnosis", 5}, {"patient_info", {{"age", 40}}}}, "diagnosis"},
        {Json{{"diagnosis", "pain"}}, "patient_info"},
        {Json{{"diagnosis", "pain"}, {"patient_info", "a man"}}, "patient_info"},
        {patient(Json::object()), "patient_info.age"},
        {patient({{"age", -1}}), "patient_info.age"},
        {patient({{"age", 130}}), "patient_info.age"},
        {patient({{"age", "old"}}), "patient_info.age"},
        {patient({{"age", true}}), "patient_info.age"},
        {patient({{"age", "5 lightyears"}}), "patient_info.age"},
        {patient({{"age", 40}, {"weight", 4000}}), "patient_info.weight"},
        {patient({{"age", 40}, {"weight", 0}}), "patient_info.weight"},
        {patient({{"age", 40}, {"weight", "70 stone"}}), "patient_info.weight"},
        {patient({{"age", 40}, {"weight", Json::array({70})}}), "patient_info.weight"},
        {patient({{"age", 40}, {"sex", "x"}}), "patient_info.sex"},
        {patient({{"age", 40}, {"sex", 1}}), "patient_info.sex"},
        {patient({{"age", 40}, {"pregnant", "yes"}}), "patient_info.pregnant"},
        {patient({{"age", 40}, {"sex", "male"}, {"pregnant", true}}), "patient_info.pregnant"},
        {patient({{"age", 40}, {"pregnancy_weeks", 60}}), "patient_info.pregnancy_weeks"},
        {patient({{"age", 40}, {"pregnant", false}, {"pregnancy_weeks", 20}}),
         "patient_info.pregnancy_weeks"},
        {patient({{"age", 40}, {"egfr", -3}}), "patient_info.egfr"},
        {patient({{"age", 40}, {"egfr", "low"}}), "patient_info.egfr"},
        {patient({{"age", 40}, {"creatinine", 25}}), "patient_info.creatinine"},
        {patient({{"age", 40}, {"creatinine", "90 furlongs"}}), "patient_info.creatinine"},
        {patient({{"age", 40}, {"hepatic", "bad"}}), "patient_info.hepatic"},
        {patient({{"age", 40}, {"hepatic", true}}), "patient_info.hepatic"},
        {ask("pain", {{"age", 40}}, {{"a", 5}}), "allergies"},
        {ask("pain", {{"age", 40}}, {5}), "allergies[0]"},
        {ask("pain", {{"age", 40}}, {"penicillin", ""}), "allergies[1]"},
        {ask("pain", {{"age", 40}}, Json::array({Json{{"name", 5}}})), "allergies[0].name"},
        {ask("pain", {{"age", 40}}, Json(51, "penicillin")), "allergies"},
        {ask("pain", {{"age", 40}}, Json::array(), 7), "current_medications"},
        {ask("pain", {{"age", 40}}, Json::array(), {std::string(500, 'x')}),
         "current_medications[0]"}};
    for (const Bad& bad : all) {
        const auto request = read_prescription_request(bad.data);
        ASSERT_FALSE(request) << bad.data;
        EXPECT_EQ(request.error().field, bad.field) << bad.data;
        EXPECT_FALSE(request.error().message.empty());
    }
}

}  // namespace
}  // namespace clinical
