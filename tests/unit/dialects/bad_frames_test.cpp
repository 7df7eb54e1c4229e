// What each dialect answers to frames that it cannot take. Every row says code and field; nothing
// of a refused frame becomes a request.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "core/events/json_scan.hpp"
#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
}

struct Row {
    const char* dialect;
    std::string frame;
    std::string code;
    std::string field;
};

// Under whatever name and spelling.
bool says_code(std::string_view answer, std::string code) {
    const auto says = [&](std::string_view key) {
        return answer.contains("\"" + std::string(key) + "\":\"" + code + "\"");
    };
    if (says("code") || says("error_type")) {
        return true;
    }
    std::ranges::transform(code, code.begin(), [](unsigned char c) { return std::toupper(c); });
    return says("code");
}

TEST(BadFrames, EachIsRefusedInTheWordsOfItsDialect) {
    const std::string deep = nested(64);
    const std::string huge = "1e999";
    const Row rows[] = {
        {"native", "", "malformed", ""},
        {"native", "hello", "malformed", ""},
        {"native", "{", "malformed", ""},
        {"native", R"({"type":"echo"}x)", "malformed", ""},
        {"native", R"({"type":"echo"} {"type":"echo"})", "malformed", ""},
        {"native", R"(["type"])", "malformed", ""},
        {"native", R"({"type":"echo","type":"echo"})", "malformed", ""},
        {"native", R"({"type":"echo","\u0074ype":"x"})", "malformed", ""},
        {"native", R"({"type":"echo","data":{"a":)" + deep + "}}", "malformed", ""},
        {"native", R"({"type":"echo","data":{"a":)" + huge + "}}", "malformed", ""},
        {"native", R"({"type":"echo","data":{"a":"\ud800"}})", "malformed", ""},
        {"native", "{\"type\":\"echo\",\"data\":{\"a\":\"\xff\"}}", "malformed", ""},
        {"native", "{\"type\":\"echo\",\"data\":{\"a\":\"\n\"}}", "malformed", ""},
        {"native", "{}", "validation_error", "type"},
        {"native", R"({"type":7})", "validation_error", "type"},
        {"native", R"({"type":""})", "validation_error", "type"},
        {"native", R"({"type":")" + std::string(129, 't') + R"("})", "validation_error", "type"},
        {"native", R"({"type":"echo","data":"x"})", "validation_error", "data"},
        {"native", R"({"type":"echo","data":[1]})", "validation_error", "data"},
        {"native", R"({"type":"echo","id":7})", "validation_error", "id"},
        {"native", R"({"type":"echo","id":")" + std::string(65, 'i') + R"("})", "validation_error",
         "id"},
        {"native", R"({"type":"echo","since":-1})", "validation_error", "since"},
        {"native", R"({"type":"echo","since":1.5})", "validation_error", "since"},
        {"native", R"({"type":"echo","since":9007199254740992})", "validation_error", "since"},
        {"native", R"({"type":"echo","since":"4"})", "validation_error", "since"},
        {"native", R"({"type":"echo","epoch":4})", "validation_error", "epoch"},
        {"native", R"({"type":"echo","session":"nobody"})", "validation_error", "session"},
        {"native", R"({"type":"echo","session":[]})", "validation_error", "session"},
        {"native", R"({"type":"echo","token":"x"})", "validation_error", "token"},
        {"native", R"({"type":"echo","data":{"token":"x"}})", "validation_error", "token"},
        {"native", R"({"type":"session.join","session":"a","token":"x"})", "validation_error",
         "token"},
        {"native", R"({"type":"session.open"})", "validation_error", "type"},
        {"native", R"({"type":"session.join"})", "validation_error", "session"},
        {"native", R"({"type":"session.join","session":"a","after":"0"})", "validation_error",
         "after"},
        {"native", R"({"type":"session.leave"})", "validation_error", "session"},
        {"native", R"({"type":"session.leave","session":"s"})", "validation_error", "session"},
        {"native", R"({"type":"session.leave","session":"x"})", "validation_error", "session"},
        {"native", R"({"type":"session.history","limit":0})", "validation_error", "limit"},
        {"native", R"({"type":"session.history","limit":1001})", "validation_error", "limit"},
        {"native", R"({"type":"session.history","before":true})", "validation_error", "before"},
        {"native", R"({"type":"session.refresh"})", "validation_error", "token"},
        {"native", R"({"type":"ack","session":"s"})", "validation_error", "offset"},
        {"native", R"({"type":"cancel","cause":{}})", "validation_error", "cause"},
        {"native", R"({"type":"session.close"})", "unknown_type", "type"},
        {"native", R"({"type":"accepted"})", "unknown_type", "type"},
        {"native", R"({"type":"error"})", "unknown_type", "type"},
        {"plain", R"({"content":1})", "validation_error", "content"},
        {"plain", R"({"content":null})", "validation_error", "content"},
        {"plain", R"({"content":""})", "validation_error", "content"},
        {"plain", R"({"content":"a","role":1})", "validation_error", "role"},
        {"plain", R"({"content":"a","content":"b"})", "malformed", ""},
        {"plain", R"({"content":)" + deep + "}", "malformed", ""},
        {"plain", R"({"content":"a","n":1e999})", "malformed", ""},
        {"plain", R"({"symptoms":["a"]})", "validation_error", "symptoms"},
        {"plain", R"({"symptoms":"a","patient_id":1.5})", "validation_error", "patient_id"},
        {"plain", R"({"symptoms":"a","patient_id":""})", "validation_error", "patient_id"},
        {"plain", R"({"symptoms":"a","doctor_id":{}})", "validation_error", "doctor_id"},
        {"plain", R"({"content":"a","token":"x"})", "validation_error", "token"},
        {"plain", R"({"data":{"token":"x"}})", "validation_error", "token"},
        {"question", "", "validation_error", "question"},
        {"question", R"({"question":1})", "validation_error", "question"},
        {"question", R"({"question":""})", "validation_error", "question"},
        {"question", R"({"question":"a","token":"x"})", "validation_error", "token"},
        {"question", R"({"question":"a","question":"b"})", "malformed", ""},
        {"clinical", "", "malformed", ""},
        {"clinical", "hello", "malformed", ""},
        {"clinical", "[]", "malformed", ""},
        {"clinical", "{}", "validation_error", "type"},
        {"clinical", R"({"type":7})", "validation_error", "type"},
        {"clinical", R"({"type":"diagnosis","data":"x"})", "validation_error", "data"},
        {"clinical", R"({"type":"diagnosis","data":{"a":)" + deep + "}}", "malformed", ""},
        {"clinical", R"({"type":"diagnosis","data":{"token":"x"}})", "validation_error", "token"},
        {"clinical", R"({"type":"chat"})", "validation_error", "content"},
        {"clinical", R"({"type":"chat","content":""})", "validation_error", "content"},
        {"clinical", R"({"type":"chat","message":7})", "validation_error", "message"},
        {"clinical", R"({"type":"chat","data":{"content":7}})", "validation_error", "content"},
        {"clinical", R"({"type":"chat","data":{"a":1,"a":2}})", "malformed", ""},
        {"clinical", R"({"type":"cancel","cause":"x"})", "validation_error", "cause"},
        {"conversation", "hello", "malformed", ""},
        {"conversation", "{}", "validation_error", "type"},
        {"conversation", R"({"type":"send_message"})", "validation_error", "content"},
        {"conversation", R"({"type":"send_message","data":[]})", "validation_error", "data"},
        {"conversation", R"({"type":"send_message","data":{"content":"a"}})", "validation_error",
         "conversation_id"},
        {"conversation", R"({"type":"send_message","data":{"conversation_id":1.5,"content":"a"}})",
         "validation_error", "conversation_id"},
        {"conversation", R"({"type":"send_message","data":{"conversation_id":"","content":"a"}})",
         "validation_error", "conversation_id"},
        {"conversation", R"({"type":"send_message","data":{"conversation_id":5,"content":""}})",
         "validation_error", "content"},
        {"conversation",
         R"({"type":"send_message","data":{"conversation_id":5,"content":"a","message_type":1}})",
         "validation_error", "message_type"},
        {"conversation", R"({"type":"send_message","data":{"content":"a","token":"x"}})",
         "validation_error", "token"},
        {"conversation", R"({"type":"stream_response","data":{"conversation_id":5}})",
         "validation_error", "message_id"},
        {"conversation",
         R"({"type":"stream_response","data":{"conversation_id":5,"message_id":"x"}})",
         "validation_error", "message_id"},
        {"conversation", R"({"type":"typing","data":{"conversation_id":5}})", "validation_error",
         "is_typing"},
        {"conversation", R"({"type":"typing","data":{"conversation_id":5,"is_typing":1}})",
         "validation_error", "is_typing"},
        {"conversation", R"({"type":"typing_start","data":{}})", "validation_error",
         "conversation_id"},
        {"conversation", R"({"type":"join_conversation","data":{"conversation_id":5,"after":-1}})",
         "validation_error", "after"},
        {"conversation", R"({"type":"leave_conversation","data":{}})", "validation_error",
         "conversation_id"},
        {"conversation", R"({"type":"cancel","data":{"conversation_id":77}})", "validation_error",
         "conversation_id"},
        {"conversation", R"({"type":"session.open"})", "unknown_type", "type"},
        {"stream", "hello", "malformed", ""},
        {"stream", R"({"message":7})", "validation_error", "message"},
        {"stream", R"({"message":"a","enable_agents":1})", "validation_error", "enable_agents"},
        {"stream", R"({"message":"a","session_id":1.5})", "validation_error", "session_id"},
        {"stream", R"({"message":"a","session_id":""})", "validation_error", "session_id"},
        {"stream", R"({"message":"a","patient_profile":[]})", "validation_error",
         "patient_profile"},
        {"stream", R"({"message":"a","patient_profile":{"age":"x"}})", "validation_error",
         "patient_profile.age"},
        {"stream", R"({"message":"a","patient_profile":{"chronic_conditions":"x"}})",
         "validation_error", "patient_profile.chronic_conditions"},
        {"stream", R"({"message":"a","patient_profile":{"current_medications":{}}})",
         "validation_error", "patient_profile.current_medications"},
        {"stream", R"({"message":"a","patient_profile":{"allergies":"nuts"}})", "validation_error",
         "patient_profile.allergies"},
        {"stream", R"({"message":"a","patient_profile":{"token":"x"}})", "validation_error",
         "patient_profile.token"},
        {"stream",
         R"({"message":"a","patient_profile":{"x":")" + std::string(17'000, 'x') + R"("}})",
         "validation_error", "patient_profile"},
        {"stream", R"({"message":"a","token":"x"})", "validation_error", "token"},
        {"stream", R"({"type":"cancel","cause":-1})", "validation_error", "cause"},
    };
    for (const auto& row : rows) {
        Conversation talk(row.dialect);
        talk.connect();
        talk.client(row.dialect == std::string_view("conversation") ? R"({"type":"typing_start"})"
                                                                    : R"({"type":"session.open"})");
        talk.open(0, "s");
        const std::string answer = talk.client(row.frame);
        EXPECT_TRUE(answer.ends_with("\n- " + row.code + "\n")) << row.frame << "\n" << answer;
        EXPECT_EQ(answer.find("! "), std::string::npos) << row.frame;
        EXPECT_TRUE(says_code(answer, row.code)) << answer;
        if (!row.field.empty()) {
            EXPECT_NE(answer.find("\"field\":\"" + row.field + "\""), std::string::npos) << answer;
        }
    }
}

TEST(BadFrames, NativeTakesNothingBeforeItIsOpen) {
    for (const char* frame :
         {R"({"type":"echo"})", R"({"type":"ack","offset":1})", R"({"type":"cancel"})",
          R"({"type":"session.join","session":"a"})", R"({"type":"session.history"})",
          R"({"type":"session.refresh","token":"x"})"}) {
        Conversation talk("native");
        talk.connect();
        EXPECT_TRUE(talk.client(frame).ends_with("\n- validation_error\n")) << frame;
    }
}

TEST(BadFrames, ABadFrameDoesNotHarmTheNext) {
    Conversation talk("native");
    talk.connect();
    talk.client(R"({"type":"session.open"})");
    talk.open(0, "s");
    talk.client("{");
    EXPECT_EQ(talk.client(R"({"type":"echo","data":{}})"), "! send slot=0 echo {}\n");
}

TEST(Dialects, NamesMakeDialects) {
    for (const auto name : dialect_names()) {
        EXPECT_NE(make_dialect(name), nullptr) << name;
    }
    EXPECT_EQ(make_dialect("telegraph"), nullptr);
}

TEST(Dialects, NoticesForSessionsThatAreNotFollowedGiveNothing) {
    for (const auto name : dialect_names()) {
        Conversation talk(name);
        talk.connect();
        EXPECT_EQ(talk.event(1, 0, "stream_end", "{}", true, 9), "");
        EXPECT_EQ(talk.notice(engine::Live{.slot = 9, .offset = {1}}), "");
        EXPECT_EQ(talk.notice(engine::Position{.slot = 9, .prev = {0}, .offset = {1}}), "");
        EXPECT_EQ(talk.notice(engine::Unfollowed{.slot = 9, .error = {}}), "");
        EXPECT_EQ(talk.notice(engine::Accepted{.request = 99, .offset = {1}, .duplicate = false}),
                  "");
        EXPECT_EQ(talk.notice(engine::HistoryPage{.request = 99, .events = {}, .more = false}), "");
    }
}

}  // namespace
}  // namespace chartroom::dialects
