// The connection follows one session at a time, its own or the one that a frame names. Its first
// frame says which; and each message carries the person's profile, which is kept as an event in
// the user's home session, or for somebody anonymous in the session itself. Until the session is
// open and its profile is read, frames of the client wait here.
#include "core/dialects/stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.hpp"
#include "core/dialects/client_error.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

constexpr std::size_t kHeldMax = 64;                 // frames that wait; over it: busy
constexpr std::size_t kProfileBytesMax = 16u << 10;  // the assistant takes no longer one
constexpr std::string_view kHome = "home";

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

class Stream final : public SessionlessDialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded text(std::string_view text) override;
    Decoded too_long(std::size_t bytes) override;
    Encoded refused(const base::Error& error, std::uint64_t request) override;

  protected:
    std::string session_name(const ConnectInfo& info) override {
        return read_resume_query(info).join.name;
    }
    void event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) override;
    std::string error_frame(const base::Error& error) const override;
    void opened(Slot slot, Followed& followed, const engine::Opened& opened, Encoded& out) override;
    void page(const engine::HistoryPage& page, Encoded& out) override;
    void left(Slot slot) override;

  private:
    // A frame that waits. `switched`: the session that it names has been joined for it.
    struct Held {
        std::string frame;
        bool switched = false;
    };
    struct Message {
        std::string content;
        bool agents = true;
        std::string_view profile;  // empty: none was given
        std::optional<std::string> session;
    };

    [[nodiscard]] bool waits() const { return !told_ || loading_ != 0; }
    Decoded hold(std::string_view frame);
    void release(Encoded& out);
    Decoded take(const Held& held);
    Decoded take_message(const Held& held, FrameFields& fields);
    // Frames from before the connection's first frame wait for it.
    Decoded later(Decoded decoded);
    static Message read_message(FrameFields& fields);
    static void check_profile(FrameFields& fields);
    Decoded say(const Message& message);

    [[nodiscard]] bool is_current(std::string_view name);
    [[nodiscard]] base::Result<void> switch_to(const std::string& name, Decoded& decoded);
    void load_profile(Slot slot, std::vector<Request>& requests);

    static JsonWriter end_of(const Followed& followed, std::string_view finish,
                             std::string_view agents);
    static std::optional<JsonWriter> frame_for(const Followed& followed,
                                               const events::Event& event);

    bool is_user_ = false;
    bool told_ = false;  // the connection's first frame
    std::optional<Slot> current_ = 0;
    Slot keeper_ = 0;                 // of the session that keeps the profile
    std::string profile_;             // as it came; empty: none
    std::uint64_t loading_ = 0;       // the request that reads the profile; 0: none
    std::vector<Held> held_;          // oldest first; at most kHeldMax
    std::vector<std::string> early_;  // frames that wait for the first one; at most kHeldMax
};

JsonWriter frame_of(std::string_view type) {
    JsonWriter frame;
    frame.text("type", type);
    return frame;
}

// Both are JSON.
JsonWriter start_of(std::string_view workflow, std::string_view agents) {
    JsonWriter frame = frame_of("stream_start");
    frame.begin("metadata").raw("workflow", workflow).raw("agents", agents).end();
    return frame;
}

JsonWriter error_of(const base::Error& error) {
    JsonWriter frame = frame_of("error");
    frame
        .text("error_type",
              error.code == base::Code::internal ? "internal_error" : name(error.code))
        .text("message", error.message);
    add_details(frame, error);
    return frame;
}

// ---- frames in ---------------------------------------------------------------------------------

Decoded Stream::connected(const ConnectInfo& info) {
    is_user_ = !info.user.empty();
    Decoded decoded = later(SessionlessDialect::connected(info));
    if (is_user_) {
        const auto home = follow(kHome, decoded);
        CHECK(home.has_value());  // nothing but the connection's own session is followed yet
        keeper_ = *home;
        load_profile(keeper_, decoded.requests);
    } else if (!session_name(info).empty()) {
        load_profile(0, decoded.requests);
    }
    return decoded;
}

Decoded Stream::text(std::string_view text) {
    return waits() ? hold(text) : take({.frame = std::string(text)});
}

Decoded Stream::too_long(std::size_t bytes) {
    return later(SessionlessDialect::too_long(bytes));
}

Decoded Stream::later(Decoded decoded) {
    if (!told_) {
        for (auto& frame : std::exchange(decoded.frames, {})) {
            if (early_.size() < kHeldMax) {
                early_.push_back(std::move(frame));
            }
        }
    }
    return decoded;
}

Decoded Stream::hold(std::string_view frame) {
    if (held_.size() >= kHeldMax) {
        return later(refuse({.code = base::Code::busy, .message = "too many messages at once"}));
    }
    held_.push_back({.frame = std::string(frame)});
    return {};
}

// Takes what waited, up to a frame that has to wait for another session.
void Stream::release(Encoded& out) {
    while (!waits() && !held_.empty()) {
        const Held held = std::move(held_.front());
        held_.erase(held_.begin());
        Decoded decoded = take(held);
        std::ranges::move(decoded.frames, std::back_inserter(out.frames));
        std::ranges::move(decoded.requests, std::back_inserter(out.requests));
    }
}

Decoded Stream::take(const Held& held) {
    const auto frame = read_frame(held.frame);
    if (!frame) {
        return refuse(malformed(frame.error()));
    }
    if (frame->carries_token) {
        return refuse(token_not_taken());
    }
    FrameFields fields(frame->object);
    if (fields.raw("type") == R"("cancel")") {
        return cancel(current_.value_or(0), fields);
    }
    return take_message(held, fields);
}

Decoded Stream::take_message(const Held& held, FrameFields& fields) {
    const Message message = read_message(fields);
    if (fields.error()) {
        return refuse(*fields.error());
    }
    if (!message.session || is_current(*message.session)) {
        return say(message);
    }
    if (held.switched) {
        return {};  // the session was refused, and that was told
    }
    Decoded decoded;
    if (const auto switched = switch_to(*message.session, decoded); !switched) {
        return refuse(switched.error());
    }
    if (!waits()) {
        Decoded said = say(message);
        std::ranges::move(said.requests, std::back_inserter(decoded.requests));
    } else {
        held_.insert(held_.begin(), {.frame = held.frame, .switched = true});
    }
    return decoded;
}

Stream::Message Stream::read_message(FrameFields& fields) {
    Message message;
    message.content = fields.text("message").value_or("");
    if (is_blank(message.content) && !fields.error()) {
        fields.refuse("message", "Message cannot be empty");
    }
    message.session = fields.id("session_id");
    if (message.session && message.session->empty()) {
        fields.wrong("session_id", "must not be empty");
    }
    message.agents = fields.boolean("enable_agents").value_or(true);
    message.profile = fields.raw("patient_profile");
    check_profile(fields);
    return message;
}

// The outer shape of a profile; what stands in its lists is the assistant's to read.
void Stream::check_profile(FrameFields& fields) {
    if (!fields.has("patient_profile")) {
        return;
    }
    if (fields.raw("patient_profile").size() > kProfileBytesMax) {
        fields.wrong("patient_profile", "is too long");
    }
    const auto profile = events::scan_object(fields.raw("patient_profile"));
    if (!profile) {
        fields.wrong("patient_profile", "must be an object");
        return;
    }
    if (profile->find("token") != nullptr) {
        fields.wrong("patient_profile.token", "has no place in a profile; it was not read");
    }
    const auto check = [&](const events::JsonObject& object, std::string_view key,
                           std::string_view first, std::string_view what) {
        const auto* member = object.find(key);
        if (member != nullptr && member->value != "null" && !first.contains(member->value[0])) {
            fields.wrong("patient_profile." + std::string(key), what);
        }
    };
    check(*profile, "age", "0123456789", "must be a number");
    check(*profile, "chronic_conditions", "[", "must be a list");
    check(*profile, "current_medications", "[", "must be a list");
    check(*profile, "allergies", "{[", "must be an object or a list");
}

Decoded Stream::say(const Message& message) {
    Decoded decoded;
    if (!current_) {
        // The one before was refused: a new one.
        if (const auto switched = switch_to({}, decoded); !switched) {
            return refuse(switched.error());
        }
    }
    if (!message.profile.empty() && message.profile != profile_) {
        profile_ = message.profile;
        decoded.requests.push_back(send(keeper_, events::types::kProfile, profile_));
    }
    JsonWriter payload(message.content.size() + profile_.size() + 64);
    payload.text("content", message.content).boolean("agents", message.agents);
    if (!profile_.empty()) {
        payload.raw("profile", profile_);
    }
    decoded.requests.push_back(send(*current_, events::types::kChat, payload.take()));
    return decoded;
}

// ---- sessions ----------------------------------------------------------------------------------

bool Stream::is_current(std::string_view name) {
    const Followed* followed = current_ ? find(*current_) : nullptr;
    return followed != nullptr && (followed->asked == name || followed->name == name);
}

// From now on the connection follows that session instead of the one before, whose open stream
// gets an end that says so.
base::Result<void> Stream::switch_to(const std::string& name, Decoded& decoded) {
    const std::optional<Slot> before = current_;
    const auto slot = follow(name, decoded);
    if (!slot) {
        return std::unexpected(slot.error());
    }
    if (Followed* old = before ? find(*before) : nullptr) {
        if (old->streams.any_open()) {
            JsonWriter frame =
                end_of(*old, events::to_json_string(events::finish::kInterrupted), "[]");
            add_timestamp(frame, now_us_);
            decoded.frames.push_back(frame.take());
        }
        if (!is_user_ || *before != keeper_) {
            leave(*before, decoded.requests);
        }
    }
    current_ = *slot;
    if (!is_user_) {
        keeper_ = *slot;
        profile_.clear();
        if (!name.empty()) {
            load_profile(*slot, decoded.requests);
        }
    }
    return {};
}

void Stream::load_profile(Slot slot, std::vector<Request>& requests) {
    ReadPage page;
    page.slot = slot;
    page.request = loading_ = next_request();
    page.limit = 1;
    page.type = events::types::kProfile;
    requests.emplace_back(std::move(page));
}

void Stream::left(Slot slot) {
    if (current_ == slot) {
        current_.reset();
    }
}

// ---- frames out --------------------------------------------------------------------------------

// The connection's first frame, before whatever else there is for it.
void Stream::opened(Slot slot, Followed& followed, const engine::Opened& opened, Encoded& out) {
    if (slot == 0 && !told_) {
        const bool resumed = !opened.reset && (opened.resumed || opened.head.value > 0);
        JsonWriter frame = frame_of("connection");
        frame.text("status", resumed ? "resumed" : "connected").text("session_id", followed.name);
        add_timestamp(frame, now_us_);
        frame.number("offset", opened.after.value).text("epoch", followed.epoch);
        out.frames.push_back(frame.take());
        std::ranges::move(early_, std::back_inserter(out.frames));
        early_ = {};
        told_ = true;
    }
    if (slot == current_) {
        SessionlessDialect::opened(slot, followed, opened, out);
    }
    release(out);
}

void Stream::page(const engine::HistoryPage& page, Encoded& out) {
    if (page.request != loading_) {
        return;
    }
    loading_ = 0;
    if (!page.events.empty() && page.events.back()->json && profile_.empty()) {
        profile_ = page.events.back()->payload;
    }
    release(out);
}

Encoded Stream::refused(const base::Error& error, std::uint64_t request) {
    Encoded out;
    if (request != 0 && request == loading_) {
        loading_ = 0;  // without the profile, then
        release(out);
        return out;
    }
    out = SessionlessDialect::refused(error, request);
    if (!out.close) {
        out.frames = later({.requests = {}, .frames = std::move(out.frames), .refused = {}}).frames;
    }
    return out;
}

void Stream::event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) {
    const std::string_view type = event.type.text;
    if (slot == keeper_ && type == events::types::kProfile) {
        profile_ = event.payload;  // another connection of this user may have given it
        return;
    }
    if (slot != current_) {
        return;
    }
    const bool goes_on = type == events::types::kStatus || type == events::types::kToken ||
                         type == events::types::kStreamEnd;
    if (type == events::types::kStreamStart) {
        followed.streams.start(event);
    } else if (goes_on && followed.streams.piece(event)) {
        JsonWriter start = start_of(R"("single")", "[]");
        add_timestamp(start, event.at_us);
        out.frames.push_back(start.take());
    }
    if (type == events::types::kStreamEnd) {
        followed.streams.end(event);
    }
    if (auto frame = frame_for(followed, event)) {
        add_timestamp(*frame, event.at_us);
        place(*frame, followed, event.offset);
        out.frames.push_back(frame->take());
    }
}

// Nothing: the event is not of this format.
std::optional<JsonWriter> Stream::frame_for(const Followed& followed, const events::Event& event) {
    const std::string_view type = event.type.text;
    if (type == events::types::kStreamStart) {
        return start_of(raw_member(event, "workflow", R"("single")"),
                        raw_member(event, "agents", "[]"));
    }
    if (type == events::types::kStatus) {
        return frame_of("status")
            .raw("status", raw_text(event, "status"))
            .raw("details", raw_member(event, "details", "{}"));
    }
    if (type == events::types::kEmergency) {
        return frame_of("emergency")
            .raw("level", raw_text(event, "level"))
            .raw("message", raw_text(event, "message"))
            .raw("matched", raw_member(event, "matched", "[]"));
    }
    if (type == events::types::kToken) {
        JsonWriter frame = frame_of("token");
        frame.raw("content", raw_text(event, "content"));
        return frame;
    }
    if (type == events::types::kStreamEnd) {
        return end_of(followed, raw_member(event, "finish", R"("stop")"),
                      raw_member(event, "agents_completed", "[]"));
    }
    if (type == events::types::kError) {
        return error_of(event_error(event));
    }
    return std::nullopt;
}

// `finish` and `agents` are JSON.
JsonWriter Stream::end_of(const Followed& followed, std::string_view finish,
                          std::string_view agents) {
    JsonWriter frame = frame_of("stream_end");
    frame.begin("metadata")
        .raw("agents_completed", agents)
        .text("session_id", followed.name)
        .raw("finish", finish)
        .end();
    return frame;
}

std::string Stream::error_frame(const base::Error& error) const {
    JsonWriter frame = error_of(error);
    add_timestamp(frame, now_us_);
    return frame.take();
}

}  // namespace

std::unique_ptr<Dialect> make_stream() {
    return std::make_unique<Stream>();
}

}  // namespace chartroom::dialects
