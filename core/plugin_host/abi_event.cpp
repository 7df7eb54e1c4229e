#include "core/plugin_host/abi_event.hpp"

#include <algorithm>

namespace chartroom::plugin_host {
namespace {

chartroom_str str(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

AbiEvent::AbiEvent(const engine::StepEvent& event) {
    event_.head = {.size = sizeof(chartroom_event),
                   .type = 0,
                   .turn = event.turn.value,
                   .op = 0,
                   .session = str(event.session.value),
                   .offset = event.offset.value,
                   .at_us = event.at_us,
                   .seed = event.seed};
    event_.state = str(event.state);
    event_.state_row = event.state_row.value;
    std::visit([this](const auto& body) { fill(body); }, event.body);
}

void AbiEvent::fill(const engine::MessageEvent& body) {
    event_.head.type = CHARTROOM_EVENT_MESSAGE;
    event_.body = &body_.emplace<chartroom_message>(
        chartroom_message{.size = sizeof(chartroom_message),
                          .flags = body.json ? std::uint32_t{CHARTROOM_FLAG_JSON} : 0u,
                          .type = str(body.type),
                          .payload = str(body.payload),
                          .actor = str(body.actor),
                          .message_id = body.message_id,
                          .answer_id = body.answer_id,
                          .inbound = body.inbound.value});
}

void AbiEvent::fill(const engine::TimerEvent& body) {
    event_.head.type = CHARTROOM_EVENT_TIMER;
    event_.head.op = body.op;
}

void AbiEvent::fill(const engine::EffectEvent& body) {
    event_.head.type = CHARTROOM_EVENT_EFFECT;
    event_.head.op = body.op;
    rows_.reserve(body.items.size());
    for (const events::EventPtr& row : body.items) {
        rows_.push_back({.offset = row->offset.value,
                         .at_us = row->at_us,
                         .inbound = row->kind == events::Kind::in ? 1u : 0u,
                         .flags = row->json ? std::uint32_t{CHARTROOM_FLAG_JSON} : 0u,
                         .type = str(row->type.text),
                         .actor = str(row->actor.text),
                         .payload = str(row->payload)});
    }
    read_headers(body.headers);
    event_.body = &body_.emplace<chartroom_effect>(
        chartroom_effect{.size = sizeof(chartroom_effect),
                         .outcome = static_cast<std::uint32_t>(body.outcome),
                         .status = body.status,
                         .row_stride = sizeof(chartroom_row),
                         .bytes = str(body.bytes),
                         .rows = rows_.data(),
                         .row_count = rows_.size(),
                         .headers = headers_.data(),
                         .header_count = headers_.size(),
                         .header_stride = sizeof(chartroom_header),
                         .reserved = 0});
}

void AbiEvent::read_headers(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;  // not a line that this server wrote
        headers_.push_back({str(line.substr(0, colon)), str(line.substr(colon + 2))});
    }
}

void AbiEvent::fill(const engine::ChunkEvent& body) {
    event_.head.type = CHARTROOM_EVENT_CHUNK;
    event_.head.op = body.op;
    event_.body = &body_.emplace<chartroom_chunk>(chartroom_chunk{
        .size = sizeof(chartroom_chunk), .status = body.status, .bytes = str(body.bytes)});
}

void AbiEvent::fill(const engine::CancelEvent& body) {
    event_.head.type = CHARTROOM_EVENT_CANCEL;
    event_.body = &body_.emplace<chartroom_cancel>(chartroom_cancel{
        .size = sizeof(chartroom_cancel), .reason = static_cast<std::uint32_t>(body.reason)});
}

void AbiEvent::fill(const engine::DiscardEvent&) {
    event_.head.type = CHARTROOM_EVENT_DISCARD;
}

}  // namespace chartroom::plugin_host
