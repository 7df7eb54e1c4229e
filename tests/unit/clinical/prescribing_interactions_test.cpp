// Which pairs are found, and what follows from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/clinical/prescribing_fixture.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Json kMan{{"age", 45}, {"weight", 80}, {"sex", "male"}, {"egfr", 95}, {"hepatic", "none"}};
const Json kWoman{{"age", 30},         {"weight", 62}, {"sex", "female"},
                  {"pregnant", false}, {"egfr", 95},   {"hepatic", "none"}};

const Interaction* between(const std::string& one, const std::string& other) {
    const auto medicine = [](const std::string& id) {
        return medicine_of(formulary(), formulary().drugs.find(id).value());
    };
    return formulary().interactions.between(medicine(one), medicine(other));
}

struct Pair {
    const char* one;
    const char* other;
    Severity at_least;
};

void expect_found(const std::vector<Pair>& pairs) {
    for (const Pair& pair : pairs) {
        for (const auto& [a, b] : {std::pair{pair.one, pair.other}, {pair.other, pair.one}}) {
            const Interaction* rule = between(a, b);
            ASSERT_NE(rule, nullptr) << a << " + " << b;
            EXPECT_GE(rule->severity, pair.at_least) << a << " + " << b;
        }
    }
}

constexpr auto kX = Severity::contraindicated;
constexpr auto kMajor = Severity::major;
constexpr auto kModerate = Severity::moderate;

TEST(InteractionRules, EveryClassOfTheHighPriorityListIsFound) {
    expect_found(
        {{"dexamfetamine", "phenelzine", kX},     {"methylphenidate", "tranylcypromine", kX},
         {"atazanavir", "omeprazole", kX},        {"atazanavir", "lansoprazole", kX},
         {"febuxostat", "azathioprine", kX},      {"febuxostat", "mercaptopurine", kX},
         {"fluoxetine", "selegiline", kX},        {"duloxetine", "phenelzine", kX},
         {"irinotecan", "ketoconazole", kX},      {"irinotecan", "clarithromycin", kX},
         {"pethidine", "phenelzine", kX},         {"methadone", "isocarboxazid", kX},
         {"amitriptyline", "phenelzine", kX},     {"haloperidol", "amiodarone", kMajor},
         {"ramelteon", "fluvoxamine", kX},        {"ramelteon", "ciprofloxacin", kX},
         {"rifampicin", "ritonavir", kX},         {"st_johns_wort", "atazanavir", kX},
         {"simvastatin", "ritonavir", kX},        {"lovastatin", "itraconazole", kX},
         {"ergotamine", "ritonavir", kX},         {"dihydroergotamine", "ketoconazole", kX},
         {"tizanidine", "ciprofloxacin", kX},     {"tizanidine", "fluvoxamine", kX},
         {"tranylcypromine", "procarbazine", kX}, {"sumatriptan", "phenelzine", kX}});
}

TEST(InteractionRules, AnticoagulantsAreFound) {
    expect_found({{"warfarin", "ibuprofen", kMajor},
                  {"warfarin", "aspirin", kMajor},
                  {"warfarin", "co_trimoxazole", kMajor},
                  {"warfarin", "metronidazole", kMajor},
                  {"warfarin", "fluconazole", kMajor},
                  {"warfarin", "clarithromycin", kMajor},
                  {"warfarin", "amiodarone", kMajor},
                  {"warfarin", "ciprofloxacin", kMajor},
                  {"warfarin", "paracetamol", kModerate},
                  {"warfarin", "rifampicin", kMajor},
                  {"warfarin", "carbamazepine", kMajor},
                  {"apixaban", "fluconazole", kMajor},
                  {"rivaroxaban", "rifampicin", kMajor},
                  {"dabigatran", "verapamil", kMajor}});
}

TEST(InteractionRules, TheOthersAreFound) {
    expect_found({{"simvastatin", "clarithromycin", kX},
                  {"simvastatin", "gemfibrozil", kX},
                  {"simvastatin", "verapamil", kModerate},
                  {"simvastatin", "amlodipine", kModerate},
                  {"atorvastatin", "clarithromycin", kMajor},
                  {"colchicine", "clarithromycin", kX},
                  {"ergotamine", "erythromycin", kX},
                  {"methotrexate", "trimethoprim", kX},
                  {"methotrexate", "naproxen", kMajor},
                  {"azathioprine", "allopurinol", kX},
                  {"sertraline", "linezolid", kX},
                  {"sertraline", "tramadol", kMajor},
                  {"sertraline", "sumatriptan", kModerate},
                  {"sertraline", "ibuprofen", kMajor},
                  {"clarithromycin", "haloperidol", kX},
                  {"clarithromycin", "domperidone", kX},
                  {"digoxin", "clarithromycin", kMajor},
                  {"digoxin", "amiodarone", kMajor},
                  {"digoxin", "verapamil", kMajor},
                  {"digoxin", "furosemide", kModerate},
                  {"ramipril", "spironolactone", kMajor},
                  {"losartan", "potassium_chloride", kMajor},
                  {"ramipril", "trimethoprim", kMajor},
                  {"ramipril", "naproxen", kMajor},
                  {"lithium", "ibuprofen", kMajor},
                  {"lithium", "ramipril", kMajor},
                  {"lithium", "hydrochlorothiazide", kMajor},
                  {"ciprofloxacin", "theophylline", kMajor},
                  {"ciprofloxacin", "clozapine", kMajor},
                  {"carbamazepine", "clarithromycin", kMajor},
                  {"phenytoin", "fluconazole", kMajor},
                  {"valproate", "meropenem", kX},
                  {"valproate", "lamotrigine", kMajor},
                  {"ciclosporin", "clarithromycin", kMajor},
                  {"tacrolimus", "fluconazole", kMajor},
                  {"glyceryl_trinitrate", "sildenafil", kX},
                  {"verapamil", "bisoprolol", kX},
                  {"morphine", "diazepam", kMajor},
                  {"clopidogrel", "omeprazole", kMajor},
                  {"tamoxifen", "paroxetine", kMajor},
                  {"isotretinoin", "doxycycline", kX},
                  {"gliclazide", "fluconazole", kMajor},
                  {"metronidazole", "alcohol", kMajor},
                  {"doxycycline", "ferrous_sulfate", kModerate},
                  {"ethinylestradiol_levonorgestrel", "carbamazepine", kMajor},
                  {"levothyroxine", "calcium_carbonate", kModerate},
                  {"ciprofloxacin", "antacids", kModerate}});
}

TEST(InteractionRules, ADrugDoesNotInteractWithItself) {
    EXPECT_EQ(between("amiodarone", "amiodarone"), nullptr);
}

TEST(InteractionRules, AClassMayStandForItsDrugs) {
    const Json out = result(ask("migraine", kMan, Json::array(), {"an MAOI"}));
    for (const std::string& id : drugs_of(out)) EXPECT_NE(id, "sumatriptan");
    EXPECT_THAT(out["left_out"].dump(), HasSubstr("sumatriptan"));
}

TEST(Selection, WhatDoesNotGoWithCurrentMedicationIsTurnedDownAndExplained) {
    const Json out = result(ask("cellulitis", kMan, {"penicillin"}, {"simvastatin 40 mg"}));
    EXPECT_THAT(drugs_of(out), ElementsAre("doxycycline"));
    EXPECT_THAT(out["medications"][0]["rejected"].dump(),
                HasSubstr("contraindicated interaction with simvastatin"));
    EXPECT_EQ(out["interactions"][0]["severity"], "contraindicated");
    EXPECT_EQ(out["interactions"][0]["between"], "turned down and current");
}

TEST(Selection, InteractionsOfCurrentMedicationAreToldToo) {
    const Json out = result(ask("pain", kMan, Json::array(), {"sildenafil", "GTN spray"}));
    EXPECT_EQ(out["interactions"][0]["between"], "current");
    EXPECT_EQ(out["interactions"][0]["severity"], "contraindicated");
    for (const char* field : {"pair", "mechanism", "management", "source", "status"})
        EXPECT_FALSE(out["interactions"][0][field].empty()) << field;
}

TEST(Selection, ADuplicateIsNotProposed) {
    EXPECT_THAT(drugs_of(result(ask("pain", kMan, Json::array(), {"Panadol"}))),
                ElementsAre("ibuprofen"));
    EXPECT_THAT(drugs_of(result(ask("back pain", kMan, Json::array(), {"diclofenac"}))), IsEmpty());
    const Json out = result(ask("pain", kMan, Json::array(), {"ibuprofen", "naproxen"}));
    EXPECT_THAT(out["duplicates"].dump(), HasSubstr("NSAIDs"));
}

TEST(Selection, AnUnknownMedicineIsSaidAndNotChecked) {
    const PrescriptionReport out =
        answer(ask("pain", kMan, Json::array(), {"warfarine", "moonflower tea"}));
    EXPECT_THAT(out.result["missing_information"].dump(), HasSubstr("moonflower tea"));
    EXPECT_THAT(out.result["interaction_statement"].get<std::string>(),
                HasSubstr("not everything"));
    EXPECT_THAT(out.result["interactions"].dump(), HasSubstr("warfarin"));
}

TEST(Selection, APartThatIsNeededAndHasNoneRefersTheWhole) {
    EXPECT_THAT(drugs_of(result(ask("PID", kWoman))),
                ElementsAre("ceftriaxone", "doxycycline", "metronidazole"));
    EXPECT_THAT(drugs_of(result(ask("PID", kWoman, {"doxycycline"}))), IsEmpty());
}

}  // namespace
}  // namespace clinical
