// A session as server-sent events, from notices to bytes.
#include "core/gateway/event_stream.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

class EventStreamTest : public testing::Test {
  protected:
    void open(EventStreamRequest request) {
        stream_ = make_event_stream(std::move(request), [this](HttpResponse& response) {
            statuses_.push_back(response.status);
            response.headers.emplace_back("x-completed", "yes");
        });
        const dialects::Decoded decoded = stream_->connected({});
        ASSERT_EQ(decoded.requests.size(), 1u);
        join_ = std::get<dialects::Join>(decoded.requests.front());
        EXPECT_TRUE(decoded.frames.empty());
        stream_->joined({join_.slot, "home", ""});
    }
    // What a notice is on the wire.
    std::string write(const engine::NoticeBody& notice) {
        const dialects::Encoded encoded = stream_->notice(notice);
        closes_ = encoded.close.has_value();
        std::string out;
        for (const auto& frame : encoded.frames) out += frame;
        return out;
    }
    [[nodiscard]] engine::Opened opened(std::uint64_t head, std::uint64_t after) const {
        engine::Opened opened;
        opened.slot = join_.slot;
        opened.epoch = {"e0"};
        opened.head = {head};
        opened.after = {after};
        return opened;
    }
    [[nodiscard]] engine::Delivered event(std::uint64_t offset, std::string payload) const {
        auto made = std::make_shared<events::Event>();
        made->offset = {offset};
        made->kind = events::Kind::out;
        made->type.text = "token";
        made->payload = std::move(payload);
        return {join_.slot, {offset - 1}, {made}};
    }

    std::unique_ptr<dialects::Dialect> stream_;
    dialects::Join join_;
    std::vector<unsigned> statuses_;
    bool closes_ = false;
};

TEST_F(EventStreamTest, ItJoinsWhereItIsTold) {
    open({"home", Position{{7}, base::Epoch{"e0"}}, ""});
    EXPECT_EQ(join_.name, "home");
    EXPECT_EQ(join_.after->value, 7u);
    EXPECT_EQ(join_.epoch->value, "e0");
    EXPECT_FALSE(join_.epoch_required);
    open({"home", std::nullopt, std::string(32, 'a')});
    EXPECT_FALSE(join_.after.has_value());
    EXPECT_EQ(join_.participant, std::string(32, 'a'));
}

TEST_F(EventStreamTest, EveryEventCarriesThePositionBehindIt) {
    open({"home", std::nullopt, ""});
    const std::string first = write(opened(9, 9));
    EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"));
    EXPECT_NE(first.find("x-completed: yes\r\n"), std::string::npos);
    EXPECT_EQ(first.find("content-length"), std::string::npos);
    EXPECT_NE(first.find("\r\n\r\nretry: 2000\n\nid: e0:9\ndata: {\"type\":\"session.opened\""),
              std::string::npos);
    EXPECT_EQ(write(engine::Live{join_.slot, {9}}),
              "data: {\"type\":\"session.live\",\"session\":\"home\",\"offset\":9}\n\n");
    const std::string token = write(event(12, R"({"content":"a"})"));
    EXPECT_TRUE(token.starts_with("id: e0:12\ndata: {\"type\":\"token\""));
    EXPECT_TRUE(token.ends_with("\"data\":{\"content\":\"a\"}}\n\n")) << token;
    EXPECT_TRUE(write(engine::Position{join_.slot, {12}, {300}}).starts_with("id: e0:300\n"));
    EXPECT_EQ(statuses_, std::vector<unsigned>{200});
}

TEST_F(EventStreamTest, ARefusalBeforeTheHeadIsTheAnswer) {
    open({"home", std::nullopt, ""});
    const std::string refused =
        write(engine::Unfollowed{join_.slot, {base::Code::forbidden, "there is no such session"}});
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    EXPECT_NE(refused.find("connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(closes_);
    EXPECT_EQ(statuses_, std::vector<unsigned>{403});
}

TEST_F(EventStreamTest, WhatEndsTheStreamIsItsLastEvent) {
    open({"home", std::nullopt, ""});
    static_cast<void>(write(opened(0, 0)));
    const std::string last =
        write(engine::Unfollowed{join_.slot, {base::Code::erased, "the session was erased"}});
    EXPECT_NE(last.find("\"code\":\"erased\""), std::string::npos);
    EXPECT_EQ(last.find("HTTP/1.1"), std::string::npos);
    EXPECT_TRUE(closes_);
}

TEST(EventStream, LineBreaksInsideAFrameStayInsideItsEvent) {
    EXPECT_EQ(to_event("{\"a\":\r\n1,\n\"b\":2}", "e:1"),
              "id: e:1\ndata: {\"a\":\ndata: \ndata: 1,\ndata: \"b\":2}\n\n");
    EXPECT_EQ(to_event("{}", ""), "data: {}\n\n");
}

}  // namespace
}  // namespace chartroom::gateway
