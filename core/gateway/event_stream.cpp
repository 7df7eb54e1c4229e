#include "core/gateway/event_stream.hpp"

#include <utility>
#include <variant>

#include "core/dialects/native.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::gateway {
namespace {

using dialects::Decoded;
using dialects::Encoded;

constexpr std::string_view kRetry = "retry: 2000\n\n";  // ms, before a browser comes back

class EventStream final : public dialects::Dialect {
  public:
    EventStream(EventStreamRequest request, std::function<void(HttpResponse&)> complete)
        : request_(std::move(request)),
          complete_(std::move(complete)),
          native_(dialects::make_native()) {}

    Decoded connected(const dialects::ConnectInfo& info) override;
    // Nothing comes in on a stream.
    Decoded text(std::string_view) override { return {}; }
    Decoded too_long(std::size_t) override { return {}; }
    Encoded refused(const base::Error& error, std::uint64_t request) override;
    void joined(const dialects::Joined& joined) override { native_->joined(joined); }
    Encoded notice(const engine::NoticeBody& notice) override;
    std::vector<std::string> expiring(std::uint32_t in_ms) override;

  private:
    // The head of the response; empty once it was sent.
    [[nodiscard]] std::string head();
    [[nodiscard]] Encoded refuse(const base::Error& error);
    [[nodiscard]] std::string id_of(const engine::NoticeBody& notice) const;

    EventStreamRequest request_;
    std::function<void(HttpResponse&)> complete_;
    std::unique_ptr<dialects::Dialect> native_;
    bool begun_ = false;
    base::Epoch epoch_;
};

// The one frame that a client of native would send.
Decoded EventStream::connected(const dialects::ConnectInfo& info) {
    static_cast<void>(native_->connected(info));
    events::JsonWriter open;
    open.text("type", "session.open").text("session", request_.session);
    if (request_.after) {
        open.number("after", request_.after->offset.value);
        if (request_.after->epoch) open.text("epoch", request_.after->epoch->value);
    }
    if (!request_.participant.empty()) open.text("participant", request_.participant);
    Decoded decoded = native_->text(open.take());
    for (dialects::Request& one : decoded.requests) {
        if (auto* join = std::get_if<dialects::Join>(&one)) join->epoch_required = false;
    }
    return decoded;
}

std::string EventStream::head() {
    if (std::exchange(begun_, true)) return {};
    HttpResponse response;
    response.headers = {{"content-type", "text/event-stream"},
                        {"cache-control", "no-store"},
                        {"x-content-type-options", "nosniff"},
                        {"x-accel-buffering", "no"}};  // nginx passes it on as it comes
    complete_(response);
    return serialize_head(response) + std::string(kRetry);
}

// Before the head a refusal is the answer; behind it, the last event.
Encoded EventStream::refuse(const base::Error& error) {
    if (begun_) return {.frames = {}, .close = dialects::Close{1000, "the stream has ended"}};
    begun_ = true;
    HttpResponse response = problem(error);
    complete_(response);
    return {.frames = {serialize(response, false, true)},
            .close = dialects::Close{1000, "refused"}};
}

Encoded EventStream::refused(const base::Error& error, std::uint64_t) {
    return refuse(error);
}

std::string EventStream::id_of(const engine::NoticeBody& notice) const {
    if (const auto* opened = std::get_if<engine::Opened>(&notice)) {
        return to_text(epoch_, opened->after);
    }
    if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
        return to_text(epoch_, delivered->events.front()->offset);
    }
    if (const auto* position = std::get_if<engine::Position>(&notice)) {
        return to_text(epoch_, position->offset);
    }
    return {};
}

Encoded EventStream::notice(const engine::NoticeBody& notice) {
    if (const auto* gone = std::get_if<engine::Unfollowed>(&notice); gone != nullptr && !begun_) {
        return refuse(gone->error);
    }
    if (const auto* opened = std::get_if<engine::Opened>(&notice)) epoch_ = opened->epoch;
    const Encoded native = native_->notice(notice);
    std::string out = head();
    const std::string id = id_of(notice);
    for (const std::string& frame : native.frames) out += to_event(frame, id);
    Encoded encoded{.frames = {}, .close = native.close};
    if (!out.empty()) encoded.frames.push_back(std::move(out));
    if (std::holds_alternative<engine::Unfollowed>(notice)) {
        encoded.close = dialects::Close{1000, "the stream has ended"};
    }
    return encoded;
}

std::vector<std::string> EventStream::expiring(std::uint32_t in_ms) {
    if (!begun_) return {};
    std::string out;
    for (const std::string& frame : native_->expiring(in_ms)) out += to_event(frame, {});
    return {std::move(out)};
}

}  // namespace

std::unique_ptr<dialects::Dialect> make_event_stream(EventStreamRequest request,
                                                     std::function<void(HttpResponse&)> complete) {
    return std::make_unique<EventStream>(std::move(request), std::move(complete));
}

// A frame may have line breaks between its tokens, where one white space is as good as another.
std::string to_event(std::string_view frame, std::string_view id) {
    std::string out;
    out.reserve(frame.size() + id.size() + 16);
    if (!id.empty()) {
        out += "id: ";
        out += id;
        out += '\n';
    }
    for (;;) {
        const std::size_t end = frame.find_first_of("\r\n");
        out += "data: ";
        out += frame.substr(0, end);
        out += '\n';
        if (end == std::string_view::npos) break;
        frame.remove_prefix(end + 1);
    }
    out += '\n';
    return out;
}

}  // namespace chartroom::gateway
