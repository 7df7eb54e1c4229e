#include "core/dialects/frame_fields.hpp"

namespace chartroom::dialects {

std::expected<JsonFrame, events::JsonFault> read_frame(std::string_view frame) {
    constexpr std::string_view kToken = "token";
    auto object = events::scan_object(frame, kToken);
    if (!object) {
        return std::unexpected(object.error());
    }
    const events::JsonMember* data = object->find("data");
    const bool carries_token =
        object->find(kToken) != nullptr || (data != nullptr && data->has_watched);
    return JsonFrame{std::move(*object), carries_token};
}

bool is_raw_text(std::string_view frame, events::JsonFault fault) {
    const std::size_t first = frame.find_first_not_of(" \t\r\n");
    const bool object = first != std::string_view::npos && frame[first] == '{';
    return !object || fault == events::JsonFault::syntax;
}

base::Error malformed(events::JsonFault fault) {
    return {.code = base::Code::malformed,
            .message = "the frame " + std::string(events::describe(fault))};
}

base::Error token_not_taken() {
    return {.code = base::Code::validation_error,
            .message = "a token has no place in this frame; it was not read",
            .field = "token"};
}

const events::JsonMember* FrameFields::find(std::string_view key) const {
    const events::JsonMember* member = object_.find(key);
    return member != nullptr && member->value != "null" ? member : nullptr;
}

bool FrameFields::has(std::string_view key) const {
    return find(key) != nullptr;
}

std::string_view FrameFields::raw(std::string_view key) const {
    const auto* member = find(key);
    return member == nullptr ? std::string_view() : member->value;
}

std::optional<std::string> FrameFields::text(std::string_view key) {
    const auto* member = find(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    auto value = events::json_string(member->value);
    if (!value) {
        wrong(key, "must be a string");
    }
    return value;
}

std::optional<std::uint64_t> FrameFields::number(std::string_view key) {
    const auto* member = find(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    const auto value = events::json_integer(member->value);
    if (!value) {
        wrong(key, "must be a whole number from 0 to 9007199254740991");
    }
    return value;
}

std::optional<bool> FrameFields::boolean(std::string_view key) {
    const auto* member = find(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    const auto value = events::json_bool(member->value);
    if (!value) {
        wrong(key, "must be true or false");
    }
    return value;
}

std::optional<std::string> FrameFields::id(std::string_view key) {
    const auto* member = find(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    if (const auto number = events::json_integer(member->value)) {
        return std::to_string(*number);
    }
    auto value = events::json_string(member->value);
    if (!value) {
        wrong(key, "must be a string or a whole number");
    }
    return value;
}

std::string FrameFields::required_text(std::string_view key) {
    auto value = text(key);
    if (!value) {
        wrong(key, "is missing");
        return {};
    }
    if (value->empty()) {
        wrong(key, "must not be empty");
    }
    return std::move(*value);
}

void FrameFields::wrong(std::string_view key, std::string_view why) {
    refuse(key, std::string(key) + " " + std::string(why));
}

void FrameFields::refuse(std::string_view key, std::string message) {
    if (!error_) {
        error_ = base::Error{.code = base::Code::validation_error,
                             .message = std::move(message),
                             .field = std::string(key)};
    }
}

}  // namespace chartroom::dialects
