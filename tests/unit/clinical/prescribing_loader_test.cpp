// What the loader refuses, with the row and field in its words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/clinical/prescribing_fixture.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// The refusal of the embedded data with one row changed.
std::string refusal(const std::string& file, const std::function<void(Json& rows)>& change) {
    DataSet data = embedded_data();
    Json rows = Json::parse(data.files.at(file));
    change(rows);
    data.files[file] = rows.dump();
    const auto loaded = load_formulary(data);
    return loaded ? "" : loaded.error();
}

Json& row_of(Json& rows, const std::string& key, const std::string& value) {
    for (Json& row : rows)
        if (row[key] == value) return row;
    ADD_FAILURE() << value;
    return rows[0];
}

TEST(FormularyLoader, TakesTheEmbeddedData) {
    EXPECT_EQ(refusal("drugs.json", [](Json&) {}), "");
    EXPECT_GE(formulary().drugs.all().size(), 60u);
    EXPECT_GE(formulary().interactions.all().size(), 80u);
    EXPECT_GE(formulary().regimens.all().size(), 40u);
}

TEST(FormularyLoader, RefusesARowWithoutASource) {
    for (const char* file : {"drugs.json", "drug_classes.json", "allergy_groups.json",
                             "interactions.json", "regimens.json", "plans.json"})
        EXPECT_THAT(refusal(file, [](Json& rows) { rows[1].erase("src"); }),
                    AllOf(HasSubstr(file), HasSubstr("row 2"), HasSubstr("src")));
}

TEST(FormularyLoader, RefusesIdsThatLeadNowhere) {
    EXPECT_THAT(refusal("interactions.json", [](Json& rows) { rows[0]["a"] = "unobtainium"; }),
                HasSubstr("no drug and no class"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["drug"] = "unobtainium"; }),
                HasSubstr("field drug"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["condition"] = "nothing"; }),
                HasSubstr("field condition"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["src"] = "nothing"; }),
                HasSubstr("field src"));
    EXPECT_THAT(refusal("drugs.json", [](Json& rows) { rows[0]["classes"] = {"nothing"}; }),
                HasSubstr("no class"));
    EXPECT_THAT(refusal("drugs.json", [](Json& rows) { rows[0]["allergy_groups"] = {"nothing"}; }),
                HasSubstr("no group"));
}

TEST(FormularyLoader, RefusesADoseAboveACap) {
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["adult"]["dose"] = 1001; }),
                HasSubstr("max_dose"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["adult"]["per_day"] = 12; }),
                HasSubstr("max_day"));
    EXPECT_THAT(
        refusal("regimens.json",
                [](Json& rows) { row_of(rows, "drug", "paracetamol")["child"][0]["per_kg"] = 20; }),
        HasSubstr("per_kg"));
    EXPECT_THAT(
        refusal("regimens.json",
                [](Json& rows) { row_of(rows, "drug", "paracetamol")["child"][0].erase("cap"); }),
        HasSubstr("cap"));
    EXPECT_THAT(
        refusal("plans.json",
                [](Json& rows) { row_of(rows, "id", "acs")["first_aid_drug"]["dose"] = 900; }),
        HasSubstr("max_dose"));
}

TEST(FormularyLoader, RefusesWhatIsMisspeltDoubledOrOfTheWrongType) {
    EXPECT_THAT(refusal("drugs.json", [](Json& rows) { rows[0]["max_dya"] = 1; }),
                HasSubstr("max_dya"));
    EXPECT_THAT(refusal("drugs.json", [](Json& rows) { rows.push_back(rows[0]); }),
                HasSubstr("earlier row"));
    EXPECT_THAT(refusal("interactions.json", [](Json& rows) { rows.push_back(rows[0]); }),
                HasSubstr("earlier row"));
    EXPECT_THAT(refusal("interactions.json", [](Json& rows) { rows[0]["severity"] = "bad"; }),
                HasSubstr("severity"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["if"] = {"tall"}; }),
                HasSubstr("field if"));
    EXPECT_THAT(refusal("regimens.json", [](Json& rows) { rows[0]["status"] = "sure"; }),
                HasSubstr("status"));
    EXPECT_THAT(refusal("plans.json", [](Json& rows) { rows[0] = 5; }), HasSubstr("object"));
}

TEST(FormularyLoader, AtMostAQuarterIsEstimated) {
    std::size_t all = 0;
    std::size_t estimated = 0;
    for (const char* file : {"drugs.json", "drug_classes.json", "allergy_groups.json",
                             "interactions.json", "regimens.json", "plans.json"})
        for (const Json& row : Json::parse(embedded_data().files.at(file))) {
            ++all;
            estimated += row["status"] == "estimated" ? 1 : 0;
        }
    EXPECT_LE(4 * estimated, all);
}

}  // namespace
}  // namespace clinical
