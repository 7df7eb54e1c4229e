// The hub with everything around it fake: sockets that choke when told, an engine that records, a
// dialect with a language of a few words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/gateway/frame.hpp"
#include "core/gateway/hub.hpp"

namespace chartroom::gateway {

class TestClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return now + stepped; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return now; }
    std::int64_t now = 1'000'000'000;
    std::int64_t stepped = 0;  // how far somebody has set the wall clock
};

struct FakeSockets final : Sockets {
    bool choked(Socket) override { return is_choked; }
    bool write(Socket, char* frames, std::size_t bytes) override {
        written.emplace_back(frames, bytes);
        if (chokes_after_write) is_choked = true;
        return !broken;
    }
    void ask_writable(Socket) override { ++asked; }
    void set_reading(Socket, bool on) override { reading.push_back(on); }
    void close(Socket socket, std::uint16_t code, std::string_view reason) override {
        closed = code;
        closes[socket.handle] = std::to_string(code) + " " + std::string(reason);
    }
    void drop(Socket) override { dropped = true; }

    // The text frames written so far, without the pings, and forgets them.
    std::vector<std::string> texts() {
        std::string all;
        for (const auto& piece : written) all += piece;
        written.clear();
        std::vector<std::string> out;
        while (!all.empty()) {
            const std::size_t bytes = whole_frames_within(all, 1);
            const bool is_text = (static_cast<unsigned char>(all[0]) & 0x0fu) == 1;
            const std::size_t header = bytes > 65'545 ? 10 : bytes > 127 ? 4 : 2;
            if (is_text) out.push_back(all.substr(header, bytes - header));
            all.erase(0, bytes);
        }
        return out;
    }

    bool is_choked = false;
    bool chokes_after_write = false;
    bool broken = false;
    bool dropped = false;
    int asked = 0;
    std::optional<std::uint16_t> closed;  // the last one
    std::map<void*, std::string> closes;  // by socket: the code and the reason
    std::vector<bool> reading;
    std::vector<std::string> written;
};

struct FakeEngine final : EnginePort {
    struct Consumed {
        std::uint64_t offset;
        std::size_t bytes;
        bool operator==(const Consumed&) const = default;
    };
    bool submit(engine::Submission submission) override {
        if (full) return false;
        submissions.push_back(std::move(submission));
        return true;
    }
    bool follow(engine::Follow follow) override {
        if (full) return false;
        follows.push_back(std::move(follow));
        return true;
    }
    bool cancel(engine::Cancel) override { return !full; }
    bool history(engine::History) override { return !full; }
    void list(engine::Listing) override {}
    void erase(engine::EraseSession, base::ConnectionId) override {}
    [[nodiscard]] base::Epoch epoch() const override { return {}; }
    void note_refused(engine::RefusedInput input) override {
        refused_inputs.push_back(std::move(input));
    }
    void consumed(base::ConnectionId, const base::SessionId&, engine::Slot, base::Offset offset,
                  std::size_t bytes) override {
        consumed_calls.push_back({offset.value, bytes});
    }
    void unfollow(base::ConnectionId, const base::SessionId&, engine::Slot slot) override {
        unfollows.push_back(slot);
    }
    bool full = false;
    std::vector<engine::Submission> submissions;
    std::vector<engine::Follow> follows;
    std::vector<engine::RefusedInput> refused_inputs;
    std::vector<Consumed> consumed_calls;
    std::vector<engine::Slot> unfollows;
};

// join[=TOKEN[ NAME]] | leave | say TEXT | time | bad | refresh TOKEN; answers and notices are
// plain words.
class WordDialect final : public dialects::Dialect {
  public:
    dialects::Decoded connected(const dialects::ConnectInfo& info) override {
        if (!info.user.empty()) return {{}, {"hello " + info.user}, {}};
        return {};
    }
    dialects::Decoded text(std::string_view frame) override {
        dialects::Decoded out;
        if (frame.starts_with("join")) {
            dialects::Join join;
            if (frame.size() > 5)
                frame.remove_prefix(5);
            else
                frame = {};
            const std::size_t space = std::min(frame.find(' '), frame.size());
            join.token = frame.substr(0, space);
            if (space < frame.size()) join.name = frame.substr(space + 1);
            out.requests.emplace_back(std::move(join));
        } else if (frame == "leave") {
            out.requests.emplace_back(dialects::Leave{});
        } else if (frame.starts_with("say ")) {
            dialects::Send send;
            send.request = ++requests_;
            send.type = "echo";
            send.payload = frame.substr(4);
            out.requests.emplace_back(std::move(send));
        } else if (frame == "time") {
            out.frames.push_back(std::to_string(now_us_));
        } else if (frame.starts_with("refresh ")) {
            out.requests.emplace_back(dialects::Refresh{std::string(frame.substr(8))});
        } else {
            out.frames.emplace_back("what?");
            out.refused = base::Error{base::Code::malformed, "what?", "say"};
        }
        return out;
    }
    dialects::Decoded too_long(std::size_t bytes) override {
        return {{},
                {"too long: " + std::to_string(bytes)},
                base::Error{base::Code::message_too_long, "too long"}};
    }
    dialects::Encoded refused(const base::Error& error, std::uint64_t) override {
        return {{std::string(base::info(error.code).name)}, {}};
    }
    std::vector<std::string> authenticated(std::string_view user) override {
        return {"welcome " + std::string(user)};
    }
    void joined(const dialects::Joined&) override {}
    dialects::Encoded notice(const engine::NoticeBody& notice) override {
        if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
            EXPECT_EQ(delivered->events.size(), 1u);
            const auto& event = *delivered->events.front();
            return {{std::to_string(delivered->prev.value) + "<" +
                     std::to_string(event.offset.value) + event.payload},
                    {}};
        }
        if (std::holds_alternative<engine::Accepted>(notice)) return {{"accepted"}, {}};
        if (std::holds_alternative<engine::Live>(notice)) {  // leads to a message
            dialects::Send send;
            send.request = ++requests_;
            send.type = "echo";
            send.payload = "live";
            return {{"live"}, {}, {send}};
        }
        if (const auto* gone = std::get_if<engine::Unfollowed>(&notice)) {
            return {{"no: " + std::string(base::info(gone->error.code).name)}, {}};
        }
        return {};
    }

    std::vector<std::string> expiring(std::uint32_t in_ms) override {
        return {"expiring " + std::to_string(in_ms)};
    }

  private:
    std::uint64_t requests_ = 0;
};

class HubTest : public testing::Test {
  protected:
    HubTest()
        : routes_(*RouteTable::make({{"/w", "words", RouteAuth::optional, DrainStyle::close},
                                     {"/native", "native", RouteAuth::required, DrainStyle::close},
                                     {"/drop", "words", RouteAuth::optional, DrainStyle::drop}},
                                    {"words", "native"})) {
        authenticate_ = [this](std::string_view token) -> Verdict {
            ++authenticated_;
            if (const auto found = tokens_.find(token); found != tokens_.end()) {
                return found->second;
            }
            if (!token.starts_with("good-")) {
                return std::unexpected(auth::TokenRefusal{"bad", "no"});
            }
            return user(std::string(token.substr(5)));
        };
        options_.limits.messages_per_second = 0;
        options_.limits.user_messages_per_second = 0;
    }
    Hub& hub() {
        if (!hub_) {
            admission_.emplace(options_, routes_,
                               AdmissionWorld{clock_, counters_, authenticate_, redeem_},
                               std::vector<std::string>());
            hub_.emplace(options_,
                         HubWorld{clock_, random_, sockets_, engine_, *admission_, counters_});
        }
        return *hub_;
    }
    Connection& open(const std::string& path = "/w", const std::string& address = "127.0.0.1",
                     const std::string& token = {}) {
        Hub& made = hub();
        HttpRequest request;
        request.host = "localhost";
        request.path = path;
        request.address = address;
        if (!token.empty()) request.query["token"] = token;
        auto admitted = admission_->admit(request);
        EXPECT_TRUE(admitted.has_value());
        handles_.push_back(std::make_unique<char>());
        return *made.open(std::move(*admitted), Socket{handles_.back().get()},
                          std::make_unique<WordDialect>());
    }
    // A response over HTTP that does not end.
    Connection& open_bytes() {
        Hub& made = hub();
        Admitted admitted;
        admitted.route = routes_.routes().data();
        admitted.framing = Framing::bytes;
        handles_.push_back(std::make_unique<char>());
        return *made.open(std::move(admitted), Socket{handles_.back().get()},
                          std::make_unique<WordDialect>());
    }
    // What its close frame said, "" for none.
    [[nodiscard]] std::string close_of(const Connection& connection) const {
        const auto found = sockets_.closes.find(connection.socket.handle);
        return found == sockets_.closes.end() ? "" : found->second;
    }
    static auth::Verified user(const std::string& sub, std::int64_t expires_us = 0,
                               std::vector<std::string> sessions = {}) {
        auth::Principal principal;
        principal.who = auth::Who::user;
        principal.id = sub;
        principal.sessions = std::move(sessions);
        return {std::move(principal), expires_us};
    }
    void receive(Connection& connection, std::string_view text) {
        Piece piece;
        piece.bytes = text;
        hub().received(connection, piece);
    }
    std::vector<std::string> turn() {
        hub().turn();
        return sockets_.texts();
    }
    void notify(const Connection& connection, engine::NoticeBody body) {
        std::vector<engine::Notice> batch;
        batch.push_back({connection.id, std::move(body)});
        hub().notices(std::move(batch));
    }
    static engine::Delivered events(std::uint64_t from, std::uint64_t to, std::size_t bytes = 1) {
        engine::Delivered delivered;
        delivered.prev = {from - 1};
        for (std::uint64_t offset = from; offset <= to; ++offset) {
            events::Event event;
            event.offset = {offset};
            event.payload = std::string(bytes, 'p');
            delivered.events.push_back(std::make_shared<const events::Event>(std::move(event)));
        }
        return delivered;
    }

    TestClock clock_;
    base::SeededRandom random_{1};
    Options options_;
    RouteTable routes_;
    std::map<std::string, auth::Verified, std::less<>> tokens_;  // beside good-SUB
    int authenticated_ = 0;
    Authenticate authenticate_;
    RedeemTicket redeem_;
    std::vector<std::unique_ptr<char>> handles_;
    FakeSockets sockets_;
    FakeEngine engine_;
    Counters counters_;
    std::optional<Admission> admission_;
    std::optional<Hub> hub_;
};

using Texts = std::vector<std::string>;

}  // namespace chartroom::gateway
