// What is likely before the findings are looked at: by complaint, by setting, by age.
#include "plugins/clinical/priors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/clinical/assessment.hpp"
#include "tests/unit/clinical/patient.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;

Differential of(const Json& request) {
    return assess(shipped(), parse_diagnosis(request.dump()).value()).differential;
}
Differential of_symptoms(std::initializer_list<Json> symptoms) {
    return of(Json{{"symptoms", Json(symptoms)}});
}
Priors::Of prior(const Differential& differential, std::string_view id) {
    for (const Ranked& ranked : differential.ranked)
        if (ranked.condition != nullptr && ranked.condition->id == id) return ranked.prior;
    ADD_FAILURE() << id << " is not ranked";
    return {};
}
std::string complaint(const Differential& differential) {
    return differential.complaint ? shipped().findings[*differential.complaint].id : "";
}

TEST(Priors, APublishedShareOfTheComplaintIsTaken) {
    const Priors::Of pneumonia = prior(of_symptoms({"cough"}), "pneumonia");
    EXPECT_TRUE(pneumonia.of_complaint);
    EXPECT_DOUBLE_EQ(pneumonia.probability, 0.019);
    EXPECT_EQ(pneumonia.prior->source->id, "okkes2002");
    EXPECT_EQ(pneumonia.status, Status::verified);
}

TEST(Priors, AnIncidenceBecomesAShareOfAllEpisodes) {
    const auto gout = [](const Json& history) {  // does not bring the complaint
        return prior(of({{"symptoms", {"cough"}}, {"history", history}}), "gout");
    };
    EXPECT_FALSE(gout({{"age", 50}}).of_complaint);
    EXPECT_DOUBLE_EQ(gout({{"age", 50}}).probability, 4.6 / kEpisodesPer1000Years);
    // It occurs from 20 years on: whose age is not known may be younger.
    EXPECT_LT(gout(Json::object()).probability, 0.8 * 4.6 / kEpisodesPer1000Years);
}

TEST(Priors, WhatPublishedSharesLeaveIsDividedByFrequency) {
    const Differential differential = of_symptoms({"cough"});
    double published = 0, others = 0;
    for (const Ranked& ranked : differential.ranked) {
        if (ranked.condition == nullptr || !ranked.prior.of_complaint) continue;
        (ranked.prior.prior->complaint ? published : others) += ranked.prior.probability;
    }
    EXPECT_GT(published, 0.5);
    EXPECT_GT(others, 0);
    EXPECT_LE(published + others, 1);
    EXPECT_EQ(prior(differential, "covid19").status, Status::estimated);
    EXPECT_EQ(prior(differential, "tuberculosis").status, Status::estimated);
    EXPECT_GT(prior(differential, "covid19").probability,
              100 * prior(differential, "tuberculosis").probability);
}

TEST(Priors, WithoutAPublishedShareTheComplaintStillTellsWhoBringsIt) {
    const Differential differential = of_symptoms({"ear pain"});
    EXPECT_EQ(complaint(differential), "ear_pain");
    EXPECT_TRUE(prior(differential, "otitis_media").of_complaint);
    EXPECT_GT(prior(differential, "otitis_media").probability, 0.05);
    EXPECT_FALSE(prior(differential, "gout").of_complaint);
}

TEST(Priors, TheComplaintIsOneThatIsKnownWellOrTheFirstNamed) {
    EXPECT_EQ(complaint(of_symptoms({"fever", "cough"})), "cough");
    EXPECT_EQ(complaint(of_symptoms({"vomiting", "headache"})), "vomiting");
    EXPECT_EQ(complaint(of_symptoms({"headache", "vomiting"})), "headache");
    EXPECT_EQ(complaint(of_symptoms({"pain in the right lower abdomen", "vomiting"})), "rlq_pain");
    EXPECT_EQ(complaint(of_symptoms({"hoarseness"})), "hoarseness");
    EXPECT_EQ(complaint(of_symptoms({Json{{"name", "cough"}, {"absent", true}}})), "");
}

TEST(Priors, AnExposureThatPeopleComeForIsTheComplaint) {
    const Differential differential =
        of({{"symptoms", {"fever", "cough"}}, {"history", {{"risk_factors", {"malaria_travel"}}}}});
    EXPECT_EQ(complaint(differential), "malaria_travel");
    EXPECT_DOUBLE_EQ(prior(differential, "malaria").probability, 0.21);
}

TEST(Priors, TheSettingAndTheAgeChooseAmongSeveral) {
    const Json chest{{"symptoms", {"chest pain"}}};
    Json emergency = chest;
    emergency["setting"] = "emergency";
    EXPECT_DOUBLE_EQ(prior(of(chest), "acs").probability, 0.036);
    EXPECT_DOUBLE_EQ(prior(of(emergency), "acs").probability, 0.13);
    const auto of_age = [](int age) {
        return prior(of({{"symptoms", {"cough"}}, {"history", {{"age", age}}}}), "pneumonia");
    };
    EXPECT_DOUBLE_EQ(of_age(40).probability, 0.019);
    EXPECT_DOUBLE_EQ(of_age(80).probability, 0.037);
}

TEST(Priors, WhatNobodyKnowsHereTakesTheRest) {
    const auto undifferentiated = [](const Differential& differential) {
        for (const Ranked& ranked : differential.ranked)
            if (ranked.condition == nullptr) return ranked.log_score;
        return 0.0;
    };
    // Of coughs the causes are nearly all known, of dizziness a fifth.
    EXPECT_LT(undifferentiated(of_symptoms({"cough"})), undifferentiated(of_symptoms({"vertigo"})));
}

}  // namespace
}  // namespace clinical
