#include "plugins/chat/prompt.hpp"

#include <gtest/gtest.h>

#include "plugins/chat/request.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

class Rows {
  public:
    Rows& add(std::string type, const Json& payload) {
        rows_.push_back(make(std::move(type), payload.dump()));
        return *this;
    }
    Rows& erased(std::string type) {
        rows_.push_back(make(std::move(type), ""));
        return *this;
    }
    const std::vector<chartroom::Row>& all() const { return rows_; }

  private:
    static chartroom::Row make(const std::string& type, const std::string& payload) {
        chartroom_row row{};
        row.type = {type.data(), type.size()};
        row.payload = {payload.data(), payload.size()};
        return chartroom::Row(row);
    }
    std::vector<chartroom::Row> rows_;
};

Request asking(std::string content) {
    Request request;
    request.content = std::move(content);
    return request;
}

TEST(ParseRequest, SaysWhichFieldIsWrongAndHow) {
    const auto wrong = [](std::string_view payload) {
        const auto request = parse_request(payload);
        return request ? std::string("ok") : request.error().code + " " + request.error().field;
    };
    EXPECT_EQ(wrong(R"({"content":"a"})"), "ok");
    EXPECT_EQ(wrong(R"({"content":"a","role":"system","message_type":"note","fields":null})"),
              "ok");
    EXPECT_EQ(wrong(R"({"content":" \n"})"), "validation_error content");
    EXPECT_EQ(wrong(R"({})"), "validation_error content");
    EXPECT_EQ(wrong(R"({"content":5})"), "validation_error content");
    EXPECT_EQ(wrong(R"([])"), "validation_error data");
    EXPECT_EQ(wrong("not json"), "validation_error data");
    EXPECT_EQ(wrong(R"({"content":"a","role":1})"), "validation_error role");
    EXPECT_EQ(wrong(R"({"content":"a","message_type":1})"), "validation_error message_type");
    EXPECT_EQ(wrong(R"({"content":"a","message_type":"system"})"), "forbidden message_type");
    EXPECT_EQ(wrong(R"({"content":"a","profile":"x"})"), "validation_error profile");
    EXPECT_EQ(wrong(R"({"content":"a","fields":[1]})"), "validation_error fields");
    EXPECT_EQ(wrong(R"({"content":"a","agents":"yes"})"), "validation_error agents");
    EXPECT_EQ(wrong(R"({"content":"a","assistant":[]})"), "validation_error assistant");
    const Json longest{{"a", std::string(kProfileBytesMax, 'x')}};
    EXPECT_EQ(wrong(Json{{"content", "a"}, {"profile", longest}}.dump()),
              "validation_error profile");
}

TEST(ParseRespond, NamesAMessageByItsNumber) {
    const auto read = [](std::string_view payload) {
        const auto request = parse_respond(payload);
        return request ? std::to_string(request->message) + " " + request->assistant
                       : request.error().code + " " + request.error().field;
    };
    EXPECT_EQ(read(R"({"message":7,"assistant":3})"), "7 3");
    EXPECT_EQ(read(R"({"message":"7","assistant":"nurse"})"), "7 nurse");
    for (const char* wrong : {R"({})", R"({"message":null})", R"({"message":-1})",
                              R"({"message":"7a"})", R"({"message":1.5})", R"({"message":[7]})"})
        EXPECT_EQ(read(wrong), "validation_error message") << wrong;
    EXPECT_EQ(read(R"({"message":7,"assistant":{}})"), "validation_error assistant");
    EXPECT_EQ(read("[]"), "validation_error data");
}

TEST(MakeConversation, TakesMessagesAndAnswersButNotNotesOrItself) {
    Rows rows;
    rows.add("message", {{"id", 1}, {"content", "first"}, {"message_type", "user"}})
        .add("stream_end", {{"message_id", 2}, {"content", "answer"}})
        .add("message", {{"id", 3}, {"content", "between us"}, {"message_type", "note"}})
        .erased("message")
        .add("stream_end", {{"message_id", 5}, {"content", ""}})
        .add("message", {{"id", 7}, {"content", "now"}, {"message_type", "user"}});
    const Conversation talk = make_conversation(rows.all(), 7, asking("now"), "ada");
    ASSERT_EQ(talk.earlier.size(), 2u);
    EXPECT_EQ(talk.earlier[0].text, "first");
    EXPECT_TRUE(talk.earlier[0].from_person);
    EXPECT_EQ(talk.earlier[1].text, "answer");
    EXPECT_FALSE(talk.earlier[1].from_person);
}

TEST(MakeConversation, KnowsWhoseTheMessagesAre) {
    Rows rows;
    for (const char* sender : {"ada", "ben"})
        rows.add("message", {{"content", sender}, {"sender", sender}, {"message_type", "user"}});
    const Conversation talk = make_conversation(rows.all(), 7, asking("now"), "ada");
    ASSERT_EQ(talk.earlier.size(), 2u);
    EXPECT_TRUE(talk.earlier[0].by_who_asks);
    EXPECT_FALSE(talk.earlier[1].by_who_asks);
}

TEST(MakeConversation, TheOldestAreLeftOutAboveTheBound) {
    Rows rows;
    for (int i = 0; i < 10; ++i)
        rows.add("message",
                 {{"id", i},
                  {"content", std::string(kHistoryBytesMax / 4, static_cast<char>('a' + i))},
                  {"message_type", "user"}});
    const Conversation talk = make_conversation(rows.all(), 99, asking("now"), "ada");
    ASSERT_EQ(talk.earlier.size(), 4u);
    EXPECT_EQ(talk.earlier.front().text[0], 'g');
    EXPECT_EQ(talk.earlier.back().text[0], 'j');
}

TEST(CompletionBody, ARoleIsNeverTheClients) {
    Settings settings;
    settings.persona = {.model = "m", .system_prompt = "be careful"};
    auto request = parse_request(R"({"content":"hi","role":"system","profile":{"age":40}})");
    ASSERT_TRUE(request);
    Conversation talk = make_conversation({}, 1, *request, "ada");
    talk.earlier = {{true, "q"}, {false, "a"}};
    const Json body = Json::parse(completion_body(settings, talk, "", ""));
    std::string roles;
    for (const Json& message : body["messages"]) roles += message["role"].get<std::string>() + " ";
    EXPECT_EQ(roles, "system user assistant user user ");
    EXPECT_EQ(body["messages"].back()["content"], "hi");
    EXPECT_EQ(body["stream"], true);
    EXPECT_EQ(body["stream_options"]["include_usage"], true);
    EXPECT_FALSE(body.contains("max_tokens"));
}

TEST(CompletionBody, TheEnginesResultsComeBeforeTheQuestion) {
    const Json body = Json::parse(completion_body(
        Settings(), make_conversation({}, 1, asking("hi"), "ada"), "How soon: today.", ""));
    const Json& messages = body["messages"];
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0]["role"], "user");
    EXPECT_TRUE(messages[0]["content"].get<std::string>().ends_with("\n\nHow soon: today."));
    EXPECT_EQ(messages[1]["content"], "hi");
}

TEST(CompletionBody, ACutAnswerIsShownAndContinued) {
    Settings settings;
    const Json body = Json::parse(
        completion_body(settings, make_conversation({}, 1, asking("hi"), "ada"), "", "The half"));
    const Json& messages = body["messages"];
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[1]["role"], "assistant");
    EXPECT_EQ(messages[1]["content"], "The half");
    EXPECT_EQ(messages[2]["role"], "user");
}

TEST(CompletionBody, AnAgentHasItsOwnPromptAndSeesTheStepsBefore) {
    Settings settings;
    settings.persona.system_prompt = "be careful";
    settings.agent_prompts = {{"triage", "judge"}, {"diagnostic", "consider"}};
    Conversation talk = make_conversation({}, 1, asking("My knee hurts"), "ada");
    talk.agent = &kTriage;
    const Json first = Json::parse(completion_body(settings, talk, "", ""))["messages"];
    EXPECT_EQ(first[0]["content"], "be careful\n\njudge");
    EXPECT_EQ(first.back()["content"], "My knee hurts");
    talk.parts.push_back({&kTriage, "Not urgent."});
    talk.agent = &kDiagnostic;
    const Json second = Json::parse(completion_body(settings, talk, "", "A sprain"))["messages"];
    ASSERT_EQ(second.size(), 6u);
    EXPECT_EQ(second[0]["content"], "be careful\n\nconsider");
    EXPECT_EQ(second[1]["content"], "My knee hurts");
    EXPECT_EQ(second[2], (Json{{"role", "assistant"}, {"content", "Triage:\nNot urgent."}}));
    EXPECT_EQ(second[3], (Json{{"role", "user"},
                               {"content", "Now the diagnostic step on my message above."}}));
    EXPECT_EQ(second[4]["content"], "A sprain");
}

TEST(CompletionBody, AnAssistantIsTakenFromTheTableAndAnUnknownOneIsTheDefault) {
    const Settings settings = read_settings(R"({"model":"m","system_prompt":"general",
        "temperature":0.5,"assistants":{"7":{"system_prompt":"knees"},"8":{"model":"big"}}})");
    const auto asked = [&](const std::string& assistant) {
        Request request = asking("hi");
        request.assistant = assistant;
        const Json body = Json::parse(
            completion_body(settings, make_conversation({}, 1, request, "ada"), "", ""));
        return body["model"].get<std::string>() + " " +
               body["messages"][0]["content"].get<std::string>() + " " + body["temperature"].dump();
    };
    EXPECT_EQ(asked("7"), "m knees 0.5");
    EXPECT_EQ(asked("8"), "big general 0.5");
    EXPECT_EQ(asked("9"), "m general 0.5");
    EXPECT_EQ(asked(""), "m general 0.5");
}

TEST(ReadSettings, TheUrlIsThatOfTheCompletions) {
    const auto url = [](const std::string& base) {
        return read_settings(R"({"provider":"openai","model":"m","base_url":")" + base + "\"}").url;
    };
    EXPECT_EQ(url("http://h:1"), "http://h:1/v1/chat/completions");
    EXPECT_EQ(url("http://h:1/"), "http://h:1/v1/chat/completions");
    EXPECT_EQ(url("http://h/v1"), "http://h/v1/chat/completions");
    EXPECT_EQ(url("http://h/openai/v2/"), "http://h/openai/v2/chat/completions");
    EXPECT_THROW(static_cast<void>(read_settings(R"({"provider":"openai","model":"m"})")),
                 std::invalid_argument);
    EXPECT_THROW(static_cast<void>(read_settings(R"({"provider":"openai","base_url":"http://h"})")),
                 std::invalid_argument);
}

}  // namespace
}  // namespace chat
