#include "core/gateway/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "core/dialects/frame_fields.hpp"
#include "core/events/json_scan.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;

std::unexpected<base::Error> wrong(const Field& field, const std::string& why) {
    const std::string name(field.name);
    return base::fail(Code::validation_error, name + " " + why, name);
}

// The text of a path, query or header field, if it was sent.
std::optional<std::string_view> sent(const Field& field, const HttpRequest& request,
                                     const Parameters& path) {
    const auto look = [&](const auto& map, std::string_view name) {
        const auto found = map.find(name);
        return found == map.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    switch (field.in) {
        case In::path:
            return look(path, field.name);
        case In::query:
            return look(request.query, field.name);
        case In::header: {
            std::string name(field.name);
            std::ranges::transform(name, name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            return look(request.headers, name);
        }
        case In::body:
            return std::nullopt;
    }
    return std::nullopt;
}

base::Result<Values::Value> to_value(const Field& field, std::string_view text) {
    switch (field.kind) {
        case FieldKind::text:
        case FieldKind::object:
            if (text.size() > field.max) {
                return wrong(field, "must be at most " + std::to_string(field.max) + " bytes");
            }
            return std::string(text);
        case FieldKind::integer: {
            const auto number = events::json_integer(text);
            if (!number || *number < field.min || *number > field.max) {
                return wrong(field, "must be a whole number from " + std::to_string(field.min) +
                                        " to " + std::to_string(field.max));
            }
            return *number;
        }
        case FieldKind::position: {
            auto position = parse_position(text);
            if (!position) return wrong(field, "must be a position: epoch:offset, or an offset");
            return *std::move(position);
        }
    }
    return wrong(field, "cannot be read");
}

// A member of the body in the spelling of path and query: strings without their quotes.
base::Result<std::string> member_text(const Field& field, std::string_view json) {
    if (field.kind == FieldKind::object) {
        if (!json.starts_with('{')) return wrong(field, "must be an object");
        return std::string(json);
    }
    if (auto text = events::json_string(json)) {
        if (field.kind == FieldKind::integer) return wrong(field, "must be a whole number");
        return *std::move(text);
    }
    if (field.kind == FieldKind::text) return wrong(field, "must be a string");
    return std::string(json);
}

}  // namespace

base::Result<void> read_fields(const std::vector<Field>& fields, const HttpRequest& request,
                               const Parameters& path, Values& values) {
    for (const Field& field : fields) {
        if (field.in == In::body) continue;
        const auto text = sent(field, request, path);
        if (!text || text->empty()) {
            if (field.required) return wrong(field, "is missing");
            continue;
        }
        auto value = to_value(field, *text);
        if (!value) return std::unexpected(value.error());
        values.set(field.name, *std::move(value));
    }
    return {};
}

base::Result<void> read_body(const std::vector<Field>& fields, std::string_view body,
                             Values& values) {
    const auto frame = dialects::read_frame(body);
    if (!frame) {
        return base::fail(Code::malformed,
                          "the body " + std::string(events::describe(frame.error())));
    }
    if (frame->carries_token) return std::unexpected(dialects::token_not_taken());
    for (const Field& field : fields) {
        if (field.in != In::body) continue;
        const events::JsonMember* member = frame->object.find(field.name);
        if (member == nullptr || member->value == "null" || member->value == "\"\"") {
            if (field.required) return wrong(field, "is missing");
            continue;
        }
        auto text = member_text(field, member->value);
        if (!text) return std::unexpected(text.error());
        auto value = to_value(field, *text);
        if (!value) return std::unexpected(value.error());
        values.set(field.name, *std::move(value));
    }
    return {};
}

bool Endpoint::takes_body() const {
    return std::ranges::any_of(fields, [](const Field& field) { return field.in == In::body; });
}

bool Endpoint::streams() const {
    return std::ranges::any_of(
        replies, [](const Reply& reply) { return reply.media == "text/event-stream"; });
}

}  // namespace chartroom::gateway
