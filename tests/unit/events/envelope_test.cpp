#include "core/events/envelope.hpp"

#include <gtest/gtest.h>

#include "core/events/json_scan.hpp"

namespace chartroom::events {
namespace {

Event full() {
    Event event;
    event.offset = {7};
    event.at_us = 1'768'473'000'123'456;
    event.kind = Kind::out;
    event.cls = Class::lasting;
    event.ends_turn = true;
    event.type = {.number = 3, .text = "echo"};
    event.actor = {.number = 4, .text = "user/a\"b"};
    event.subject = {.number = 5, .text = "open/1"};
    event.audience = {.scope = Scope::all_but, .party = 4};
    event.cause = {6};
    event.build = 9;
    event.source = {.session = {2}, .offset = {11}};
    event.client_id = "c-1";
    event.payload = R"({"content": "h\u00e9"})";
    return event;
}

void expect_lossless(const Event& event) {
    const std::string line = to_json_line(event, "open/1");
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto again = from_json_line(line);
    ASSERT_TRUE(again) << again.error().message << "\n" << line;
    EXPECT_EQ(again->event, event) << line;
    EXPECT_EQ(again->session, "open/1");
}

TEST(Envelope, IsOneLineOfJson) {
    EXPECT_EQ(
        to_json_line(full(), "open/1"),
        R"({"session":"open/1","offset":7,"at":"2026-01-15T10:30:00.123Z","at_us":1768473000123456,"kind":"out","class":"lasting","ends_turn":true,"type":"echo","actor":"user/a\"b","subject":"open/1","numbers":{"type":3,"actor":4,"subject":5},"audience":{"scope":"all_but","party":4},"cause":6,"build":9,"source":{"session":2,"offset":11},"client_id":"c-1","data":{"content": "h\u00e9"}})");
}

TEST(Envelope, EveryEventComesBack) {
    expect_lossless(full());
    expect_lossless(Event{});
    for (const Kind kind : {Kind::in, Kind::out, Kind::command, Kind::effect, Kind::note}) {
        for (const Class cls : {Class::none, Class::lasting, Class::piece, Class::fleeting}) {
            Event event = full();
            event.kind = kind;
            event.cls = cls;
            expect_lossless(event);
        }
    }
    Event event = full();
    event.at_us = -1;
    event.offset = {18446744073709551615u};
    event.type.number = 18446744073709551615u;
    event.erased = true;
    expect_lossless(event);
}

TEST(Envelope, EveryPayloadComesBackByteForByte) {
    const std::string deep = std::string(64, '[') + std::string(64, ']');
    for (const std::string& payload :
         {std::string("{}"), std::string(" 1"), std::string("1\t"), std::string("{\n\"a\": 1}"),
          std::string("not json"), std::string(), std::string("\xff\0", 2),
          std::string(R"({"a":1,"a":2})"), deep}) {
        for (const bool json : {true, false}) {
            Event event = full();
            event.payload = payload;
            event.json = json;
            expect_lossless(event);
        }
    }
}

TEST(Envelope, BadLinesAreRefusedByField) {
    constexpr const char* kGood =
        R"({"session":"s","offset":1,"at_us":1,"kind":"in","numbers":{},"data":{}})";
    ASSERT_TRUE(from_json_line(kGood));
    const auto without = [&](std::string_view member) {
        std::string line = kGood;
        line.replace(line.find(member), member.size(), "x");
        return line;
    };
    const auto with = [&](std::string_view more) {
        return "{" + std::string(more) + "," + std::string(kGood).substr(1);
    };
    const std::pair<std::string, std::string> rows[] = {
        {without("session"), "session"},
        {without("offset"), "offset"},
        {without("at_us"), "at_us"},
        {without("kind"), "kind"},
        {without("numbers"), "numbers"},
        {without("data"), "data"},
        {with(R"("text":"{}")"), "data"},
        {with(R"("class":"lost")"), "class"},
        {with(R"("type":7)"), "type"},
        {with(R"("cause":-1)"), "cause"},
        {with(R"("build":18446744073709551616)"), "build"},
        {with(R"("audience":[])"), "audience"},
        {with(R"("audience":{"scope":"nobody"})"), "scope"},
        {with(R"("source":{"offset":"1"})"), "offset"},
        {with(R"("ends_turn":1)"), "ends_turn"},
    };
    for (const auto& [line, field] : rows) {
        const auto envelope = from_json_line(line);
        ASSERT_FALSE(envelope) << line;
        EXPECT_EQ(envelope.error().code, base::Code::validation_error);
        EXPECT_EQ(envelope.error().field, field) << line;
    }
    for (const char* line : {"", "[]", "{", R"({"session":"s","session":"s"})"}) {
        const auto envelope = from_json_line(line);
        ASSERT_FALSE(envelope) << line;
        EXPECT_EQ(envelope.error().code, base::Code::malformed) << line;
    }
}

}  // namespace
}  // namespace chartroom::events
