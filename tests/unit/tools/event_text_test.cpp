#include "tools/chartroom/event_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chartroom::tool {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

events::Event answer() {
    events::Event event;
    event.offset = {17};
    event.at_us = 1'768'473'000'123'456;
    event.kind = events::Kind::out;
    event.cls = events::Class::lasting;
    event.ends_turn = true;
    event.type = {3, "stream_end"};
    event.actor = {4, "plugin/chat"};
    event.cause = {12};
    event.payload = R"({"content":"a\u001b[2Jb"})";
    return event;
}

TEST(TimelineLine, SaysWhereWhenWhatAndWhy) {
    const std::string line = timeline_line(answer(), 200);
    for (const char* part :
         {"17", "2026-01-15T10:30:00.123Z", "out", "<12", "stream_end", "chat"}) {
        EXPECT_THAT(line, HasSubstr(part));
    }
    EXPECT_THAT(line, EndsWith("[end]"));
}

TEST(TimelineLine, IsOneLineOfHarmlessText) {
    events::Event event = answer();
    event.payload = "{\"content\":\n\"\x1b[2J\"}";
    const std::string line = timeline_line(event, 200);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST(TimelineLine, LongPayloadIsCutBetweenCharacters) {
    events::Event event = answer();
    event.payload = "ab\u00fcdef";
    EXPECT_THAT(timeline_line(event, 3), HasSubstr("  ab…"));
    EXPECT_THAT(timeline_line(event, 4), HasSubstr("  ab\u00fc…"));
}

TEST(JsonLine, CarriesThePayloadAsJson) {
    const auto row = nlohmann::json::parse(json_line(answer()));
    EXPECT_EQ(row["offset"], 17);
    EXPECT_EQ(row["cause"], 12);
    EXPECT_EQ(row["class"], "lasting");
    EXPECT_EQ(row["payload"]["content"], "a\x1b[2Jb");
    EXPECT_FALSE(row.contains("client_id"));
}

TEST(JsonLine, CarriesBytesAsBase64) {
    events::Event event = answer();
    event.json = false;
    event.payload = std::string("\xff\x00\x01", 3);
    const auto row = nlohmann::json::parse(json_line(event));
    EXPECT_EQ(row["payload_base64"], "/wAB");
    EXPECT_FALSE(row.contains("payload"));
}

}  // namespace
}  // namespace chartroom::tool
