// The schemas of what the HTTP API answers.
#include <algorithm>
#include <array>
#include <utility>

#include "core/dialects/frames.hpp"
#include "core/gateway/api_documents.hpp"

namespace chartroom::gateway {
namespace {

constexpr std::string_view kEvent = "Event";  // native's own

using Schema = std::pair<std::string_view, std::string_view>;  // its name, and itself

constexpr std::array kSchemas = {
    Schema{"Problem",
           R"({"type":"object","required":["type","title","status"],"properties":{
"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
"detail":{"type":"string"},"code":{"type":"string"},"field":{"type":"string"},
"retry_after_ms":{"type":"integer"}}})"},
    Schema{"SessionList",
           R"({"type":"object","required":["sessions","more"],"properties":{
"sessions":{"type":"array","items":{"type":"object",
"required":["session","head","created_at","last_at"],"properties":{
"session":{"type":"string"},"head":{"type":"integer","minimum":1},
"created_at":{"type":"string","format":"date-time"},
"last_at":{"type":"string","format":"date-time"}},"additionalProperties":false}},
"more":{"type":"boolean"},"next":{"type":"string"}},"additionalProperties":false})"},
    Schema{"EventPage",
           R"({"type":"object","required":["session","epoch","events","more"],"properties":{
"session":{"type":"string"},"epoch":{"type":"string"},
"events":{"type":"array","items":{"$ref":"#/components/schemas/Event"}},
"more":{"type":"boolean"},"next":{"type":"string"}},"additionalProperties":false})"},
    Schema{"Accepted",
           R"({"type":"object","required":["session","offset","epoch","position","duplicate"],
"properties":{"session":{"type":"string"},"offset":{"type":"integer","minimum":1},
"epoch":{"type":"string"},"position":{"type":"string"},"duplicate":{"type":"boolean"},
"participant":{"type":"string"}},"additionalProperties":false})"},
    Schema{"Ticket",
           R"({"type":"object","required":["ticket","session","expires_in_ms"],"properties":{
"ticket":{"type":"string"},"session":{"type":"string"},"expires_in_ms":{"type":"integer"}},
"additionalProperties":false})"},
    Schema{"Readiness",
           R"({"type":"object","required":["ready","checks"],"properties":{
"ready":{"type":"boolean"},"checks":{"type":"object",
"additionalProperties":{"type":"string"}}},"additionalProperties":false})"},
};

}  // namespace

std::string_view api_schema(std::string_view name) {
    if (name == kEvent) return dialects::frame_schema("native", "event");
    const auto* const found =
        std::ranges::find(kSchemas, name, &std::pair<std::string_view, std::string_view>::first);
    return found == kSchemas.end() ? std::string_view() : found->second;
}

std::vector<std::string_view> api_schema_names() {
    std::vector<std::string_view> names = {kEvent};
    for (const auto& [name, schema] : kSchemas) names.push_back(name);
    return names;
}

}  // namespace chartroom::gateway
