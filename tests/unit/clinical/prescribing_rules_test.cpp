// What prescribing holds to, rule by rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/clinical/assessment.hpp"
#include "plugins/clinical/formulas.hpp"
#include "tests/unit/clinical/prescribing_fixture.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Json kWoman{{"age", 30},         {"weight", 62}, {"sex", "female"},
                  {"pregnant", false}, {"egfr", 95},   {"hepatic", "none"}};
const Json kMan{{"age", 45}, {"weight", 80}, {"sex", "male"}, {"egfr", 95}, {"hepatic", "none"}};

Json with(Json patient, const Json& more) {
    patient.update(more);
    return patient;
}

std::vector<std::string> blocked_by(const std::string& allergy) {
    std::vector<std::string> ids;
    const AllergyCheck check = check_allergies(formulary(), {allergy});
    for (const std::size_t index : check.items.at(0).blocked)
        ids.push_back(formulary().drugs[index].id);
    return ids;
}

std::vector<std::string> warned_by(const std::string& allergy) {
    std::vector<std::string> ids;
    const AllergyCheck check = check_allergies(formulary(), {allergy});
    for (const std::size_t index : check.items.at(0).warned)
        ids.push_back(formulary().drugs[index].id);
    return ids;
}

TEST(AllergyRules, PenicillinBlocksEveryPenicillinAndEverySideChainOfOne) {
    const auto blocked = blocked_by("penicillin");
    for (const char* id : {"phenoxymethylpenicillin", "benzylpenicillin", "amoxicillin",
                           "flucloxacillin", "pivmecillinam", "co_amoxiclav", "ampicillin",
                           "cefalexin", "cefaclor", "cefadroxil", "cefprozil", "cefoxitin"})
        EXPECT_THAT(blocked, Contains(id));
    for (const char* id : {"ceftriaxone", "cefazolin", "meropenem", "aztreonam", "doxycycline"})
        EXPECT_THAT(blocked, Not(Contains(id)));
}

TEST(AllergyRules, SharedSideChainsGoAcrossClasses) {
    const std::vector<std::vector<std::string>> groups{{"ampicillin", "cefalexin", "cefaclor"},
                                                       {"amoxicillin", "cefadroxil", "cefprozil"},
                                                       {"benzylpenicillin", "cefoxitin"},
                                                       {"ceftriaxone", "cefotaxime", "cefepime"},
                                                       {"ceftazidime", "aztreonam"}};
    for (const auto& group : groups)
        for (const std::string& allergic : group)
            for (const std::string& other : group)
                EXPECT_THAT(blocked_by(allergic), Contains(other)) << allergic;
}

TEST(AllergyRules, CefazolinStandsAlone) {
    EXPECT_THAT(blocked_by("cefazolin (rash)"), ElementsAre("cefazolin"));
    EXPECT_THAT(blocked_by("cefalexin"), Not(Contains("cefazolin")));
    EXPECT_THAT(blocked_by("cefazolin (DRESS)"), Contains("amoxicillin"));
}

TEST(AllergyRules, OnePenicillinDoesNotBlockWhatHasAnotherSideChain) {
    const auto blocked = blocked_by("flucloxacillin");
    EXPECT_THAT(blocked, Contains("amoxicillin"));
    for (const char* id : {"ceftriaxone", "cefuroxime", "meropenem", "aztreonam"})
        EXPECT_THAT(blocked, Not(Contains(id)));
    EXPECT_THAT(warned_by("flucloxacillin"), Contains("ceftriaxone"));
}

TEST(AllergyRules, ASevereOrUnknownReactionWarnsOfRelativesAMildOneDoesNot) {
    EXPECT_THAT(warned_by("penicillin (anaphylaxis)"), Contains("ceftriaxone"));
    EXPECT_THAT(warned_by("penicillin"), Contains("ceftriaxone"));
    EXPECT_THAT(warned_by("penicillin, mild rash"), IsEmpty());
}

TEST(AllergyRules, AfterASevereCutaneousReactionThereIsNoBetaLactam) {
    const auto blocked = blocked_by("amoxicillin: Stevens-Johnson syndrome");
    for (const Drug& one : formulary().drugs.all())
        for (const std::size_t group : one.groups)
            if (formulary().groups[group].id == "beta_lactam") {
                EXPECT_THAT(blocked, Contains(one.id));
            }
    EXPECT_THAT(blocked, Contains("aztreonam"));
    EXPECT_THAT(blocked, Contains("meropenem"));
}

TEST(AllergyRules, SulfonamideAntibioticsDoNotBlockDiuretics) {
    EXPECT_THAT(blocked_by("sulfa"),
                ElementsAre("co_trimoxazole", "sulfadiazine", "sulfasalazine"));
    EXPECT_THAT(warned_by("sulfa"), Contains("furosemide"));
    EXPECT_THAT(warned_by("sulfa"), Contains("hydrochlorothiazide"));
}

TEST(AllergyRules, OneCox1InhibitorBlocksAll) {
    for (const char* allergic : {"aspirin", "ibuprofen", "NSAIDs", "aspirin-sensitive asthma"})
        for (const char* other : {"aspirin", "ibuprofen", "naproxen", "diclofenac"})
            EXPECT_THAT(blocked_by(allergic), Contains(other)) << allergic;
    EXPECT_THAT(blocked_by("aspirin"), Not(Contains("paracetamol")));
}

TEST(AllergyRules, AceInhibitorAngioedemaBlocksTheClassAndWarnsOfArbs) {
    EXPECT_THAT(blocked_by("ramipril - angioedema"),
                ElementsAre("ramipril", "lisinopril", "enalapril"));
    EXPECT_THAT(warned_by("ramipril - angioedema"), Contains("losartan"));
}

TEST(AllergyRules, TheOtherGroupsBlockTheirs) {
    EXPECT_THAT(blocked_by("clarithromycin"), Contains("erythromycin"));
    EXPECT_THAT(blocked_by("cipro"), Contains("levofloxacin"));
    EXPECT_THAT(blocked_by("tetracyclines"), Contains("doxycycline"));
    EXPECT_THAT(blocked_by("azole antifungals"), Contains("fluconazole"));
    EXPECT_THAT(blocked_by("codeine"), Contains("morphine"));
}

TEST(AllergyRules, WhatIsWrittenIsFoundAsPeopleWriteIt) {
    for (const char* text : {"penicilin", "allergic to Penicillin", "PENICILLIN (hives)",
                             "allergy: penicillin V", "Augmentin"})
        EXPECT_THAT(blocked_by(text), Contains("amoxicillin")) << text;
    const Json chunk =
        answer(ask("pain", kMan, {Json{{"name", "penicillin"}, {"reaction", "anaphylaxis"}}}))
            .stages[0]
            .chunks[0]["allergies"][0];
    EXPECT_EQ(chunk["reaction"], "severe");
}

TEST(AllergyRules, AnUnknownAllergyIsSaidAndReferred) {
    const PrescriptionReport out = answer(ask("pain", kMan, {"xylophonium"}));
    EXPECT_EQ(out.stages[0].chunks[0]["allergies"][0]["nearest"].empty(), false);
    EXPECT_THAT(out.result["medications"], IsEmpty());
    EXPECT_THAT(out.result["refer"]["reason"].get<std::string>(),
                HasSubstr("allergy is not known"));
    EXPECT_EQ(drugs_of(result(ask("pain", kMan, {"peanuts"}))),
              std::vector<std::string>{"paracetamol"});
}

TEST(DoseRules, ADoseByWeightStopsAtTheCap) {
    const auto dose = [](double weight) {
        return result(ask("croup",
                          {{"age", 4}, {"weight", weight}}))["medications"][0]["amount"]["max"]
            .get<double>();
    };
    EXPECT_DOUBLE_EQ(dose(10), 1.5);
    EXPECT_DOUBLE_EQ(dose(16), 2.4);
    const Json heavy = result(ask("fever", {{"age", 14}, {"weight", 110}}))["medications"][0];
    EXPECT_EQ(heavy["amount"]["max"], 1000.0);
    EXPECT_EQ(heavy["calc"]["cap"], 1000.0);
    EXPECT_EQ(heavy["calc"]["mg_per_kg"], 15.0);
    EXPECT_EQ(heavy["calc"]["weight"], 110.0);
}

TEST(DoseRules, PrednisoloneOfAChildStopsAt40) {
    const Json out = result(ask("asthma attack", {{"age", 11}, {"weight", 60}}));
    EXPECT_EQ(out["medications"][1]["drug_id"], "prednisolone");
    EXPECT_EQ(out["medications"][1]["amount"]["max"], 40.0);
}

TEST(DoseRules, AnAdultOfLittleWeightGetsLessParacetamol) {
    const Json amount =
        result(ask("pain", with(kWoman, {{"weight", 40}})))["medications"][0]["amount"];
    EXPECT_LE(amount["max"].get<double>(), 15 * 40.0);
    EXPECT_LE(amount["day_max"].get<double>(), 75 * 40.0);
    EXPECT_GT(amount["max"].get<double>(), 0);
}

TEST(DoseRules, AgeBandsAreThoseOfTheGuidance) {
    const auto dose = [](const char* diagnosis, const Json& age, double weight) {
        const Json out = result(ask(diagnosis, {{"age", age}, {"weight", weight}}));
        return out["medications"][0]["amount"]["max"].get<double>();
    };
    EXPECT_EQ(dose("otitis media", "6 months", 7.5), 125);
    EXPECT_EQ(dose("otitis media", 1, 10), 250);
    EXPECT_EQ(dose("otitis media", 4.9, 17), 250);
    EXPECT_EQ(dose("otitis media", 5, 18), 500);
    EXPECT_EQ(dose("tonsillitis", "11 months", 9), 62.5);
    EXPECT_EQ(dose("tonsillitis", 5, 18), 125);
    EXPECT_EQ(dose("tonsillitis", 6, 20), 250);
    EXPECT_EQ(dose("tonsillitis", 12, 40), 500);
    EXPECT_EQ(dose("anaphylaxis", "6 months", 7), 150);
    EXPECT_EQ(dose("anaphylaxis", 6, 20), 300);
    EXPECT_EQ(dose("anaphylaxis", 12, 40), 500);
}

TEST(DoseRules, AChildWithoutWeightIsAskedForItButNotInAnaphylaxis) {
    const Json out = result(ask("otitis media", {{"age", 3}}));
    EXPECT_THAT(out["medications"], IsEmpty());
    EXPECT_THAT(out["refer"]["needed"], Contains("patient_info.weight"));
    EXPECT_EQ(drugs_of(result(ask("anaphylaxis", {{"age", 3}}))),
              std::vector<std::string>{"adrenaline"});
}

TEST(DoseRules, AWeightThatIsNoneOfTheAgeIsReferred) {
    for (const auto& [age, weight] : {std::pair{40, 8}, {3, 90}, {10, 4}})
        EXPECT_THAT(result(ask("pain", {{"age", age}, {"weight", weight}}))["refer"]["reason"]
                        .get<std::string>(),
                    HasSubstr("do not fit"));
}

TEST(KidneyRules, CockcroftGaultGivesTheKnownValues) {
    EXPECT_NEAR(*cockcroft_gault(65, 70, 1.4, false), 52.1, 0.05);
    EXPECT_NEAR(*cockcroft_gault(45, 60, 0.9, true), 74.8, 0.05);
    EXPECT_NEAR(*cockcroft_gault(60, 80, 1.2, false), 74.1, 0.05);
    EXPECT_FALSE(cockcroft_gault(17, 60, 0.9, true));
}

TEST(KidneyRules, CreatinineIsReadInEitherUnitAndUsedForAdultsOnly) {
    for (const Json& creatinine :
         {Json(1.4), Json("1.4 mg/dL"), Json("123.76 umol/L"), Json(123.76)}) {
        const auto request = request_of(ask(
            "pain", {{"age", 65}, {"weight", 70}, {"sex", "male"}, {"creatinine", creatinine}}));
        ASSERT_TRUE(request.patient.egfr) << creatinine;
        EXPECT_NEAR(*request.patient.egfr, 52.1, 0.05) << creatinine;
    }
    const auto child = request_of(
        ask("pain", {{"age", 12}, {"weight", 40}, {"sex", "male"}, {"creatinine", "60 umol/L"}}));
    EXPECT_FALSE(child.patient.egfr);
    EXPECT_THAT(child.patient.kidney_note, HasSubstr("adults"));
}

TEST(KidneyRules, LimitsHoldAtTheirBoundaries) {
    const auto drug_at = [](const char* diagnosis, const Json& patient, double egfr) {
        return drugs_of(result(ask(diagnosis, with(patient, {{"egfr", egfr}}))));
    };
    EXPECT_THAT(drug_at("cystitis", kWoman, 45), ElementsAre("nitrofurantoin"));
    EXPECT_THAT(drug_at("cystitis", kWoman, 44.9), ElementsAre("trimethoprim"));
    EXPECT_THAT(drug_at("type 2 diabetes", kMan, 45), ElementsAre("metformin"));
    EXPECT_THAT(drug_at("type 2 diabetes", kMan, 44.9), IsEmpty());
    EXPECT_THAT(drug_at("type 2 diabetes", kMan, 29), IsEmpty());
    EXPECT_THAT(drug_at("back pain", kMan, 30), ElementsAre("naproxen"));
    EXPECT_THAT(drug_at("back pain", kMan, 29.9), IsEmpty());
    const Json shingles = result(ask("shingles", with(kMan, {{"egfr", 20}})))["medications"][0];
    EXPECT_EQ(shingles["amount"]["per_day_max"], 3);
}

TEST(KidneyRules, CoTrimoxazoleIsHalvedBelow30AndAvoidedBelow15) {
    Patient patient{.age = 50};
    patient.egfr = 20;
    EXPECT_EQ(judge(drug("co_trimoxazole"), patient).factor, 0.5);
    patient.egfr = 14;
    EXPECT_THAT(judge(drug("co_trimoxazole"), patient).against, Not(IsEmpty()));
    patient.egfr = 30;
    EXPECT_EQ(judge(drug("co_trimoxazole"), patient).factor, 1);
}

TEST(KidneyRules, AnEgfrThatIsMissingIsSaid) {
    Json woman = kWoman;
    woman.erase("egfr");
    const Json cystitis = result(ask("cystitis", woman));
    EXPECT_THAT(cystitis["medications"][0]["confirm"].dump(), HasSubstr("eGFR was not given"));
    Json man = kMan;
    man.erase("egfr");
    EXPECT_THAT(result(ask("type 2 diabetes", man))["refer"]["needed"],
                Contains("patient_info.egfr"));
}

TEST(PregnancyRules, WhatHarmsIsNotGiven) {
    Patient patient{.age = 30};
    patient.pregnant = true;
    patient.female = true;
    for (const char* id : {"doxycycline", "ciprofloxacin", "ramipril", "losartan", "warfarin",
                           "valproate", "methotrexate", "isotretinoin", "trimethoprim", "ibuprofen",
                           "naproxen", "nitrofurantoin"})
        EXPECT_THAT(judge(drug(id), patient).against, Not(IsEmpty())) << id;
    EXPECT_THAT(judge(drug("aspirin"), patient).against, IsEmpty());
    patient.weeks = 19;
    EXPECT_THAT(judge(drug("ibuprofen"), patient).against, IsEmpty());
    EXPECT_THAT(judge(drug("nitrofurantoin"), patient).against, IsEmpty());
    EXPECT_THAT(judge(drug("trimethoprim"), patient).against, IsEmpty());
    patient.weeks = 20;
    EXPECT_THAT(judge(drug("ibuprofen"), patient).against, Not(IsEmpty()));
    patient.weeks = 12;
    EXPECT_THAT(judge(drug("trimethoprim"), patient).against, Not(IsEmpty()));
    patient.weeks = 38;
    EXPECT_THAT(judge(drug("nitrofurantoin"), patient).against, Not(IsEmpty()));
}

TEST(PregnancyRules, WhatNobodyStatedIsAskedFor) {
    Json woman = kWoman;
    woman.erase("pregnant");
    const Json out = result(ask("pneumonia", woman, {"penicillin"}));
    EXPECT_EQ(drugs_of(out), std::vector<std::string>{"doxycycline"});
    EXPECT_THAT(out["medications"][0]["confirm"].dump(), HasSubstr("pregnancy was not stated"));
    EXPECT_THAT(out["missing_information"].dump(), HasSubstr("pregnancy was not stated"));
}

TEST(AgeRules, ChildrenGetNoneOfWhatHarmsThem) {
    Patient patient;
    const auto against = [&](const char* id, double age) {
        patient.age = age;
        return !judge(drug(id), patient).against.empty();
    };
    EXPECT_TRUE(against("aspirin", 15.9));
    EXPECT_FALSE(against("aspirin", 16));
    EXPECT_TRUE(against("doxycycline", 11.9));
    EXPECT_FALSE(against("doxycycline", 12));
    EXPECT_TRUE(against("codeine", 11.9));
    EXPECT_FALSE(against("codeine", 12));
    EXPECT_TRUE(against("ibuprofen", 0.2));
    EXPECT_FALSE(against("ibuprofen", 0.25));
}

TEST(AgeRules, From65OnTheBeersListIsSaid) {
    Json old = kMan;
    old["age"] = 65;
    EXPECT_THAT(result(ask("back pain", old))["medications"][0]["cautions"].dump(),
                HasSubstr("Beers"));
    EXPECT_THAT(result(ask("back pain", kMan))["medications"][0]["cautions"].dump(),
                Not(HasSubstr("Beers")));
}

TEST(LiverRules, ParacetamolIsAvoidedInSevereDiseaseAndSaidWhereNotStated) {
    EXPECT_THAT(drugs_of(result(ask("pain", with(kMan, {{"hepatic", "severe"}})))), IsEmpty());
    EXPECT_THAT(
        result(ask("pain", with(kMan, {{"hepatic", "mild"}})))["medications"][0]["cautions"].dump(),
        HasSubstr("liver disease"));
}

TEST(Plans, ReferralsGiveFirstAidOnly) {
    for (const char* diagnosis : {"ACS", "stroke", "meningitis", "sepsis", "DKA",
                                  "aortic dissection", "ectopic pregnancy", "testicular torsion"}) {
        const Json out = result(ask(diagnosis, kMan));
        EXPECT_THAT(out["medications"], IsEmpty()) << diagnosis;
        EXPECT_FALSE(out["refer"]["first_aid"].empty()) << diagnosis;
    }
    EXPECT_THAT(result(ask("ACS", kMan))["refer"]["first_aid"].dump(), HasSubstr("aspirin 300 mg"));
    EXPECT_THAT(result(ask("ACS", kMan, {"ibuprofen"}))["refer"]["first_aid"].dump(),
                Not(HasSubstr("aspirin")));
    EXPECT_THAT(result(ask("stroke", kMan))["refer"]["first_aid"].dump(),
                Not(HasSubstr("aspirin 300")));
}

TEST(Plans, BronchitisGetsNoDrug) {
    const Json out = result(ask("acute bronchitis", kMan));
    EXPECT_THAT(out["medications"], IsEmpty());
    EXPECT_THAT(out["no_medication"]["reason"].get<std::string>(), HasSubstr("not of use"));
}

TEST(Plans, AnUnknownDiagnosisIsSaidWithTheNearestNames) {
    const Json refer = result(ask("otitis mediana", kMan))["refer"];
    EXPECT_THAT(refer["reason"].get<std::string>(), HasSubstr("otitis mediana"));
    EXPECT_THAT(refer["nearest"].dump(), HasSubstr("otitis media"));
}

TEST(Plans, EveryConditionOfTheDifferentialIsKnown) {
    for (const Json& condition : Json::parse(embedded_data().files.at("conditions.json")))
        for (const char* field : {"id", "label"})
            EXPECT_TRUE(formulary().regimens.names().find(condition[field].get<std::string>()))
                << condition[field];
}

TEST(Results, CarryWhatAPrescriberNeeds) {
    const Json out = result(ask("otitis media", {{"age", 4}, {"weight", 16}}, {"penicillin"}));
    EXPECT_EQ(out["requires_prescriber_signature"], true);
    EXPECT_EQ(out["kb_version"], kb_version(embedded_data()));
    EXPECT_EQ(out["disclaimer"], kDisclaimer);
    EXPECT_THAT(out["interaction_statement"].get<std::string>(),
                HasSubstr("no interaction found in this list ("));
    const Json& medication = out["medications"][0];
    for (const char* field : {"medication", "dose", "calc", "route", "frequency", "duration",
                              "line", "guideline", "source", "status", "rejected"})
        EXPECT_TRUE(medication.contains(field)) << field;
    EXPECT_EQ(medication["rejected"][0]["drug"], "amoxicillin");
    EXPECT_FALSE(out["follow_up"].empty());
    EXPECT_FALSE(out["when_to_return"].empty());
    EXPECT_THAT(out.dump(), Not(HasSubstr("you have")));
}

TEST(Results, StagesComeInOrder) {
    std::vector<std::string> stages;
    std::vector<int> progress;
    for (const Stage& stage : answer(ask("pain", kMan)).stages) {
        stages.push_back(stage.stage);
        progress.push_back(stage.progress);
    }
    EXPECT_THAT(stages, ElementsAre("allergy_check", "medication_selection", "interaction_check",
                                    "monitoring_advice", "finalization", "complete"));
    EXPECT_THAT(progress, ElementsAre(10, 30, 60, 80, 95, 100));
}

}  // namespace
}  // namespace clinical
