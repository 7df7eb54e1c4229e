#include "tools/chartroom/event_text.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/base64.hpp"
#include "core/base/clock.hpp"
#include "core/events/envelope.hpp"
#include "tools/chartroom/chat_view.hpp"

namespace chartroom::tool {
namespace {

const char* kind_text(events::Kind kind) {
    switch (kind) {
        case events::Kind::in:
            return "in";
        case events::Kind::out:
            return "out";
        case events::Kind::command:
            return "command";
        case events::Kind::effect:
            return "effect";
        case events::Kind::note:
            return "note";
    }
    return "?";
}

const char* class_text(events::Class cls) {
    switch (cls) {
        case events::Class::none:
            return "none";
        case events::Class::lasting:
            return "lasting";
        case events::Class::piece:
            return "piece";
        case events::Class::fleeting:
            return "fleeting";
    }
    return "?";
}

// At most `most` bytes, cut before a character that would be split.
std::string cut(const std::string& text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    return text.substr(0, end) + "…";
}

}  // namespace

std::string timeline_line(const events::Event& event, std::size_t payload_most) {
    char head[160];
    const std::string cause = event.cause ? "<" + std::to_string(event.cause.value) : std::string();
    std::snprintf(head, sizeof head, "%8llu  %s  %-7s %-6s %-20.40s ",
                  static_cast<unsigned long long>(event.offset.value),
                  base::to_rfc3339(event.at_us).c_str(), kind_text(event.kind), cause.c_str(),
                  printable(event.type.text).c_str());
    std::string out = head;
    out += printable(cut(event.actor.text, 60));
    out += "  ";
    if (event.erased) {
        out += "[erased]";
    } else if (event.json) {
        out += printable(cut(event.payload, payload_most));
    } else {
        out += "[" + std::to_string(event.payload.size()) + " bytes]";
    }
    if (event.ends_turn) out += "  [end]";
    for (char& c : out) {
        if (c == '\n' || c == '\t') c = ' ';
    }
    return out;
}

std::string json_line(const events::Event& event) {
    nlohmann::ordered_json out{
        {"offset", event.offset.value},   {"at", base::to_rfc3339(event.at_us)},
        {"at_us", event.at_us},           {"kind", kind_text(event.kind)},
        {"class", class_text(event.cls)}, {"type", event.type.text},
        {"actor", event.actor.text},      {"subject", event.subject.text},
        {"ends_turn", event.ends_turn},
    };
    if (event.cause) out["cause"] = event.cause.value;
    if (event.build != 0) out["build"] = event.build;
    if (event.audience.scope != events::Scope::everyone) {
        out["audience"] = {{events::to_text(event.audience.scope), event.audience.party}};
    }
    if (event.source.offset) {
        out["source"] = {{"session", event.source.session.value},
                         {"offset", event.source.offset.value}};
    }
    if (!event.client_id.empty()) out["client_id"] = event.client_id;
    if (event.erased) out["erased"] = true;
    auto payload = event.json ? nlohmann::ordered_json::parse(event.payload, nullptr,
                                                              /*allow_exceptions=*/false)
                              : nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded);
    if (!payload.is_discarded()) {
        out["payload"] = std::move(payload);
    } else if (!event.payload.empty()) {
        out["payload_base64"] = base::to_base64(event.payload, base::Base64::standard);
    }
    return out.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

}  // namespace chartroom::tool
