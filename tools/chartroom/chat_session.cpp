#include "tools/chartroom/chat_session.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace chartroom::tool {

using nlohmann::json;

namespace {

// Text typed at a terminal may be anything; what is no UTF-8 is replaced.
std::string dump(const json& frame) {
    return frame.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

std::uint64_t number(const json& frame, const char* name) {
    const auto found = frame.find(name);
    return found != frame.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string text(const json& frame, const char* name) {
    const auto found = frame.find(name);
    return found != frame.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool ends_answer(const std::string& type) {
    return type == "stream_end" || type == "error";
}

}  // namespace

ChatSession::ChatSession(Start start)
    : session_(std::move(start.session)),
      id_prefix_(std::move(start.id_prefix)),
      offset_(start.after) {}

std::string ChatSession::open_frame() {
    json frame{{"type", "session.open"}, {"client", {{"name", "chartroom chat"}}}};
    if (!session_.empty()) frame["session"] = session_;
    if (offset_.has_value()) frame["after"] = *offset_;
    if (!epoch_.empty()) frame["epoch"] = epoch_;
    if (!participant_.empty()) frame["participant"] = participant_;
    return dump(frame);
}

std::string ChatSession::message_frame(const Pending& pending) const {
    json frame{{"type", "chat"}, {"id", pending.id}, {"data", {{"content", pending.text}}}};
    if (!pending.epoch.empty()) {
        frame["since"] = pending.since;
        if (pending.epoch != epoch_) frame["epoch"] = pending.epoch;
    }
    return dump(frame);
}

std::vector<std::string> ChatSession::send(std::string_view message) {
    unaccepted_.push_back({.id = id_prefix_ + std::to_string(next_id_++),
                           .text = std::string(message),
                           .since = offset_.value_or(0),
                           .epoch = epoch_});
    if (!open_) return {};  // goes with the next opening
    return {message_frame(unaccepted_.back())};
}

std::vector<std::string> ChatSession::cancel() const {
    if (!open_ || unanswered_.empty()) return {};
    return {dump({{"type", "cancel"}, {"session", session_}, {"cause", *unanswered_.rbegin()}})};
}

ChatSession::Taken ChatSession::take(std::string_view frame, json& parsed) {
    parsed = json::parse(frame, nullptr, /*allow_exceptions=*/false);
    const bool first = !native_;
    if (!parsed.is_object()) return {.gap = !first, .foreign = first};
    const std::string type = text(parsed, "type");
    native_ = native_ || type == "session.opened" || (type == "error" && parsed.contains("fatal"));
    if (!native_) return {.foreign = true};
    if (type == "session.opened") return opened(parsed);
    if (type == "session.live") {
        offset_ = std::max(offset_.value_or(0), number(parsed, "offset"));
        return {};
    }
    if (type == "accepted") {
        const std::string id = text(parsed, "id");
        const std::uint64_t at = number(parsed, "offset");
        if (std::erase_if(unaccepted_, [&](const Pending& p) { return p.id == id; }) > 0 &&
            ended_early_.erase(at) == 0) {
            unanswered_.insert(at);
        }
        return {};
    }
    if (type == "session.reset") {
        epoch_ = text(parsed, "epoch");
        const std::uint64_t first = number(parsed, "first");
        offset_ = first > 0 ? first - 1 : 0;
        unanswered_.clear();
        return {.show = true};
    }
    if (type == "error" && !parsed.contains("offset")) {  // about a frame of ours, not an event
        const std::string id = text(parsed, "id");
        if (id.empty() && text(parsed, "code") == "message_too_long") {
            // Its bytes were not kept, so that the server cannot say which one it was.
            const auto longest = std::ranges::max_element(
                unaccepted_, {}, [](const Pending& pending) { return pending.text.size(); });
            if (longest != unaccepted_.end()) unaccepted_.erase(longest);
        }
        std::erase_if(unaccepted_, [&](const Pending& p) { return p.id == id; });
        return {.show = true};
    }
    return event(parsed);
}

ChatSession::Taken ChatSession::opened(const json& frame) {
    open_ = true;
    session_ = text(frame, "session");
    epoch_ = text(frame, "epoch");
    if (const auto key = text(frame, "participant"); !key.empty()) participant_ = key;
    if (!offset_.has_value()) offset_ = number(frame, "head");
    Taken taken;
    for (auto& pending : unaccepted_) {
        if (pending.epoch.empty()) {
            pending.epoch = epoch_;
            pending.since = *offset_;
        }
        taken.frames.push_back(message_frame(pending));
    }
    return taken;
}

ChatSession::Taken ChatSession::event(const json& frame) {
    const std::uint64_t at = number(frame, "offset");
    if (at == 0) return {};
    if (frame.contains("prev") && offset_.has_value() && number(frame, "prev") != *offset_) {
        return {.gap = true};
    }
    offset_ = at;
    const std::string type = text(frame, "type");
    if (type == "session.position") return {};
    const std::uint64_t cause = number(frame, "cause");
    // An answer can end before its acceptance is told only if both are on the way at once.
    if (ends_answer(type) && unanswered_.erase(cause) == 0 && !unaccepted_.empty()) {
        ended_early_.insert(cause);
    }
    return {.show = true};
}

}  // namespace chartroom::tool
