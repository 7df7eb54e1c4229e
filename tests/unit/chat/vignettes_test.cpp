// People's own words, from the message to the differential: what is an emergency is called one, and
// nobody else is sent to call an ambulance; the cause is among the first three.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/chat/engine_fixture.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

struct Outcome {
    bool emergency = false;
    std::size_t rank = 0;  // 0: not ranked
};

Outcome outcome_of(const Json& vignette) {
    auto says = vignette["says"].get<std::vector<std::string>>();
    const std::string last = says.back();
    says.pop_back();
    const Conversation talk = asking(last, says);
    Outcome outcome;
    outcome.emergency = talk.consultation->emergency.has_value();
    if (!talk.consultation->assessment) return outcome;
    const clinical::Assessment& assessment = *talk.consultation->assessment;
    std::size_t place = 0;
    for (const clinical::Ranked& ranked : assessment.differential.ranked) {
        if (ranked.condition == nullptr) continue;
        ++place;
        if (ranked.condition->id == vignette["expect"]) outcome.rank = place;
    }
    return outcome;
}

TEST(Vignettes, EmergenciesAreCalledThatAndTheCauseIsAmongTheFirstThree) {
    std::ifstream file(CHARTROOM_CHAT_VIGNETTES);
    ASSERT_TRUE(file);
    std::size_t count = 0, first = 0, first_three = 0;
    for (std::string line; std::getline(file, line); ++count) {
        const Json vignette = Json::parse(line);
        const std::string id = vignette["id"];
        const Outcome outcome = outcome_of(vignette);
        EXPECT_EQ(outcome.emergency, vignette["emergency"].get<bool>()) << id;
        EXPECT_TRUE(outcome.rank >= 1 && outcome.rank <= 3) << id << ": " << outcome.rank;
        first += outcome.rank == 1 ? 1 : 0;
        first_three += outcome.rank >= 1 && outcome.rank <= 3 ? 1 : 0;
    }
    EXPECT_EQ(count, 20u);
    RecordProperty("first", std::to_string(first));
    RecordProperty("first_three", std::to_string(first_three));
}

}  // namespace
}  // namespace chat
