#include "plugins/chat/builtin_reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Conversation asking(std::string question) {
    return {.question = std::move(question)};
}

TEST(BuiltinReply, RestatesAsksAndDisclaims) {
    const std::string reply = builtin_reply(asking("My knee hurts"));
    EXPECT_THAT(reply, HasSubstr("You wrote: \"My knee hurts\""));
    EXPECT_THAT(reply, HasSubstr("1. When did it begin"));
    EXPECT_THAT(reply, HasSubstr("4. "));
    EXPECT_THAT(reply, Not(HasSubstr("5. ")));
    EXPECT_THAT(reply, HasSubstr("Not a medical device."));
}

TEST(BuiltinReply, AsksOnlyWhatIsOpen) {
    const std::string reply = builtin_reply(asking("My knee hurts since two weeks, quite severe"));
    EXPECT_THAT(reply, Not(HasSubstr("When did it begin")));
    EXPECT_THAT(reply, Not(HasSubstr("How strong")));
    EXPECT_THAT(reply, HasSubstr("getting better, worse"));
}

TEST(BuiltinReply, RemembersWhatWasSaidEarlier) {
    Conversation talk = asking("I am 40 years old, healthy, no medicines");
    talk.earlier = {
        {true, "My knee hurts since two weeks, severe, getting worse, and it is swollen"},
        {false, "You wrote: …"}};
    const std::string reply = builtin_reply(talk);
    EXPECT_THAT(reply, HasSubstr("This is what you have told me"));
    EXPECT_THAT(reply, HasSubstr("- My knee hurts since two weeks"));
    EXPECT_THAT(reply, HasSubstr("- I am 40 years old"));
    EXPECT_THAT(reply, Not(HasSubstr("You wrote")));
}

TEST(BuiltinReply, AGreetingIsAnsweredWithWhoItIs) {
    EXPECT_THAT(builtin_reply(asking("Hello!")), HasSubstr("built-in assistant"));
}

TEST(BuiltinReply, LongTextsAreQuotedToACharactersBoundary) {
    std::string text = "a";
    for (int i = 0; i < 300; ++i) text += "\xc3\xa9";
    const std::string reply = builtin_reply(asking(text));
    EXPECT_LT(reply.size(), 1'200u);
    EXPECT_THAT(reply, HasSubstr("\xc3\xa9 \xe2\x80\xa6"));
}

TEST(InPieces, JoinedTheyAreTheText) {
    const std::string text = "one two  three\n\nfour \xc3\xa9t\xc3\xa9 six ";
    for (std::size_t words = 1; words <= 8; ++words) {
        std::string joined;
        for (const auto piece : in_pieces(text, words)) joined += piece;
        EXPECT_EQ(joined, text);
    }
    EXPECT_THAT(in_pieces("one two three", 2), ElementsAre("one two ", "three"));
    EXPECT_THAT(in_pieces("one two", 1), ElementsAre("one ", "two"));
    EXPECT_TRUE(in_pieces("", 1).empty());
}

}  // namespace
}  // namespace chat
