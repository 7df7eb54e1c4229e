#include "plugins/clinical/name_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clinical {
namespace {

using ::testing::ElementsAre;

NameIndex ears() {
    NameIndex names;
    EXPECT_TRUE(names.add("otitis_media", 0, MatchKind::exact));
    EXPECT_TRUE(names.add("acute otitis media", 0, MatchKind::synonym));
    EXPECT_TRUE(names.add("otitis_externa", 1, MatchKind::exact));
    EXPECT_TRUE(names.add("swimmer's ear", 1, MatchKind::synonym));
    EXPECT_TRUE(names.add("vertigo", 2, MatchKind::exact));
    return names;
}

TEST(NameIndex, ANameIsOfOneThing) {
    NameIndex names = ears();
    EXPECT_TRUE(names.add("Media, otitis", 0, MatchKind::synonym));
    EXPECT_FALSE(names.add("Otitis Media", 2, MatchKind::synonym));
}

TEST(NameIndex, FindsWithoutOrderCaseAndPunctuationAndWithOneLetterWrong) {
    const NameIndex names = ears();
    EXPECT_EQ(names.find("  media, OTITIS ")->index, 0u);
    EXPECT_EQ(names.find("otitis extrena"), std::nullopt);  // two letters
    EXPECT_EQ(names.find("otitis externna")->index, 1u);
    EXPECT_EQ(names.find("otitis externna")->kind, MatchKind::spelling);
}

TEST(NameIndex, ALetterMoreLessOrOtherIsTheSameName) {
    NameIndex names;
    names.add("cough", 0, MatchKind::exact);
    for (const char* once :
         {"coughs", "ccough", "cougrh", "ough", "coug", "cogh", "caugh", "rough", "cougt"})
        EXPECT_EQ(names.find(once).has_value(), std::string_view(once).size() >= 5) << once;
    for (const char* twice : {"coughing", "rougt", "cuogh", "coooogh", "laugh"})
        EXPECT_EQ(names.find(twice), std::nullopt) << twice;
}

TEST(NameIndex, TheNearestAreDifferentThingsAsPeopleWriteThem) {
    EXPECT_THAT(ears().nearest("otitis extarnis", 2),
                ElementsAre("otitis externa", "otitis media"));
    EXPECT_EQ(ears().nearest("otitis", 9).size(), 3u);
}

}  // namespace
}  // namespace clinical
