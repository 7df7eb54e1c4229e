// The HTTP API with everything around it fake: an engine that records, answers that are kept.
#include "core/gateway/http_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace chartroom::gateway {
namespace {

class TestClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return now; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return now; }
    std::int64_t now = 1'000'000'000;
};

struct FakeEngine final : EnginePort {
    bool submit(engine::Submission submission) override {
        if (full) return false;
        submissions.push_back(std::move(submission));
        return true;
    }
    bool follow(engine::Follow) override { return !full; }
    bool cancel(engine::Cancel) override { return !full; }
    bool history(engine::History history) override {
        if (full) return false;
        histories.push_back(std::move(history));
        return true;
    }
    void note_refused(engine::RefusedInput) override {}
    void list(engine::Listing listing) override { listings.push_back(std::move(listing)); }
    void erase(engine::EraseSession erase, base::ConnectionId call) override {
        erasures.emplace_back(std::move(erase), call);
    }
    [[nodiscard]] base::Epoch epoch() const override { return {"e0"}; }
    void consumed(base::ConnectionId, const base::SessionId&, engine::Slot, base::Offset,
                  std::size_t) override {}
    void unfollow(base::ConnectionId, const base::SessionId&, engine::Slot) override {}

    bool full = false;
    std::vector<engine::Submission> submissions;
    std::vector<engine::History> histories;
    std::vector<engine::Listing> listings;
    std::vector<std::pair<engine::EraseSession, base::ConnectionId>> erasures;
};

struct KeptResponses final : HttpResponder {
    void respond(base::ConnectionId call, HttpResponse response) override {
        all.emplace(call.value, std::move(response));
    }
    std::map<std::uint64_t, HttpResponse> all;
};

class HttpApiTest : public testing::Test {
  protected:
    HttpApiTest() { api_.add_to(table_); }

    // A request whose caller is ann, with the claims shared-1 and patient:*.
    Answer ask(std::string method, std::string path, std::string body = {}) {
        HttpRequest request;
        request.method = std::move(method);
        request.path = std::move(path);
        request.host = "localhost";
        request.query = query_;
        request.headers = headers_;
        request.authorization = token_;
        if (!body.empty()) {
            request.headers["content-type"] = "application/json";
            request.headers["content-length"] = std::to_string(body.size());
        }
        Exchange exchange;
        auto asked = table_.begin(std::move(request), exchange);
        if (!asked) return std::move(asked.error());
        return table_.finish(*std::move(asked), body);
    }
    unsigned status_of(const Answer& answer) {
        const auto* response = std::get_if<HttpResponse>(&answer);
        return response == nullptr ? 0 : response->status;
    }
    // What the call is answered with once the engine says `body`.
    HttpResponse settle(const Answer& answer, engine::NoticeBody body) {
        const base::ConnectionId call = std::get<Later>(answer).call;
        calls_.notices({{call, std::move(body)}});
        return responses_.all.at(call.value);
    }

    Options options_;
    Pages pages_;
    RouteTable routes_ = *RouteTable::make({}, {});
    TestClock clock_;
    base::SeededRandom random_{5};
    Authenticate authenticate_ = [](std::string_view token) -> Verdict {
        auth::Principal principal;
        principal.who = auth::Who::user;
        principal.id = std::string(token);
        principal.sessions = {"shared-1", "patient:*"};
        return auth::Verified{std::move(principal), 77};
    };
    RedeemTicket redeem_ = [this](std::string_view ticket, const HttpRequest&) -> Verdict {
        auto holder = tickets_.redeem(ticket, clock_.now);
        if (!holder) return std::unexpected(auth::TokenRefusal{"bad_ticket", "no"});
        return *std::move(holder);
    };
    Tickets tickets_{random_};
    Counters counters_;
    Admission admission_{options_, routes_, {clock_, counters_, authenticate_, redeem_}, {}};
    HttpAccess access_{options_, admission_, true, random_};
    Endpoints table_{pages_, routes_, access_, counters_, 1'000};
    FakeEngine engine_;
    KeptResponses responses_;
    HttpCalls calls_{clock_, responses_};
    std::uint32_t wait_ms_ = 0;
    bool draining_ = false;
    HttpApi api_{{options_, clock_, random_, engine_, calls_, tickets_,
                  [this](const auth::Principal&, std::string_view) { return wait_ms_; },
                  [this] { return draining_; }}};
    Query query_;
    std::map<std::string, std::string, std::less<>> headers_;
    std::string token_ = "Bearer ann";
};

TEST_F(HttpApiTest, AMessageIsAnsweredOnceItIsDurable) {
    headers_["idempotency-key"] = "c-17";
    const Answer answer = ask("POST", "/api/v1/sessions/home/messages",
                              R"({"type":"echo","data":{"a": 1},"since":"e0:4"})");
    ASSERT_EQ(engine_.submissions.size(), 1u);
    const engine::Submission& sent = engine_.submissions.front();
    EXPECT_EQ(sent.session.value, "user/ann/home");
    EXPECT_EQ(sent.type, "echo");
    EXPECT_EQ(sent.payload, R"({"a": 1})");
    EXPECT_EQ(sent.client_id, "c-17");
    EXPECT_EQ(sent.since->value, 4u);
    EXPECT_EQ(sent.since_epoch->value, "e0");
    EXPECT_TRUE(responses_.all.empty());
    const HttpResponse taken = settle(answer, engine::Accepted{0, {9}, false});
    EXPECT_EQ(taken.status, 202u);
    EXPECT_EQ(taken.body,
              "{\"session\":\"home\",\"offset\":9,\"epoch\":\"e0\",\"position\":\"e0:9\","
              "\"duplicate\":false}\n");
    EXPECT_EQ(calls_.size(), 0u);
}

TEST_F(HttpApiTest, ARepeatIsTheSameAnswerAndAnotherPayloadIsRefused) {
    const std::string path = "/api/v1/sessions/home/messages";
    EXPECT_EQ(
        settle(ask("POST", path, R"({"type":"echo"})"), engine::Accepted{0, {9}, true}).status,
        200u);
    EXPECT_EQ(engine_.submissions.front().payload, "{}");
    const HttpResponse reused =
        settle(ask("POST", path, R"({"type":"echo"})"),
               engine::Refused{0, {base::Code::id_reused, "the id was used with another payload"}});
    EXPECT_EQ(reused.status, 422u);
    EXPECT_NE(reused.body.find(R"("code":"id_reused")"), std::string::npos);
}

TEST_F(HttpApiTest, WhatTheServerCannotTakeNowIsSaid) {
    const std::string path = "/api/v1/sessions/home/messages";
    wait_ms_ = 700;
    EXPECT_EQ(status_of(ask("POST", path, R"({"type":"echo"})")), 429u);
    wait_ms_ = 0;
    engine_.full = true;
    EXPECT_EQ(status_of(ask("POST", path, R"({"type":"echo"})")), 503u);
    EXPECT_EQ(calls_.size(), 0u);
    engine_.full = false;
    draining_ = true;
    EXPECT_EQ(status_of(ask("POST", path, R"({"type":"echo"})")), 503u);
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/home/stream")), 503u);
    EXPECT_TRUE(engine_.submissions.empty());
}

TEST_F(HttpApiTest, ACallThatIsNeverAnsweredEnds) {
    const Answer answer = ask("POST", "/api/v1/sessions/home/messages", R"({"type":"echo"})");
    clock_.now += HttpCalls::kDeadlineUs - 1;
    calls_.turn();
    EXPECT_TRUE(responses_.all.empty());
    clock_.now += 1;
    calls_.turn();
    EXPECT_EQ(responses_.all.at(std::get<Later>(answer).call.value).status, 503u);
    EXPECT_EQ(calls_.size(), 0u);
}

TEST_F(HttpApiTest, ACallWhoseClientHasGoneIsForgotten) {
    const Answer answer = ask("POST", "/api/v1/sessions/home/messages", R"({"type":"echo"})");
    const base::ConnectionId call = std::get<Later>(answer).call;
    calls_.abandon(call);
    calls_.notices({{call, engine::Accepted{0, {9}, false}}});
    EXPECT_TRUE(responses_.all.empty());
}

TEST_F(HttpApiTest, NamesAreWhatAccessMakesOfThem) {
    const auto session_of = [&](const std::string& name) {
        static_cast<void>(ask("GET", "/api/v1/sessions/" + name + "/events"));
        return engine_.histories.back().session.value;
    };
    EXPECT_EQ(session_of("shared-1"), "shared/shared-1");
    EXPECT_EQ(session_of("patient:7"), "shared/patient:7");
    EXPECT_EQ(session_of("other"), "user/ann/other");
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/user/bob/home/events")), 400u);
    options_.admin_token = "admin";
    token_ = "Bearer admin";
    EXPECT_EQ(session_of("user/bob/home"), "user/bob/home");
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/nothing/events")), 403u);
}

TEST_F(HttpApiTest, APageOfEventsSaysWhereTheNextBegins) {
    query_ = {{"after", "e0:3"}, {"limit", "2"}};
    const Answer answer = ask("GET", "/api/v1/sessions/home/events");
    const engine::History& asked = engine_.histories.front();
    EXPECT_EQ(asked.after->value, 3u);
    EXPECT_EQ(asked.epoch->value, "e0");
    EXPECT_EQ(asked.limit, 2u);
    auto event = std::make_shared<events::Event>();
    event->offset = {5};
    event->type.text = "echo";
    event->payload = R"({"n":1})";
    const HttpResponse page = settle(answer, engine::HistoryPage{0, {event}, true, {6}});
    EXPECT_EQ(page.body,
              "{\"session\":\"home\",\"epoch\":\"e0\",\"events\":[{\"type\":\"echo\","
              "\"session\":\"home\",\"offset\":5,\"at\":\"1970-01-01T00:00:00.000Z\","
              "\"data\":{\"n\":1}}],\"more\":true,\"next\":\"e0:6\"}\n");
    query_ = {};
    static_cast<void>(ask("GET", "/api/v1/sessions/home/events"));
    EXPECT_EQ(engine_.histories.back().after->value, 0u);
    query_ = {{"after", "later"}};
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/home/events")), 400u);
    query_ = {{"limit", "1001"}};
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/home/events")), 400u);
}

TEST_F(HttpApiTest, AListingGoesOnBehindItsLastName) {
    query_ = {{"after", "patient:7"}, {"limit", "1"}};
    const Answer answer = ask("GET", "/api/v1/sessions");
    EXPECT_EQ(engine_.listings.front().after.value, "shared/patient:7");
    EXPECT_EQ(engine_.listings.front().limit, 1u);
    const HttpResponse page =
        settle(answer, engine::SessionList{0, {{"home", {4}, 0, 1'000}}, true});
    EXPECT_EQ(page.body,
              "{\"sessions\":[{\"session\":\"home\",\"head\":4,"
              "\"created_at\":\"1970-01-01T00:00:00.000Z\","
              "\"last_at\":\"1970-01-01T00:00:00.001Z\"}],\"more\":true,\"next\":\"home\"}\n");
}

TEST_F(HttpApiTest, AStreamComesBackWhereItsBrowserWas) {
    query_ = {{"after", "e0:3"}};
    Answer answer = ask("GET", "/api/v1/sessions/home/stream");
    EXPECT_EQ(std::get<Stream>(answer).request.after->offset.value, 3u);
    EXPECT_EQ(std::get<Stream>(answer).admitted.framing, Framing::bytes);
    EXPECT_EQ(std::get<Stream>(answer).admitted.verified->principal.id, "ann");
    headers_["last-event-id"] = "e0:8";
    answer = ask("GET", "/api/v1/sessions/home/stream");
    EXPECT_EQ(std::get<Stream>(answer).request.after->offset.value, 8u);
    headers_["last-event-id"] = "nothing of ours";
    EXPECT_EQ(status_of(ask("GET", "/api/v1/sessions/home/stream")), 400u);
}

TEST_F(HttpApiTest, ATicketIsForTheSessionThatItsUserMayFollow) {
    const Answer answer = ask("POST", "/api/v1/tickets", R"({"session":"patient:7"})");
    ASSERT_EQ(status_of(answer), 200u);
    const std::string& body = std::get<HttpResponse>(answer).body;
    EXPECT_TRUE(body.ends_with("\"session\":\"patient:7\",\"expires_in_ms\":30000}\n")) << body;
    const auto holder = tickets_.redeem(body.substr(11, 32), clock_.now);
    ASSERT_TRUE(holder.has_value());
    EXPECT_EQ(holder->principal.only_session.value, "shared/patient:7");
    EXPECT_EQ(holder->expires_us, 77);
    options_.admin_token = "admin";
    token_ = "Bearer admin";
    EXPECT_EQ(status_of(ask("POST", "/api/v1/tickets", R"({"session":"home"})")), 403u);
}

TEST_F(HttpApiTest, AnErasureIsTheEnginesToAllow) {
    query_ = {{"reason", "case 12"}};
    const Answer answer = ask("DELETE", "/api/v1/sessions/home");
    ASSERT_EQ(engine_.erasures.size(), 1u);
    EXPECT_EQ(engine_.erasures.front().first.session.value, "user/ann/home");
    EXPECT_EQ(engine_.erasures.front().first.reason, "case 12");
    EXPECT_EQ(settle(answer, engine::Refused{0, {base::Code::forbidden, "not for you"}}).status,
              403u);
    const Answer again = ask("DELETE", "/api/v1/sessions/home");
    EXPECT_EQ(settle(again, engine::Erased{1}).status, 204u);
}

}  // namespace
}  // namespace chartroom::gateway
