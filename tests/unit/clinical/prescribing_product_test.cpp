// Every allergy, regimen, age, weight, kidney and pregnancy, one against the other: nothing goes
// across an allergy group, above a cap, below an age or into a pregnancy that forbids it. What is
// expected is worked out here, from the data and from tables of this file, and not by the code
// under test.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <set>

#include "tests/unit/clinical/prescribing_fixture.hpp"

namespace clinical {
namespace {

constexpr std::array<double, 7> kEgfrs{5, 12, 20, 29, 40, 55, 90};

// The drugs that an allergy to a member of a row forbids, from the literature and not from the
// data.
const std::vector<std::set<std::string>> kCrossing{
    {"phenoxymethylpenicillin", "benzylpenicillin", "amoxicillin", "ampicillin", "flucloxacillin",
     "pivmecillinam", "co_amoxiclav", "dicloxacillin", "piperacillin_tazobactam"},
    {"ampicillin", "cefalexin", "cefaclor"},
    {"amoxicillin", "cefadroxil", "cefprozil"},
    {"benzylpenicillin", "cefoxitin"},
    {"ceftriaxone", "cefotaxime", "cefepime"},
    {"ceftazidime", "aztreonam"},
    {"co_trimoxazole", "sulfadiazine"},
    {"aspirin", "ibuprofen", "naproxen", "diclofenac", "indometacin", "ketorolac"},
    {"clarithromycin", "erythromycin", "azithromycin"},
    {"ciprofloxacin", "levofloxacin", "moxifloxacin"},
    {"doxycycline", "minocycline", "tetracycline", "lymecycline"},
    {"fluconazole", "itraconazole", "ketoconazole", "voriconazole", "clotrimazole_vaginal"},
    {"codeine", "morphine", "tramadol", "pethidine"},
    {"ramipril", "lisinopril", "enalapril"}};

// Absolute caps (single dose, day; child's day by weight) from the guidance, in the drug's unit.
struct Cap {
    const char* drug;
    double dose;
    double day;
    double child_day_per_kg;  // 0: none
};
constexpr std::array<Cap, 6> kCaps{{{"paracetamol", 1000, 4000, 75},
                                    {"ibuprofen", 600, 2400, 40},
                                    {"adrenaline", 500, 1000, 0},
                                    {"aciclovir", 800, 4000, 0},
                                    {"dexamethasone", 12, 12, 0.6},
                                    {"sumatriptan", 100, 300, 0}}};

Patient patient_of(double age, double weight, double egfr, bool pregnant) {
    Patient patient{.age = age};
    patient.weight = weight;
    patient.egfr = egfr;
    patient.kidney = Kidney::stated;
    patient.female = pregnant || static_cast<int>(age + weight) % 2 == 0;
    patient.pregnant = pregnant;
    patient.hepatic = Hepatic::none;
    return patient;
}

std::string describe(const std::string& what, const Patient& patient, const std::string& drug) {
    return what + ": " + drug + ", age " + std::to_string(patient.age) + ", " +
           std::to_string(*patient.weight) + " kg, eGFR " + std::to_string(*patient.egfr);
}

void check_dose(const Drug& drug, const Dose& dose, const Patient& patient,
                std::vector<std::string>& wrong) {
    if (!dose.text.empty()) return;
    constexpr double kSlack = 1e-6;
    const double weight = *patient.weight;
    const auto over = [&](double amount, double cap) { return amount > cap + kSlack; };
    const double single = std::max(dose.high, dose.first.value_or(0));
    const double day = std::max(dose.day_max(), dose.first.value_or(0) * dose.first_per_day);
    bool bad = over(single, *drug.max_dose) || over(day, *drug.max_day) || dose.low <= 0 ||
               over(dose.low, dose.high);
    if (patient.age < 18) {
        if (drug.per_kg.max_day) bad = bad || over(day, *drug.per_kg.max_day * weight);
        if (drug.per_kg.max_dose) bad = bad || over(single, *drug.per_kg.max_dose * weight);
        if (drug.child_max_day) bad = bad || over(day, *drug.child_max_day);
    }
    if (drug.per_kg.all_ages) bad = bad || over(day, *drug.per_kg.max_day * weight);
    for (const Cap& cap : kCaps)
        if (drug.id == cap.drug)
            bad = bad || over(single, cap.dose) || over(day, cap.day) ||
                  (patient.age < 18 && cap.child_day_per_kg > 0 &&
                   over(day, cap.child_day_per_kg * weight));
    if (drug.id == "prednisolone" && patient.age < 18) bad = bad || over(day, 40);
    if (bad) wrong.push_back(describe("dose above a cap", patient, drug.id));
}

void check_age_and_pregnancy(const Drug& drug, const Patient& patient,
                             std::vector<std::string>& wrong) {
    const auto is = [&](std::initializer_list<std::string_view> ids) {
        return std::ranges::find(ids, drug.id) != ids.end();
    };
    const bool young = (is({"aspirin"}) && patient.age < 16) ||
                       (is({"doxycycline", "codeine"}) && patient.age < 12) ||
                       (is({"ibuprofen"}) && patient.age < 0.25) || patient.age < drug.age_min;
    if (young) wrong.push_back(describe("too young", patient, drug.id));
    if (*patient.pregnant &&
        is({"ibuprofen", "naproxen", "nitrofurantoin", "doxycycline", "ciprofloxacin", "ramipril",
            "losartan", "warfarin", "valproate", "methotrexate", "isotretinoin", "trimethoprim"}))
        wrong.push_back(describe("pregnant", patient, drug.id));
    if ((is({"metformin"}) && *patient.egfr < 45) ||
        (is({"nitrofurantoin"}) && *patient.egfr < 45) ||
        (is({"ibuprofen", "naproxen"}) && *patient.egfr < 30))
        wrong.push_back(describe("kidneys", patient, drug.id));
}

// Ages of 0 by months, then by years.
std::vector<double> ages() {
    std::vector<double> all;
    for (int months = 0; months < 24; ++months) all.push_back(months / 12.0);
    for (int years = 2; years <= 100; ++years) all.push_back(years);
    return all;
}

// Dose, age, pregnancy and kidneys do not depend on the allergy: once for each regimen.
TEST(PrescribingProduct, NoRegimenBreaksACapAnAgeOrAPregnancy) {
    std::vector<std::string> wrong;
    std::size_t given = 0;
    for (const Regimen& regimen : formulary().regimens.all()) {
        const Drug& drug = formulary().drugs[regimen.drug];
        for (const double age : ages())
            for (int weight = 1; weight <= 120; ++weight)
                for (const double egfr : kEgfrs)
                    for (const bool pregnant : {false, true}) {
                        if (pregnant && (age < 12 || age > 55)) continue;
                        if (egfr < kEgfrs.back() && drug.renal.empty()) continue;
                        const Patient patient = patient_of(age, weight, egfr, pregnant);
                        const Suitability suits = judge(drug, patient);
                        if (!suits.against.empty()) continue;
                        const auto dose = dose_for(regimen, drug, patient, suits);
                        if (!dose) continue;
                        ++given;
                        check_dose(drug, *dose, patient, wrong);
                        check_age_and_pregnancy(drug, patient, wrong);
                    }
    }
    EXPECT_GT(given, 500'000u);
    EXPECT_TRUE(wrong.empty()) << wrong.size() << ", the first: " << wrong.front();
}

// What an allergy to this group or drug, named by its label, must not be given.
std::set<std::string> forbidden_by(const std::string& allergy) {
    std::set<std::string> forbidden;
    for (const auto& crossing : kCrossing)
        for (const std::string& id : crossing)
            if (drug(id).label == allergy) forbidden.insert(crossing.begin(), crossing.end());
    if (const auto group = formulary().groups.names().find(allergy))
        for (const Drug& one : formulary().drugs.all())
            if (std::ranges::find(one.groups, group->index) != one.groups.end())
                forbidden.insert(one.id);
    return forbidden;
}

// The whole path, as a client takes it: every allergy by drug and by group, every plan, over ages,
// weights, kidneys and pregnancy at what their rules turn on.
TEST(PrescribingProduct, NothingGoesAcrossAnAllergyGroup) {
    std::vector<std::string> allergies;
    for (const AllergyGroup& group : formulary().groups.all()) allergies.push_back(group.label);
    for (const auto& crossing : kCrossing)
        for (const std::string& id : crossing) allergies.push_back(drug(id).label);
    std::size_t proposed = 0;
    for (const std::string& allergy : allergies) {
        const AllergyCheck check = check_allergies(formulary(), {allergy});
        ASSERT_FALSE(check.incomplete()) << allergy;
        const std::set<std::string> forbidden = forbidden_by(allergy);
        for (const Plan& plan : formulary().regimens.plans()) {
            for (const double age : {0.3, 4.0, 14.0, 30.0, 70.0})
                for (const double egfr : {40.0, 90.0})
                    for (const bool pregnant : {false, true}) {
                        if (pregnant && (age < 12 || age > 55)) continue;
                        const double weight = age < 1 ? 6 : age < 5 ? 14 : age < 12 ? 30 : 65;
                        PrescriptionRequest request;
                        request.diagnosis = plan.id;
                        request.patient = patient_of(age, weight, egfr, pregnant);
                        request.allergies = {allergy};
                        const Prescription out = prescribe(formulary(), request);
                        for (const Proposal& proposal : out.proposals) {
                            ++proposed;
                            ASSERT_FALSE(
                                forbidden.contains(formulary().drugs[proposal.regimen->drug].id))
                                << allergy << ", " << plan.id << ", age " << age;
                        }
                        if (!out.referral) continue;
                        for (const std::string& aid : out.referral->first_aid)
                            ASSERT_FALSE(forbidden.contains("aspirin") &&
                                         aid.starts_with("aspirin"))
                                << allergy;
                    }
        }
    }
    EXPECT_GT(proposed, 10'000u);
}

// All of it against all of it, on the whole path. With CHARTROOM_WHOLE_PRODUCT set, every age and
// weight: some hundred million requests, for many minutes; else some of each.
TEST(PrescribingProduct, NothingIsWrongWhereTheyMeet) {
    const bool whole = std::getenv("CHARTROOM_WHOLE_PRODUCT") != nullptr;
    const int age_step = whole ? 1 : 13;
    const int weight_step = whole ? 1 : 29;
    const std::size_t egfr_step = whole ? 1 : 3;
    std::vector<std::string> wrong;
    std::size_t asked = 0;
    std::size_t proposed = 0;
    PrescriptionRequest request;
    const auto ask = [&](const std::set<std::string>& forbidden) {
        const Prescription out = prescribe(formulary(), request);
        ++asked;
        if (!out.referral && out.proposals.empty())
            wrong.push_back(describe("no answer", request.patient, request.diagnosis));
        for (const Proposal& proposal : out.proposals) {
            const Drug& drug = formulary().drugs[proposal.regimen->drug];
            ++proposed;
            check_dose(drug, proposal.dose, request.patient, wrong);
            check_age_and_pregnancy(drug, request.patient, wrong);
            if (forbidden.contains(drug.id))
                wrong.push_back(describe("across an allergy", request.patient, drug.id));
        }
    };
    for (const AllergyGroup& group : formulary().groups.all()) {
        request.allergies = {group.label};
        const std::set<std::string> forbidden = forbidden_by(group.label);
        for (const Plan& plan : formulary().regimens.plans()) {
            if (plan.kind != Plan::Kind::treat) continue;
            request.diagnosis = plan.id;
            for (int age = 0; age <= 100; age += age_step)
                for (int weight = 1; weight <= 120; weight += weight_step)
                    for (std::size_t egfr = 0; egfr < kEgfrs.size(); egfr += egfr_step)
                        for (const bool pregnant : {false, true}) {
                            if (pregnant && (age < 12 || age > 55)) continue;
                            request.patient = patient_of(age, weight, kEgfrs[egfr], pregnant);
                            ask(forbidden);
                        }
        }
        std::cout << group.id << ": " << asked << " requests so far, " << proposed << " proposals, "
                  << wrong.size() << " wrong" << std::endl;
    }
    EXPECT_GT(proposed, 100'000u);
    EXPECT_TRUE(wrong.empty()) << wrong.size() << ", the first: " << wrong.front();
}

}  // namespace
}  // namespace clinical
