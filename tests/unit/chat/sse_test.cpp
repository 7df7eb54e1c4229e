#include "plugins/chat/sse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SseParser, ABlankLineEndsAnEvent) {
    SseParser parser;
    EXPECT_THAT(parser.feed("data: one\n\ndata: two\n\ndata: three\n"), ElementsAre("one", "two"));
    EXPECT_THAT(parser.feed("\n"), ElementsAre("three"));
}

TEST(SseParser, AnyCutGivesTheSameEvents) {
    const std::string stream =
        "\xef\xbb\xbf: comment\r\nevent: x\r\ndata: h\xc3\xa9llo \xf0\x9f\x98\x80\r\n\r\n"
        "data:second\rdata: line\r\rid: 7\n\ndata\n\ndata: last\n\n";
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); second += 7) {
            SseParser parser;
            std::vector<std::string> events;
            for (const auto& piece : {stream.substr(0, first), stream.substr(first, second - first),
                                      stream.substr(second)})
                for (auto& event : parser.feed(piece)) events.push_back(std::move(event));
            ASSERT_THAT(events,
                        ElementsAre("h\xc3\xa9llo \xf0\x9f\x98\x80", "second\nline", "", "last"))
                << first << " " << second;
        }
    }
}

TEST(SseParser, OtherFieldsAndCommentsAreNoEvents) {
    SseParser parser;
    EXPECT_THAT(parser.feed(":ping\n\nevent: x\nid: 1\nretry: 5\ndatum: y\n\n\n\n"), IsEmpty());
    EXPECT_THAT(parser.feed("data:  two spaces\n\n"), ElementsAre(" two spaces"));
}

TEST(SseParser, AnEndlessEventOverflows) {
    SseParser parser;
    const std::string block(4096, 'x');
    for (std::size_t sent = 0; sent <= SseParser::kEventBytesMax; sent += block.size()) {
        EXPECT_FALSE(parser.overflowed());
        EXPECT_THAT(parser.feed(block), IsEmpty());
    }
    EXPECT_TRUE(parser.overflowed());
    EXPECT_THAT(parser.feed("\n\ndata: x\n\n"), IsEmpty());
}

}  // namespace
}  // namespace chat
