#include "plugins/chat/completion.hpp"

#include <gtest/gtest.h>

namespace chat {
namespace {

using State = Completion::State;

std::string chunk(const std::string& json) {
    return "data: " + json + "\n\n";
}

std::string delta(const std::string& text) {
    return chunk(R"({"choices":[{"delta":{"content":")" + text + R"("},"finish_reason":null}]})");
}

TEST(Completion, DeltasAreTheText) {
    Completion completion;
    EXPECT_EQ(completion.feed(chunk(R"({"choices":[{"delta":{"role":"assistant"}}]})")), "");
    EXPECT_EQ(completion.feed(delta("Hel") + delta("lo")), "Hello");
    EXPECT_EQ(completion.state(), State::running);
    EXPECT_FALSE(completion.finish());
    completion.feed(chunk(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})"));
    EXPECT_EQ(completion.finish(), "stop");
    completion.feed(chunk(
        R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})"));
    EXPECT_EQ(completion.usage().total_tokens, 5u);
    EXPECT_EQ(completion.state(), State::running);
    completion.feed("data: [DONE]\n\n");
    EXPECT_EQ(completion.state(), State::done);
}

TEST(Completion, ACharacterCutInTwoArrivesWhole) {
    const std::string stream = delta("\xf0\x9f\x98\x80 caf\xc3\xa9");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Completion completion;
        const std::string first = completion.feed(stream.substr(0, cut));
        EXPECT_EQ(first + completion.feed(stream.substr(cut)), "\xf0\x9f\x98\x80 caf\xc3\xa9");
        EXPECT_EQ(completion.state(), State::running);
    }
}

TEST(Completion, FinishReasonsAreStopOrLength) {
    for (const auto& [reason, finish] :
         {std::pair{"stop", "stop"}, {"length", "length"}, {"content_filter", "stop"}}) {
        Completion completion;
        completion.feed(chunk(std::string(R"({"choices":[{"delta":{},"finish_reason":")") + reason +
                              R"("}]})"));
        EXPECT_EQ(completion.finish(), finish);
    }
}

TEST(Completion, NullsAndUnknownMembersAreHarmless) {
    Completion completion;
    EXPECT_EQ(completion.feed(chunk(
                  R"({"id":"x","usage":null,"error":null,"choices":[{"index":0,"logprobs":null,)"
                  R"("delta":{"content":null,"tool_calls":[]},"finish_reason":null}]})")),
              "");
    EXPECT_EQ(completion.state(), State::running);
}

TEST(Completion, WhatIsNoChunkIsMalformed) {
    for (const char* data : {"{", "[]", "5", "{}", R"({"choices":[{"delta":{"content":5}}]})",
                             R"({"choices":[5]})", R"({"error":{"message":"overloaded"}})",
                             "{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}"}) {
        Completion completion;
        completion.feed(delta("before"));
        EXPECT_EQ(completion.feed(chunk(data)), "") << data;
        EXPECT_EQ(completion.state(), State::malformed) << data;
        EXPECT_EQ(completion.feed(delta("after")), "");
    }
}

}  // namespace
}  // namespace chat
