#include "core/plugin_host/abi_command.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "core/events/json_scan.hpp"

namespace chartroom::plugin_host {
namespace {

using engine::Command;

// Thrown to and caught in read_command(), so that each check is one line where it belongs.
[[noreturn]] void refuse(std::string_view why, std::int32_t code = CHARTROOM_E_INVALID) {
    throw Refusal{code, why};
}

// The body as T, if it is there and at least as long as version 1.0 had it: `least` is that length
// where T has grown since.
template <typename T>
const T& body_of(const chartroom_command& command, std::size_t least = sizeof(T)) {
    const auto* body = static_cast<const T*>(command.body);
    if (body == nullptr) refuse("the command has no body");
    if (body->size < least) refuse("the command's body is shorter than its type says");
    return *body;
}

std::string_view bytes(const chartroom_str& str, std::uint64_t most) {
    if (str.size > most) refuse("a text is over its bound");
    if (str.size != 0 && str.data == nullptr) refuse("a text has a size and no data");
    return {str.data, str.size};
}

std::string_view text(const chartroom_str& str, std::uint64_t most) {
    const std::string_view found = bytes(str, most);
    if (!events::is_utf8(found)) refuse("a text is not UTF-8");
    return found;
}

// A text of one line that must not be empty.
std::string_view name(const chartroom_str& str) {
    const std::string_view found = text(str, kNameBytesMax);
    if (found.empty()) refuse("a name is empty");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(found, control)) refuse("a name holds a control character");
    return found;
}

// Element `index` of an array whose elements may have grown since.
template <typename T>
const T& element(const T* array, std::uint32_t stride, std::uint64_t index) {
    return *reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(array) + index * stride);
}
template <typename T>
void check_array(const T* array, std::uint32_t stride, std::uint64_t count, std::uint64_t most) {
    if (count > most) refuse("an array has too many elements");
    if (count != 0 && (array == nullptr || stride < sizeof(T) || stride % alignof(T) != 0))
        refuse("an array has no elements or a stride that is too short");
}

engine::Op new_op(const chartroom_command& command, const CommandContext& context) {
    if (command.head.op != context.last_op + 1) refuse("an op must be the turn's previous + 1");
    return command.head.op;
}

// Whom the event is for, and where, if that is another session.
void read_address(const chartroom_command& command, const chartroom_emit& body,
                  const CommandContext& context, engine::Emit& emit) {
    if (body.scope > CHARTROOM_SCOPE_FOLLOWERS) refuse("an event has no such scope");
    emit.scope = static_cast<events::Scope>(body.scope);
    if (emit.scope == events::Scope::only || emit.scope == events::Scope::all_but)
        emit.party = name(body.party);
    if (command.head.session.size == 0) {
        if (emit.scope == events::Scope::followers_of)
            refuse("the scope 'followers' is for events in other sessions");
        return;
    }
    if (!context.info.may_broadcast)
        refuse("another session needs the capability 'broadcast'", CHARTROOM_E_DENIED);
    emit.target = name(command.head.session);
    const bool has_owner = body.size >= offsetof(chartroom_emit, owner) + sizeof(body.owner);
    if (has_owner && body.owner.size != 0) emit.owner = name(body.owner);
}

Command read_emit(const chartroom_command& command, const CommandContext& context) {
    const auto& body = body_of<chartroom_emit>(command, offsetof(chartroom_emit, owner));
    engine::Emit emit;
    emit.type = name(body.type);
    const std::string_view payload = bytes(body.payload, kBytesMax);
    emit.json = (body.flags & CHARTROOM_FLAG_JSON) != 0;
    // Passing a message on as it came is the common case of an echo: comparing is far cheaper than
    // scanning.
    if (emit.json && payload != context.known_json && !events::is_json(payload))
        refuse("a payload is not JSON");
    emit.payload = payload;
    if (body.cls < CHARTROOM_CLASS_LASTING || body.cls > CHARTROOM_CLASS_FLEETING)
        refuse("an event has no such class");
    emit.cls = static_cast<events::Class>(body.cls);
    read_address(command, body, context, emit);
    return emit;
}

Command read_timer(const chartroom_command& command, const CommandContext& context) {
    const auto& body = body_of<chartroom_timer>(command);
    if (body.delay_us > kTimerUsMax) refuse("a timer is longer than a year");
    return engine::StartTimer{.op = new_op(command, context), .delay_us = body.delay_us};
}

bool is_token(std::string_view token) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !token.empty() && std::ranges::all_of(token, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               kOthers.find(c) != std::string_view::npos;
    });
}

// RFC 9110, 5.5, without obsolete folding: what could begin another header is refused.
bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
}

bool is_http_url(std::string_view url) {
    return (url.starts_with("https://") || url.starts_with("http://")) &&
           std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; });
}

Command read_http(const chartroom_command& command, const CommandContext& context) {
    const auto& body = body_of<chartroom_http>(command);
    if (context.info.net.empty()) refuse("HTTP needs the capability 'net'", CHARTROOM_E_DENIED);
    engine::HttpRequest request;
    request.op = new_op(command, context);
    request.method = bytes(body.method, kNameBytesMax);
    if (!is_token(request.method)) refuse("an HTTP method is no token");
    request.url = bytes(body.url, kUrlBytesMax);
    if (!is_http_url(request.url)) refuse("an URL is not http(s), or not plain ASCII");
    check_array(body.headers, body.header_stride, body.header_count, kHeadersMax);
    for (std::uint64_t i = 0; i < body.header_count; ++i) {
        const chartroom_header& header = element(body.headers, body.header_stride, i);
        const std::string_view key = bytes(header.name, kNameBytesMax);
        const std::string_view value = bytes(header.value, kUrlBytesMax);
        if (!is_token(key) || !is_header_value(value)) refuse("an HTTP header is malformed");
        request.headers.emplace_back(key, value);
    }
    request.body = bytes(body.body, kBytesMax);
    if (body.connect_timeout_ms != 0) request.connect_timeout_ms = body.connect_timeout_ms;
    if (body.idle_timeout_ms != 0) request.idle_timeout_ms = body.idle_timeout_ms;
    request.total_timeout_ms = body.total_timeout_ms;
    if (body.body_bytes_max != 0) request.body_bytes_max = body.body_bytes_max;
    request.once = (body.flags & CHARTROOM_HTTP_ONCE) != 0;
    return request;
}

Command read_history(const chartroom_command& command, const CommandContext& context) {
    const auto& body = body_of<chartroom_history>(command);
    if (!context.info.may_read_history)
        refuse("HISTORY needs the capability 'history'", CHARTROOM_E_DENIED);
    engine::ReadHistory read{.op = new_op(command, context), .types = {}, .limit = body.limit};
    check_array(body.types, body.type_stride, body.type_count, kTypesMax);
    for (std::uint64_t i = 0; i < body.type_count; ++i)
        read.types.emplace_back(name(element(body.types, body.type_stride, i)));
    return read;
}

Command read_activity(const chartroom_command& command, const CommandContext& context) {
    const auto& body = body_of<chartroom_activity>(command);
    return engine::RunActivity{.op = new_op(command, context),
                               .name = std::string(name(body.name)),
                               .input = std::string(bytes(body.input, kBytesMax))};
}

Command read_stop(const chartroom_command& command, const CommandContext& context) {
    if (command.head.op == 0 || command.head.op > context.last_op)
        refuse("STOP_OP names no op of the turn");
    return engine::StopOp{.op = command.head.op};
}

Command read_end(const chartroom_command& command) {
    const auto& body = body_of<chartroom_end>(command);
    engine::End end;
    end.failed = body.failed != 0;
    if (!end.failed) return end;
    end.code = name(body.code);
    end.message = text(body.message, kNameBytesMax * 8);
    return end;
}

Command read(const chartroom_command& command, const CommandContext& context) {
    if (command.head.size < sizeof(chartroom_command))
        refuse("the command is shorter than a command");
    switch (command.head.type) {
        case CHARTROOM_COMMAND_EMIT:
            return read_emit(command, context);
        case CHARTROOM_COMMAND_TIMER:
            return read_timer(command, context);
        case CHARTROOM_COMMAND_HTTP:
            return read_http(command, context);
        case CHARTROOM_COMMAND_HISTORY:
            return read_history(command, context);
        case CHARTROOM_COMMAND_SET_STATE:
            return engine::SetState{
                std::string(bytes(body_of<chartroom_set_state>(command).bytes, kStateBytesMax))};
        case CHARTROOM_COMMAND_ACTIVITY:
            return read_activity(command, context);
        case CHARTROOM_COMMAND_STOP_OP:
            return read_stop(command, context);
        case CHARTROOM_COMMAND_END:
            return read_end(command);
        default:
            refuse("the command's type is not known", CHARTROOM_E_UNSUPPORTED);
    }
}

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

}  // namespace

std::expected<Command, Refusal> read_command(const chartroom_command& command,
                                             const CommandContext& context) {
    try {
        return read(command, context);
    } catch (const Refusal& refusal) {
        return std::unexpected(refusal);
    }
}

std::size_t bytes_of(const Command& command) {
    return std::visit(
        Overloaded{[](const engine::Emit& emit) { return emit.payload.size(); },
                   [](const engine::HttpRequest& http) { return http.body.size(); },
                   [](const engine::SetState& state) { return state.bytes.size(); },
                   [](const engine::RunActivity& activity) { return activity.input.size(); },
                   [](const auto&) { return std::size_t{0}; }},
        command);
}

engine::Op begun_op(const Command& command) {
    return std::visit(Overloaded{[](const engine::StartTimer& timer) { return timer.op; },
                                 [](const engine::HttpRequest& http) { return http.op; },
                                 [](const engine::ReadHistory& history) { return history.op; },
                                 [](const engine::RunActivity& activity) { return activity.op; },
                                 [](const auto&) { return engine::Op{0}; }},
                      command);
}

}  // namespace chartroom::plugin_host
