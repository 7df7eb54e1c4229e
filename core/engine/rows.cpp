#include "core/engine/rows.hpp"

#include <nlohmann/json.hpp>

#include "core/base/check.hpp"
#include "core/base/random.hpp"
#include "core/base/sha256.hpp"
#include "core/engine/effects.hpp"

namespace chartroom::engine::rows {
namespace {

using nlohmann::json;

std::string hex_of(const base::Digest& digest) {
    return base::to_hex(digest);
}

void put(std::string& bytes, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
}

std::uint64_t get(std::string_view bytes, std::size_t at, int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
        value |= static_cast<std::uint64_t>(
                     static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]))
                 << (8 * i);
    }
    return value;
}

constexpr std::size_t kEffectHeaderBytes = 16;
constexpr std::size_t kStateHeaderBytes = 8;
constexpr std::uint8_t kEffectLast = 1;
constexpr std::size_t kFieldBytesMax = 64;  // of a refused field's name

// Everything of a request that reaches the wire, in one digest: a replay compares it.
std::string request_digest(const HttpRequest& request) {
    base::Sha256 hash;
    const auto add = [&hash](std::string_view text) { hash.add_u64(text.size()).add(text); };
    add(request.method);
    add(request.url);
    hash.add_u64(request.headers.size());
    for (const auto& [name, value] : request.headers) {
        add(name);
        add(value);
    }
    add(request.body);
    return hex_of(hash.finish());
}

constexpr std::string_view kCancelNames[] = {"", "client_stop", "deadline", "drain", "disabled"};

}  // namespace

std::string plugin_party(std::string_view plugin_id) {
    return "plugin/" + std::string(plugin_id);
}

std::string session_party(const base::SessionId& session) {
    return std::string(events::kSessionParty) + session.value;
}

std::string encode_http(const HttpRequest& request) {
    return json{{"op", request.op},
                {"method", request.method},
                {"url", request.url},
                {"request", request_digest(request)},
                {"once", request.once}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_timer(const StartTimer& timer) {
    return json{{"op", timer.op}, {"delay_us", timer.delay_us}}.dump();
}

std::string encode_activity(const RunActivity& activity) {
    return json{{"op", activity.op},
                {"name", activity.name},
                {"input", hex_of(base::sha256(activity.input))}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_emit(const Emit& emit) {
    json row{{"target", emit.target},
             {"type", emit.type},
             {"class", static_cast<int>(emit.cls)},
             {"scope", static_cast<int>(emit.scope)},
             {"party", emit.party},
             {"json", emit.json}};
    if (emit.json) {
        row["payload"] = emit.payload;
    } else {
        row["payload"] = base::to_hex(
            {reinterpret_cast<const std::uint8_t*>(emit.payload.data()), emit.payload.size()});
    }
    return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Emit> decode_emit(std::string_view payload) {
    const json row = json::parse(payload, nullptr, false);
    if (!row.is_object()) return std::nullopt;
    try {
        Emit emit;
        emit.target = row.at("target").get<std::string>();
        emit.type = row.at("type").get<std::string>();
        emit.cls = static_cast<events::Class>(row.at("class").get<int>());
        emit.scope = static_cast<events::Scope>(row.at("scope").get<int>());
        emit.party = row.at("party").get<std::string>();
        emit.json = row.at("json").get<bool>();
        emit.payload = row.at("payload").get<std::string>();
        if (!emit.json) {
            std::string bytes;
            for (std::size_t i = 0; i + 1 < emit.payload.size(); i += 2) {
                bytes += static_cast<char>(std::stoi(emit.payload.substr(i, 2), nullptr, 16));
            }
            emit.payload = std::move(bytes);
        }
        return emit;
    } catch (const std::exception&) {
        return std::nullopt;  // a row of another version or a damaged one: the caller says so
    }
}

std::string idempotency_key(const base::SessionId& session, base::Offset cause, Op op) {
    return hex_of(base::Sha256()
                      .add("chartroom.op/1\n")
                      .add(session.value)
                      .add_u64(cause.value)
                      .add_u64(op)
                      .finish())
        .substr(0, 32);
}

std::string encode_effect(const Effect& effect) {
    CHECK(effect.headers.size() <= kResponseHeadersBytesMax);
    std::string bytes;
    bytes.reserve(kEffectHeaderBytes + effect.headers.size() + effect.bytes.size());
    put(bytes, effect.op, 8);
    put(bytes, static_cast<std::uint32_t>(effect.status), 4);
    put(bytes, effect.last ? kEffectLast : 0, 1);
    put(bytes, static_cast<std::uint8_t>(effect.outcome), 1);
    put(bytes, effect.headers.size(), 2);
    bytes += effect.headers;
    bytes += effect.bytes;
    return bytes;
}

std::optional<Effect> decode_effect(std::string_view payload) {
    if (payload.size() < kEffectHeaderBytes) return std::nullopt;
    Effect effect;
    effect.op = get(payload, 0, 8);
    effect.status = static_cast<std::int32_t>(static_cast<std::uint32_t>(get(payload, 8, 4)));
    effect.last = (get(payload, 12, 1) & kEffectLast) != 0;
    const auto outcome = get(payload, 13, 1);
    if (outcome > static_cast<std::uint8_t>(Outcome::too_large)) return std::nullopt;
    effect.outcome = static_cast<Outcome>(outcome);
    const auto headers = get(payload, 14, 2);
    payload.remove_prefix(kEffectHeaderBytes);
    if (headers > payload.size()) return std::nullopt;
    effect.headers = payload.substr(0, headers);
    effect.bytes = payload.substr(headers);
    return effect;
}

std::string encode_cancel(CancelReason reason) {
    return json{{"reason", kCancelNames[static_cast<std::size_t>(reason)]}}.dump();
}

std::optional<CancelReason> decode_cancel(std::string_view payload) {
    const json row = json::parse(payload, nullptr, false);
    if (!row.is_object() || !row.contains("reason")) return std::nullopt;
    for (std::size_t i = 1; i < std::size(kCancelNames); ++i) {
        if (row["reason"] == kCancelNames[i]) return static_cast<CancelReason>(i);
    }
    return std::nullopt;
}

std::string encode_ended(std::string_view result, std::string_view code, std::string_view reason) {
    json row{{"result", result}};
    if (!code.empty()) row["code"] = code;
    if (!reason.empty()) row["reason"] = reason;
    return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_refused(const base::Error& error, std::size_t bytes) {
    json row{{"bytes", bytes}, {"code", base::info(error.code).name}};
    if (!error.field.empty()) row["field"] = error.field.substr(0, kFieldBytesMax);
    return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_undelivered(base::Offset row) {
    return json{{"row", row.value}}.dump();
}

std::string encode_erased(bool whole) {
    return json{{"scope", whole ? "session" : "person"}}.dump();
}

std::string encode_state(const State& state) {
    std::string bytes;
    put(bytes, state.previous.value, 8);
    bytes += state.bytes;
    return bytes;
}

std::optional<State> decode_state(std::string_view payload) {
    if (payload.size() < kStateHeaderBytes) return std::nullopt;
    return State{{get(payload, 0, 8)}, payload.substr(kStateHeaderBytes)};
}

}  // namespace chartroom::engine::rows
