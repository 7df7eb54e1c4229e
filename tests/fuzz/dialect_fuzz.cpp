// The input is a list of steps, one byte of kind each and, for text, up to the next newline; so a
// seed is a file that a person can read: `f{"type":"echo"}` is a frame, `e` an event, …
#include "tests/fuzz/dialect_fuzz.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/check.hpp"
#include "core/dialects/dialect.hpp"
#include "core/events/json_scan.hpp"

namespace chartroom::fuzz {
namespace {

using namespace dialects;

// Cuts the input into what the steps need; what is missing reads as empty.
class Input {
  public:
    explicit Input(std::string_view bytes) : bytes_(bytes) {}
    [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) {
            return 0;
        }
        const auto first = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return first;
    }
    std::string_view line() {
        const std::size_t end = std::min(bytes_.find('\n'), bytes_.size());
        const std::string_view line = bytes_.substr(0, end);
        bytes_.remove_prefix(std::min(end + 1, bytes_.size()));
        return line;
    }

  private:
    std::string_view bytes_;
};

constexpr std::string_view kTypes[] = {
    "message",  "stream_start", "status",       "token",         "stream_end", "emergency",
    "error",    "echo",         "broadcast",    "typing",        "progress",   "stream_chunk",
    "complete", "profile",      "conversation", "message_added", "x\"y"};

class Driver {
  public:
    Driver(std::string_view name, Frames frames)
        : dialect_(make_dialect(name)), frames_(frames), has_first_frame_(name == "stream") {
        CHECK(dialect_ != nullptr);
    }

    void run(Input input) {
        connect(input);
        constexpr int kStepsMax = 512;
        for (int i = 0; i < kStepsMax && !input.is_empty(); ++i) {
            step(input);
        }
    }

  private:
    void connect(Input& input) {
        ConnectInfo info;
        info.server = "fuzz";
        const std::uint8_t flags = input.byte();
        for (const auto& [bit, key] :
             {std::pair{1, "session"}, std::pair{2, "after"}, std::pair{4, "epoch"},
              std::pair{8, "envelope"}, std::pair{16, "status"}}) {
            if ((flags & bit) != 0) {
                info.query[key] = input.line();
            }
        }
        if ((flags & 32) != 0) {
            info.path["session_id"] = info.path["user_id"] = input.line();
        }
        if ((flags & 64) != 0) {
            info.user = input.line();
        }
        info.must_authenticate = (flags & 128) != 0;
        dialect_->tell_time(1'768'473'000'123'000);
        check(dialect_->connected(info), {});
    }

    void step(Input& input) {
        switch (input.byte()) {
            case 'f': {
                // The gateway passes on UTF-8 only.
                const std::string_view frame = input.line();
                if (events::is_utf8(frame)) {
                    check(dialect_->text(frame), frame);
                }
                return;
            }
            case 'l':
                check(dialect_->too_long(input.byte() * 1000u), {});
                return;
            case 'r':
                check(dialect_->refused({.code = code(input),
                                         .message = std::string(input.line()),
                                         .retry_after_ms = input.byte()},
                                        input.byte()));
                return;
            case 'j':
                dialect_->joined(
                    {.slot = input.byte(), .name = std::string(input.line()), .participant = {}});
                return;
            case 'a':
                for (const auto& frame : dialect_->authenticated(input.line())) {
                    check_frame(frame);
                }
                return;
            case 'e':
                event(input);
                return;
            case 'x':
                for (const auto& frame : dialect_->expiring(input.byte())) {
                    check_frame(frame);
                }
                return;
            default:
                check(dialect_->notice(notice(input)));
        }
    }

    static base::Code code(Input& input) {
        return static_cast<base::Code>(input.byte() % (static_cast<int>(base::Code::internal) + 1));
    }

    static events::EventPtr make_event(Input& input) {
        auto event = std::make_shared<events::Event>();
        event->type.text = kTypes[input.byte() % std::size(kTypes)];
        event->offset = {input.byte()};
        event->cause = {input.byte()};
        const std::uint8_t flags = input.byte();
        event->ends_turn = (flags & 1) != 0;
        event->erased = (flags & 2) != 0;
        event->payload = input.line();
        event->actor.text = event->payload.substr(0, 8);
        event->json = events::is_json(event->payload);
        return event;
    }

    void event(Input& input) {
        const Slot slot = input.byte() % 4;
        check(dialect_->notice(engine::Delivered{
            .slot = slot, .prev = {input.byte()}, .events = {make_event(input)}}));
    }

    static engine::NoticeBody notice(Input& input) {
        const Slot slot = input.byte() % 4;
        switch (input.byte() % 8) {
            case 0: {
                engine::Opened opened;
                opened.slot = slot;
                opened.epoch = {"00000000000000e1"};
                opened.head = {input.byte()};
                opened.running = {{input.byte()}};
                if (const std::uint8_t reset = input.byte() % 8; reset < 4) {
                    opened.reset = static_cast<engine::ResetReason>(reset);
                }
                return opened;
            }
            case 7: {
                auto start = std::make_shared<events::Event>();
                start->cause = {input.byte()};
                start->payload = R"({"message_id":3,"in_reply_to":2})";
                return engine::StreamBegan{.slot = slot, .start = std::move(start)};
            }
            case 1:
                return engine::Position{.slot = slot, .prev = {input.byte()}, .offset = {9}};
            case 2:
                return engine::Live{.slot = slot, .offset = {input.byte()}};
            case 3:
                return engine::Unfollowed{.slot = slot,
                                          .error = {.code = code(input), .message = "left"}};
            case 4:
                return engine::Accepted{
                    .request = input.byte(), .offset = {input.byte()}, .duplicate = slot == 1};
            case 5:
                return engine::Refused{.request = input.byte(),
                                       .error = {.code = code(input), .message = "no"}};
            default:
                return engine::HistoryPage{
                    .request = input.byte(), .events = {make_event(input)}, .more = slot == 1};
        }
    }

    void check(const Decoded& decoded, std::string_view frame) {
        check(decoded.requests);
        for (const auto& out : decoded.frames) {
            check_frame(out);
        }
        if (decoded.refused && !frame.empty()) {
            CHECK(std::ranges::all_of(decoded.requests, [](const Request& request) {
                return std::holds_alternative<Join>(request) ||
                       std::holds_alternative<Close>(request);
            }));
            // Where the connection has a first frame, others may have to wait for it.
            CHECK(!decoded.frames.empty() || has_first_frame_);
        }
    }
    void check(const Encoded& encoded) {
        for (const auto& frame : encoded.frames) {
            check_frame(frame);
        }
        check(encoded.requests);
        CHECK(!encoded.close || encoded.close->code >= 1000);
    }
    void check(const std::vector<Request>& requests) {
        for (const auto& request : requests) {
            std::visit([&](const auto& one) { check_request(one); }, request);
        }
    }

    // An outgoing object nests what came by a level or two, so depth is not held against it.
    void check_frame(std::string_view frame) const {
        CHECK(events::is_utf8(frame));
        CHECK(frames_ == Frames::text ||
              !events::find_json_fault(frame, events::kJsonDepthMax + 3));
    }

    void check_request(const Join& join) { CHECK(slots_.insert(join.slot).second); }
    void check_request(const Leave& leave) { CHECK(slots_.contains(leave.slot)); }
    void check_request(const Send& send) {
        CHECK(slots_.contains(send.slot));
        CHECK(!send.type.empty());
        CHECK(send.client_id.size() <= 64);
        const auto payload = events::scan_object(send.payload);
        // A field given twice inside `data` is the plugin's to judge; anything else was checked.
        CHECK(payload || payload.error() == events::JsonFault::duplicate_key);
        CHECK(!payload || payload->find("token") == nullptr);
        check_number(send.request);
    }
    void check_request(const CancelTurn& cancel) {
        CHECK(slots_.contains(cancel.slot));
        check_number(cancel.request);
    }
    void check_request(const ReadPage& page) {
        CHECK(!page.name.empty() || slots_.contains(page.slot));
        CHECK(page.limit >= 1 && page.limit <= 1000);
        check_number(page.request);
    }
    void check_request(const Acknowledge& ack) { CHECK(slots_.contains(ack.slot)); }
    void check_request(const Refresh& refresh) { CHECK(!refresh.token.empty()); }
    void check_request(const Close& close) { CHECK(close.code >= 1000); }
    void check_number(std::uint64_t request) {
        CHECK(request > last_request_);
        last_request_ = request;
    }

    std::unique_ptr<Dialect> dialect_;
    Frames frames_;
    bool has_first_frame_;
    std::set<Slot> slots_;
    std::uint64_t last_request_ = 0;
};

}  // namespace

void drive_dialect(std::string_view dialect, Frames frames, const std::uint8_t* data,
                   std::size_t size) {
    Driver(dialect, frames).run(Input({reinterpret_cast<const char*>(data), size}));
}

}  // namespace chartroom::fuzz
