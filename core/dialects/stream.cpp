#include "core/dialects/stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.hpp"
#include "core/dialects/client_error.hpp"
#include "core/dialects/stream_dialect.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

constexpr std::size_t kProfileBytesMax = 16u << 10;  // the assistant takes no longer one
constexpr std::string_view kHome = "home";

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

// ---- frames in ---------------------------------------------------------------------------------

Decoded StreamDialect::connected(const ConnectInfo& info) {
    at_home_ = !info.user.empty();
    Decoded decoded = later(SessionlessDialect::connected(info));
    if (at_home_) {
        const auto home = follow(kHome, decoded);
        CHECK(home.has_value());  // nothing but the connection's own session is followed yet
        keeper_ = *home;
        load_profile(keeper_, decoded.requests);
    } else if (!session_name(info).empty()) {
        load_profile(0, decoded.requests);
    }
    return decoded;
}

Decoded StreamDialect::text(std::string_view text) {
    return waits() ? hold(text) : take({.frame = std::string(text)});
}

Decoded StreamDialect::too_long(std::size_t bytes) {
    return later(SessionlessDialect::too_long(bytes));
}

Decoded StreamDialect::later(Decoded decoded) {
    if (!told_) {
        for (auto& frame : std::exchange(decoded.frames, {})) {
            if (early_.size() < kHeldMax) {
                early_.push_back(std::move(frame));
            }
        }
    }
    return decoded;
}

Decoded StreamDialect::hold(std::string_view frame) {
    if (held_.size() >= kHeldMax) {
        return later(refuse({.code = base::Code::busy, .message = "too many messages at once"}));
    }
    held_.push_back({.frame = std::string(frame)});
    return {};
}

// Takes what waited, up to a frame that has to wait for another session.
void StreamDialect::release(Encoded& out) {
    while (!waits() && !held_.empty()) {
        const Held held = std::move(held_.front());
        held_.erase(held_.begin());
        Decoded decoded = take(held);
        std::ranges::move(decoded.frames, std::back_inserter(out.frames));
        std::ranges::move(decoded.requests, std::back_inserter(out.requests));
    }
}

Decoded StreamDialect::take(const Held& held) {
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

Decoded StreamDialect::take_message(const Held& held, FrameFields& fields) {
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

StreamDialect::Message StreamDialect::read_message(FrameFields& fields) {
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
void StreamDialect::check_profile(FrameFields& fields) {
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

Decoded StreamDialect::say(const Message& message) {
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

bool StreamDialect::is_current(std::string_view name) {
    const Followed* followed = current_ ? find(*current_) : nullptr;
    return followed != nullptr && (followed->asked == name || followed->name == name);
}

// From now on the connection follows that session instead of the one before, whose open stream
// gets an end that says so.
base::Result<void> StreamDialect::switch_to(const std::string& name, Decoded& decoded) {
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
        if (!at_home_ || *before != keeper_) {
            leave(*before, decoded.requests);
        }
    }
    current_ = *slot;
    if (!at_home_) {
        keeper_ = *slot;
        profile_.clear();
        if (!name.empty()) {
            load_profile(*slot, decoded.requests);
        }
    }
    return {};
}

void StreamDialect::load_profile(Slot slot, std::vector<Request>& requests) {
    ReadPage page;
    page.slot = slot;
    page.request = loading_ = next_request();
    loading_from_ = slot;
    page.limit = 1;
    page.type = events::types::kProfile;
    requests.emplace_back(std::move(page));
}

void StreamDialect::left(Slot slot) {
    if (current_ == slot) {
        current_.reset();
    }
    if (at_home_ && slot == keeper_) {
        at_home_ = false;
        keeper_ = current_.value_or(0);
    }
}

std::unique_ptr<Dialect> make_stream() {
    return std::make_unique<StreamDialect>();
}

}  // namespace chartroom::dialects
