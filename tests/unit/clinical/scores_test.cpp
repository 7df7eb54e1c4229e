// Scores against vectors: each boundary of each table, and ranges where something is missing.
#include "plugins/clinical/scores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/clinical/formulas.hpp"
#include "tests/unit/clinical/patient.hpp"

namespace clinical {
namespace {

// All of NEWS2's inputs at 0 points.
TestPatient well() {
    return TestPatient()
        .with(Input::age, 40)
        .with(Input::respiratory_rate, 16)
        .with(Input::oxygen_saturation, 98)
        .with(Input::systolic, 120)
        .with(Input::heart_rate, 70)
        .with(Input::temperature, 37)
        .no("supplemental_oxygen")
        .no("hypercapnic_target")
        .no("altered_consciousness");
}

struct Step {
    double value;
    double points;
};

void expect_news2(const TestPatient& base, Input input, const std::vector<Step>& steps) {
    for (const Step& step : steps)
        EXPECT_EQ(TestPatient(base).with(input, step.value).score("news2"),
                  (Points{step.points, step.points}))
            << info(input).name << " " << step.value;
}

// What the published table gives, written out a second time, for every value that can be measured.
double news2_respiration(int v) {
    return v <= 8 ? 3 : v <= 11 ? 1 : v <= 20 ? 0 : v <= 24 ? 2 : 3;
}
double news2_spo2(int v) {
    return v <= 91 ? 3 : v <= 93 ? 2 : v <= 95 ? 1 : 0;
}
double news2_spo2_hypercapnic(int v, bool oxygen) {
    if (v <= 83) return 3;
    if (v <= 85) return 2;
    if (v <= 87) return 1;
    if (v <= 92 || !oxygen) return 0;
    return v <= 94 ? 1 : v <= 96 ? 2 : 3;
}
double news2_systolic(int v) {
    return v <= 90 ? 3 : v <= 100 ? 2 : v <= 110 ? 1 : v <= 219 ? 0 : 3;
}
double news2_pulse(int v) {
    return v <= 40 ? 3 : v <= 50 ? 1 : v <= 90 ? 0 : v <= 110 ? 1 : v <= 130 ? 2 : 3;
}
double news2_temperature(int tenths) {
    return tenths <= 350 ? 3 : tenths <= 360 ? 1 : tenths <= 380 ? 0 : tenths <= 390 ? 1 : 2;
}

TEST(News2, EveryValueOfEveryParameter) {
    std::vector<Step> respiration, spo2, systolic, pulse, temperature;
    for (int v = 1; v <= 60; ++v) respiration.push_back({double(v), news2_respiration(v)});
    for (int v = 50; v <= 100; ++v) spo2.push_back({double(v), news2_spo2(v)});
    for (int v = 40; v <= 300; ++v) systolic.push_back({double(v), news2_systolic(v)});
    for (int v = 20; v <= 250; ++v) pulse.push_back({double(v), news2_pulse(v)});
    for (int v = 300; v <= 430; ++v)
        temperature.push_back({rounded(v / 10.0, 1), news2_temperature(v)});
    expect_news2(well(), Input::respiratory_rate, respiration);
    expect_news2(well(), Input::oxygen_saturation, spo2);
    expect_news2(well(), Input::systolic, systolic);
    expect_news2(well(), Input::heart_rate, pulse);
    expect_news2(well(), Input::temperature, temperature);
}

TEST(News2, TheSecondScaleIsForAHypercapnicTargetOnly) {
    for (const bool oxygen : {false, true})
        for (int v = 50; v <= 100; ++v) {
            TestPatient patient =
                well().yes("hypercapnic_target").with(Input::oxygen_saturation, v);
            if (oxygen) patient.yes("supplemental_oxygen");
            const double points = news2_spo2_hypercapnic(v, oxygen) + (oxygen ? 2 : 0);
            EXPECT_EQ(patient.score("news2"), (Points{points, points})) << v << oxygen;
        }
}

TEST(News2, OxygenAndConsciousness) {
    EXPECT_EQ(well().yes("supplemental_oxygen").score("news2"), (Points{2, 2}));
    EXPECT_EQ(well().yes("altered_consciousness").score("news2"), (Points{3, 3}));
}

TEST(News2, WhatIsMissingMakesARange) {
    EXPECT_EQ(well().without(Input::temperature).score("news2"), (Points{0, 3}));
    EXPECT_EQ(well().without(Input::heart_rate).without(Input::systolic).score("news2"),
              (Points{0, 6}));
    EXPECT_EQ(TestPatient().with(Input::age, 40).no("hypercapnic_target").score("news2"),
              (Points{0, 20}));
}

TEST(News2, IsNotForChildrenNorInPregnancy) {
    EXPECT_FALSE(well().with(Input::age, 15.9).score("news2"));
    EXPECT_TRUE(well().with(Input::age, 16).score("news2"));
    EXPECT_FALSE(well().yes("pregnant").score("news2"));
}

TEST(News2, OneMeasurementAtThreeIsSaid) {
    const ScoreResult result = well().with(Input::heart_rate, 35).result("news2");
    EXPECT_TRUE(result.alarm);
    EXPECT_THAT(result.interpretation, ::testing::HasSubstr("urgent review"));
    EXPECT_FALSE(well().with(Input::heart_rate, 125).result("news2").alarm);
}

TEST(Curb65, EachBoundary) {
    const TestPatient base = TestPatient()
                                 .with(Input::age, 64)
                                 .with(Input::urea, 7)
                                 .with(Input::respiratory_rate, 29)
                                 .with(Input::systolic, 90)
                                 .with(Input::diastolic, 61)
                                 .no("altered_consciousness");
    const auto both = [](const TestPatient& patient, double with_urea, double without) {
        EXPECT_EQ(patient.score("curb65"), (Points{with_urea, with_urea}));
        EXPECT_EQ(patient.score("crb65"), (Points{without, without}));
    };
    both(base, 0, 0);
    both(TestPatient(base).with(Input::age, 65), 1, 1);
    both(TestPatient(base).with(Input::urea, 7.1), 1, 0);
    both(TestPatient(base).with(Input::respiratory_rate, 30), 1, 1);
    both(TestPatient(base).with(Input::systolic, 89), 1, 1);
    both(TestPatient(base).with(Input::diastolic, 60), 1, 1);
    both(TestPatient(base).with(Input::systolic, 89).with(Input::diastolic, 60), 1, 1);
    both(TestPatient(base).yes("altered_consciousness"), 1, 1);
    EXPECT_EQ(TestPatient(base).without(Input::urea).score("curb65"), (Points{0, 1}));
}

TEST(Qsofa, EachBoundary) {
    const TestPatient base = TestPatient()
                                 .with(Input::age, 40)
                                 .with(Input::respiratory_rate, 21)
                                 .with(Input::systolic, 101)
                                 .no("altered_consciousness");
    EXPECT_EQ(base.score("qsofa"), (Points{0, 0}));
    EXPECT_EQ(TestPatient(base).with(Input::respiratory_rate, 22).score("qsofa"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).with(Input::systolic, 100).score("qsofa"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).yes("altered_consciousness").score("qsofa"), (Points{1, 1}));
}

TEST(Sirs, EachBoundary) {
    const TestPatient base = TestPatient()
                                 .with(Input::age, 40)
                                 .with(Input::temperature, 38)
                                 .with(Input::heart_rate, 90)
                                 .with(Input::respiratory_rate, 20)
                                 .with(Input::white_cells, 12);
    EXPECT_EQ(base.score("sirs"), (Points{0, 0}));
    for (const auto& [input, value] :
         std::vector<std::pair<Input, double>>{{Input::temperature, 38.1},
                                               {Input::temperature, 35.9},
                                               {Input::heart_rate, 91},
                                               {Input::respiratory_rate, 21},
                                               {Input::white_cells, 12.1},
                                               {Input::white_cells, 3.9}})
        EXPECT_EQ(TestPatient(base).with(input, value).score("sirs"), (Points{1, 1})) << value;
    EXPECT_EQ(TestPatient(base).with(Input::temperature, 36).score("sirs"), (Points{0, 0}));
    EXPECT_EQ(TestPatient(base).with(Input::white_cells, 4).score("sirs"), (Points{0, 0}));
}

TEST(McIsaac, EachBoundary) {
    const TestPatient base = TestPatient()
                                 .with(Input::age, 30)
                                 .with(Input::temperature, 38)
                                 .yes("cough")
                                 .no("anterior_cervical_nodes")
                                 .no("tonsillar_exudate");
    EXPECT_EQ(base.score("mcisaac"), (Points{0, 0}));
    EXPECT_EQ(TestPatient(base).with(Input::temperature, 38.1).score("mcisaac"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).no("cough").score("mcisaac"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).yes("anterior_cervical_nodes").score("mcisaac"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).yes("tonsillar_exudate").score("mcisaac"), (Points{1, 1}));
    for (const Step& step : {Step{3, 1}, Step{14, 1}, Step{15, 0}, Step{44, 0}, Step{45, -1}})
        EXPECT_EQ(TestPatient(base).with(Input::age, step.value).score("mcisaac"),
                  (Points{step.points, step.points}))
            << step.value;
    EXPECT_FALSE(TestPatient(base).with(Input::age, 2.9).score("mcisaac"));
}

TEST(Wells, PulmonaryEmbolism) {
    const TestPatient base = TestPatient()
                                 .with(Input::age, 40)
                                 .with(Input::heart_rate, 100)
                                 .no("leg_swelling")
                                 .no("calf_pain")
                                 .no("pe_likely")
                                 .no("immobile")
                                 .no("previous_vte")
                                 .no("haemoptysis")
                                 .no("cancer");
    EXPECT_EQ(base.score("wells_pe"), (Points{0, 0}));
    EXPECT_EQ(TestPatient(base).yes("leg_swelling").yes("calf_pain").score("wells_pe"),
              (Points{3, 3}));
    EXPECT_EQ(TestPatient(base).yes("pe_likely").score("wells_pe"), (Points{3, 3}));
    EXPECT_EQ(TestPatient(base).with(Input::heart_rate, 101).score("wells_pe"), (Points{1.5, 1.5}));
    EXPECT_EQ(TestPatient(base).yes("immobile").score("wells_pe"), (Points{1.5, 1.5}));
    EXPECT_EQ(TestPatient(base).yes("previous_vte").score("wells_pe"), (Points{1.5, 1.5}));
    EXPECT_EQ(TestPatient(base).yes("haemoptysis").score("wells_pe"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).yes("cancer").score("wells_pe"), (Points{1, 1}));
    EXPECT_EQ(TestPatient(base).yes("pe_likely").yes("cancer").result("wells_pe").interpretation,
              "unlikely (4 or less)");
    EXPECT_EQ(TestPatient(base).yes("pe_likely").yes("immobile").result("wells_pe").interpretation,
              "likely (over 4)");
}

TEST(Wells, DeepVeinThrombosis) {
    const std::vector<std::string> items{"cancer",          "paralysis_cast",    "surgery_12wk",
                                         "calf_pain",       "whole_leg_swollen", "calf_3cm",
                                         "pitting_one_leg", "collateral_veins",  "previous_vte"};
    TestPatient base = TestPatient().with(Input::age, 40).no("dvt_alternative");
    for (const std::string& item : items) base.no(item);
    EXPECT_EQ(base.score("wells_dvt"), (Points{0, 0}));
    for (const std::string& item : items)
        EXPECT_EQ(TestPatient(base).yes(item).score("wells_dvt"), (Points{1, 1})) << item;
    EXPECT_EQ(TestPatient(base).yes("dvt_alternative").score("wells_dvt"), (Points{-2, -2}));
    EXPECT_EQ(TestPatient(base).yes("cancer").yes("calf_3cm").result("wells_dvt").interpretation,
              "likely");
    EXPECT_EQ(TestPatient(base).yes("cancer").result("wells_dvt").interpretation, "unlikely");
}

TEST(PenFast, EachItem) {
    const TestPatient base = TestPatient()
                                 .yes("penicillin_allergy")
                                 .no("penicillin_reaction_5y")
                                 .no("penicillin_reaction_severe")
                                 .no("penicillin_reaction_treated");
    EXPECT_EQ(base.score("pen_fast"), (Points{0, 0}));
    EXPECT_EQ(TestPatient(base).yes("penicillin_reaction_5y").score("pen_fast"), (Points{2, 2}));
    EXPECT_EQ(TestPatient(base).yes("penicillin_reaction_severe").score("pen_fast"),
              (Points{2, 2}));
    EXPECT_EQ(TestPatient(base).yes("penicillin_reaction_treated").score("pen_fast"),
              (Points{1, 1}));
}

TEST(Children, FastBreathingByAge) {
    const auto fast = [](double months, double rate) {
        return TestPatient()
                   .with(Input::age, months / 12)
                   .with(Input::respiratory_rate, rate)
                   .score("fast_breathing") == Points{1, 1};
    };
    EXPECT_FALSE(fast(1.9, 59));
    EXPECT_TRUE(fast(1.9, 60));
    EXPECT_FALSE(fast(2, 49));
    EXPECT_TRUE(fast(2, 50));
    EXPECT_TRUE(fast(11.9, 50));
    EXPECT_FALSE(fast(12, 39));
    EXPECT_TRUE(fast(12, 40));
    EXPECT_TRUE(fast(59, 40));
    EXPECT_EQ(fast_breathing_from(1.9 / 12), 60);
    EXPECT_EQ(fast_breathing_from(2.0 / 12), 50);
    EXPECT_EQ(fast_breathing_from(1), 40);
    EXPECT_FALSE(fast_breathing_from(5));
}

TEST(Children, LowPressureByAge) {
    EXPECT_EQ(low_systolic_below(20 / 365.25), 60);
    EXPECT_EQ(low_systolic_below(0.5), 70);
    EXPECT_EQ(low_systolic_below(1), 72);
    EXPECT_EQ(low_systolic_below(10), 90);
    EXPECT_FALSE(low_systolic_below(11));
}

TEST(Children, EachDangerSign) {
    for (const char* sign :
         {"cannot_drink", "vomits_everything", "seizure", "drowsiness", "stridor"})
        EXPECT_EQ(TestPatient().with(Input::age, 2).yes(sign).score("imci_danger")->min, 1) << sign;
    EXPECT_FALSE(TestPatient().with(Input::age, 5).yes("stridor").score("imci_danger"));
    EXPECT_FALSE(TestPatient().yes("stridor").score("imci_danger")) << "the age is not known";
}

TEST(CockcroftGault, PublishedVectorsAndAdultsOnly) {
    EXPECT_NEAR(*cockcroft_gault(65, 70, 1.4, false), 52.1, 0.05);
    EXPECT_NEAR(*cockcroft_gault(45, 60, 0.9, true), 74.8, 0.05);
    EXPECT_NEAR(*cockcroft_gault(60, 80, 1.2, false), 74.1, 0.05);
    EXPECT_FALSE(cockcroft_gault(17.9, 60, 0.9, true));
    EXPECT_FALSE(cockcroft_gault(40, 60, 0, true));
}

}  // namespace
}  // namespace clinical
