#include "core/dialects/frames.hpp"

#include <algorithm>
#include <array>

namespace chartroom::dialects {
namespace {

const std::array kDescriptions = {
    Description{
        "native",
        "chartroom.v1: every event type, several sessions on one connection, positions that "
        "a client can check",
        native_frames()},
    Description{"plain", "One question, one whole reply; any other text is echoed", plain_frames()},
    Description{"question", "A question in, its answer out in tokens", question_frames()},
    Description{"broadcast", "What one says, everybody in the room hears", broadcast_frames()},
    Description{"clinical", "Diagnosis and prescription with progress, and chat",
                clinical_frames()},
    Description{"stream", "Chat with agents, each with its status and its part of the answer",
                stream_frames()},
    Description{"conversation", "Conversations of several users, answered by an assistant",
                conversation_frames()},
};

}  // namespace

const Description* describe(std::string_view dialect) {
    const auto* const found = std::ranges::find(kDescriptions, dialect, &Description::dialect);
    return found == kDescriptions.end() ? nullptr : found;
}

std::string_view frame_schema(std::string_view dialect, std::string_view frame) {
    const Description* description = describe(dialect);
    if (description == nullptr) return {};
    const auto found = std::ranges::find(description->frames, frame, &Frame::name);
    return found == description->frames.end() ? std::string_view() : found->schema;
}

}  // namespace chartroom::dialects
