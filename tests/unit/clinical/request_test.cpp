// What a request may say, and what is refused by field and range.
#include "plugins/clinical/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plugins/clinical/quantities.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

DiagnosisRequest good(const Json& request) {
    const auto parsed = parse_diagnosis(request.dump());
    EXPECT_TRUE(parsed) << parsed.error().field << " " << parsed.error().message;
    return parsed.value_or(DiagnosisRequest{});
}

InputError bad(const Json& request) {
    const auto parsed = parse_diagnosis(request.dump());
    EXPECT_FALSE(parsed) << request;
    return parsed ? InputError{} : parsed.error();
}

Json with_vital(const std::string& name, const Json& value) {
    return {{"symptoms", {"fever"}}, {"vitals", {{name, value}}}};
}

TEST(Request, TemperaturesInCelsiusAndFahrenheit) {
    for (const Json& value :
         std::vector<Json>{38.5, "38.5", "38.5 C", "38,5 °C", "101.3 F", "101.3°F", 101.3, "101.3"})
        EXPECT_EQ(good(with_vital("temperature", value)).value(Input::temperature), 38.5) << value;
    EXPECT_EQ(good(with_vital("temperature", 101.3)).vitals[0].note, "read as °F");
}

TEST(Request, PressuresAsTheyAreWritten) {
    for (const Json& value :
         std::vector<Json>{"130/80", "130 / 80", "130/80 mmHg", "130-80", "130 over 80",
                           Json{{"systolic", 130}, {"diastolic", 80}}}) {
        const DiagnosisRequest request = good(with_vital("blood_pressure", value));
        EXPECT_EQ(request.value(Input::systolic), 130) << value;
        EXPECT_EQ(request.value(Input::diastolic), 80) << value;
    }
    for (const Json& value : std::vector<Json>{"130", "80/130", "130/80/60", "high", 130, "13/8",
                                               Json::array(), "130/80 kPa"})
        EXPECT_EQ(bad(with_vital("blood_pressure", value)).field, "vitals.blood_pressure") << value;
}

TEST(Request, ImpossibleValuesAreRefusedWithTheirRange) {
    const std::vector<std::pair<std::string, Json>> impossible{
        {"temperature", 400},       {"temperature", "400 °C"}, {"temperature", 50},
        {"heart_rate", 0},          {"heart_rate", 900},       {"respiratory_rate", -3},
        {"oxygen_saturation", 101}, {"oxygen_saturation", 5},  {"temperature", "warm"},
        {"heart_rate", true},       {"temperature", "38.5 K"}, {"glucose", "900 mmol/L"}};
    for (const auto& [name, value] : impossible) {
        const InputError error = bad(with_vital(name, value));
        EXPECT_EQ(error.field, "vitals." + name) << value;
        EXPECT_THAT(error.message, HasSubstr("must be"));
    }
    EXPECT_THAT(bad(with_vital("temperature", 400)).message, HasSubstr("from 25 to 45 °C"));
}

TEST(Request, AGlucoseThatMayBeEitherUnitIsRefused) {
    EXPECT_EQ(good(with_vital("glucose", "126 mg/dL")).value(Input::glucose), 7.0);
    EXPECT_EQ(good(with_vital("glucose", 7.2)).value(Input::glucose), 7.2);
    EXPECT_EQ(bad(with_vital("glucose", 45)).field, "vitals.glucose");
}

TEST(Request, AgesWithUnits) {
    const auto age = [](const Json& value) {
        return good({{"symptoms", {"fever"}}, {"history", {{"age", value}}}}).value(Input::age);
    };
    EXPECT_EQ(age(45), 45);
    EXPECT_EQ(age("18 months"), 1.5);
    EXPECT_NEAR(*age("6 weeks"), 0.115, 0.001);
    EXPECT_EQ(bad({{"symptoms", {"fever"}}, {"history", {{"age", 130}}}}).field, "history.age");
}

TEST(Request, DurationsAndSeverities) {
    EXPECT_EQ(parse_duration("3 days"), 72);
    EXPECT_EQ(parse_duration("for 2 weeks"), 336);
    EXPECT_EQ(parse_duration("2-3 days"), 72);
    EXPECT_EQ(parse_duration("since yesterday"), 24);
    EXPECT_EQ(parse_duration("two hours"), 2);
    EXPECT_FALSE(parse_duration("a while"));
    EXPECT_EQ(parse_severity("7/10"), 7);
    EXPECT_EQ(parse_severity("Severe"), 8);
    EXPECT_FALSE(parse_severity("11"));
}

TEST(Request, WrongTypesNameTheField) {
    EXPECT_EQ(bad(Json::array()).field, "data");
    EXPECT_EQ(bad(Json::object()).field, "symptoms");
    EXPECT_EQ(bad({{"symptoms", "fever"}}).field, "symptoms");
    EXPECT_EQ(bad({{"symptoms", Json::array()}}).field, "symptoms");
    EXPECT_EQ(bad({{"symptoms", {1}}}).field, "symptoms[0]");
    EXPECT_EQ(bad({{"symptoms", {{{"severity", "mild"}}}}}).field, "symptoms[0].name");
    EXPECT_EQ(bad({{"symptoms", {{{"name", "x"}, {"absent", "no"}}}}}).field, "symptoms[0].absent");
    EXPECT_EQ(bad({{"symptoms", {"fever"}}, {"vitals", 3}}).field, "vitals");
    EXPECT_EQ(bad({{"symptoms", {"fever"}}, {"history", {{"sex", "x"}}}}).field, "history.sex");
    EXPECT_EQ(bad({{"symptoms", {"fever"}}, {"history", {{"conditions", "asthma"}}}}).field,
              "history.conditions");
    EXPECT_EQ(bad({{"symptoms", {"fever"}}, {"setting", "ship"}}).field, "setting");
    EXPECT_EQ(bad(with_vital("consciousness", "sleepy")).field, "vitals.consciousness");
    EXPECT_FALSE(parse_diagnosis("{\"symptoms\": [").has_value());
    EXPECT_FALSE(parse_diagnosis(std::string(100, '[')).has_value());
}

TEST(Request, MoreThanItsBoundsIsRefused) {
    EXPECT_EQ(bad({{"symptoms", std::vector<std::string>(101, "fever")}}).field, "symptoms");
    EXPECT_EQ(bad({{"symptoms", {std::string(201, 'x')}}}).field, "symptoms[0]");
}

TEST(Request, ATrueInTheHistoryIsARiskFactorByItsName) {
    const DiagnosisRequest request = good(
        {{"symptoms", {"cough"}},
         {"history",
          {{"smoker", true}, {"diabetes", false}, {"medications", {{{"name", "warfarin"}}}}}}});
    EXPECT_THAT(request.history, ::testing::UnorderedElementsAre("smoker", "warfarin"));
    EXPECT_THAT(request.not_history, ::testing::ElementsAre("diabetes"));
}

}  // namespace
}  // namespace clinical
