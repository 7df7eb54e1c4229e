// Drives a dialect as the gateway would and writes down what comes of it, one line each:
//   < a frame to the client      ! a request to the gateway      x the connection is closed
//   - the frame was refused, by code
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.hpp"
#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {

inline std::string text_of(const Request& request) {
    struct Describe {
        static std::string offset(std::string_view name, const std::optional<base::Offset>& value) {
            return value ? " " + std::string(name) + "=" + std::to_string(value->value) : "";
        }
        static std::string epoch(const std::optional<base::Epoch>& value) {
            return value ? " epoch=" + value->value : "";
        }
        static std::string word(std::string_view name, std::string_view value) {
            return value.empty() ? "" : " " + std::string(name) + "=" + std::string(value);
        }
        static std::string at(Slot slot) { return " slot=" + std::to_string(slot); }

        std::string operator()(const Join& join) const {
            return "join" + at(join.slot) + word("name", join.name) + offset("after", join.after) +
                   epoch(join.epoch) + (join.epoch_required ? " epoch_required" : "") +
                   word("participant", join.participant) + word("token", join.token);
        }
        std::string operator()(const Leave& leave) const { return "leave" + at(leave.slot); }
        std::string operator()(const Send& send) const {
            return "send" + at(send.slot) + " " + send.type + word("id", send.client_id) +
                   offset("since", send.since) + epoch(send.since_epoch) + " " + send.payload;
        }
        std::string operator()(const CancelTurn& cancel) const {
            return "cancel" + at(cancel.slot) + offset("cause", cancel.cause);
        }
        std::string operator()(const ReadPage& page) const {
            return "page" + (page.name.empty() ? at(page.slot) : word("name", page.name)) +
                   offset("before", page.before) + offset("after", page.after) + epoch(page.epoch) +
                   " limit=" + std::to_string(page.limit) + word("type", page.type);
        }
        std::string operator()(const Acknowledge& ack) const {
            return "ack" + at(ack.slot) + offset("offset", ack.offset);
        }
        std::string operator()(const Refresh& refresh) const {
            return "refresh" + word("token", refresh.token);
        }
        std::string operator()(const Close& close) const {
            return "close " + std::to_string(close.code) + " " + close.reason;
        }
    };
    return "! " + std::visit(Describe{}, request) + "\n";
}

class Conversation {
  public:
    explicit Conversation(std::string_view dialect) : dialect_(make_dialect(dialect)) {
        CHECK(dialect_ != nullptr);
        info_.server = "chartroom/test";
        dialect_->tell_time(kNow);
    }

    std::string connect(ConnectInfo info) {
        info.server = "chartroom/test";
        return take(dialect_->connected(info));
    }
    std::string connect(
        std::initializer_list<std::pair<const std::string, std::string>> query = {},
        std::initializer_list<std::pair<const std::string, std::string>> path = {}) {
        ConnectInfo info = info_;
        info.query = {query.begin(), query.end()};
        info.path = {path.begin(), path.end()};
        return take(dialect_->connected(info));
    }
    std::string client(std::string_view frame) { return take(dialect_->text(frame)); }
    std::string too_long(std::size_t bytes) { return take(dialect_->too_long(bytes)); }
    std::string refused(base::Error error, std::uint64_t request = 0) {
        return take(dialect_->refused(error, request));
    }
    std::string expiring(std::uint32_t in_ms) {
        return take(Encoded{.frames = dialect_->expiring(in_ms), .close = {}});
    }

    std::string authenticated(std::string_view user) {
        return take(Encoded{.frames = dialect_->authenticated(user), .close = {}});
    }

    // The gateway resolves a Join and the engine opens the follower.
    std::string open(Slot slot, std::string name, engine::Opened opened = {}) {
        dialect_->joined({.slot = slot, .name = std::move(name), .participant = participant_});
        opened.slot = slot;
        opened.epoch = {"00000000000000e1"};
        return take(dialect_->notice(opened));
    }
    void give_participant(std::string key) { participant_ = std::move(key); }

    template <typename Notice>
    std::string notice(Notice notice) {
        return take(dialect_->notice(engine::NoticeBody(std::move(notice))));
    }

    // An event for the follower of `slot`, caused by the row at `cause`.
    std::string event(std::uint64_t offset, std::uint64_t cause, std::string type,
                      std::string payload, bool ends_turn = false, Slot slot = 0) {
        auto event = std::make_shared<events::Event>();
        event->offset = {offset};
        event->cause = {cause};
        event->kind = events::Kind::out;
        event->type.text = std::move(type);
        event->actor.text = "plugin";
        event->at_us = kNow;
        event->payload = std::move(payload);
        event->ends_turn = ends_turn;
        return deliver(std::move(event), slot);
    }
    std::string deliver(std::shared_ptr<events::Event> event, Slot slot = 0) {
        engine::Delivered delivered{.slot = slot, .prev = prev_, .events = {}};
        prev_ = event->offset;
        delivered.events.push_back(std::move(event));
        return take(dialect_->notice(delivered));
    }
    // The stream of the turn that the row at `cause` began, before what the follower is shown.
    std::string began(std::uint64_t cause, std::string payload, Slot slot = 0) {
        auto start = std::make_shared<events::Event>();
        start->cause = {cause};
        start->at_us = kNow - 1'000'000;
        start->payload = std::move(payload);
        return notice(engine::StreamBegan{.slot = slot, .start = std::move(start)});
    }
    void set_prev(std::uint64_t offset) { prev_ = {offset}; }

  private:
    static constexpr std::int64_t kNow = 1'768'473'000'123'000;  // 2026-01-15T10:30:00.123Z

    static std::string take(const Decoded& decoded) {
        std::string lines;
        for (const auto& request : decoded.requests) {
            lines += text_of(request);
        }
        for (const auto& frame : decoded.frames) {
            lines += "< " + frame + "\n";
        }
        if (decoded.refused) {
            lines += "- " + std::string(base::info(decoded.refused->code).name) + "\n";
        }
        return lines;
    }
    static std::string take(const Encoded& encoded) {
        std::string lines;
        for (const auto& frame : encoded.frames) {
            lines += "< " + frame + "\n";
        }
        if (encoded.close) {
            lines += "x " + std::to_string(encoded.close->code) + "\n";
        }
        for (const auto& request : encoded.requests) {
            lines += text_of(request);
        }
        return lines;
    }

    ConnectInfo info_;
    std::unique_ptr<Dialect> dialect_;
    std::string participant_;
    base::Offset prev_;
};

}  // namespace chartroom::dialects
