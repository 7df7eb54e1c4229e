#include "plugins/chat/prompt.hpp"

#include <algorithm>

#include "plugins/chat/utf8.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kContinue =
    "The connection was cut. Continue your previous answer exactly where it stopped. Do not repeat "
    "any of it and do not comment on the interruption.";

constexpr std::string_view kContext =
    "From this server's clinical engine, on what was said so far. Explain and reword it. Add no "
    "drug, no diagnosis, and no number with a unit that does not stand in it.\n\n";

Json line(std::string_view role, std::string_view content) {
    return {{"role", role}, {"content", content}};
}

std::string text_of(const Json& data) {
    const auto content = data.find("content");
    return content != data.end() && content->is_string() ? content->get<std::string>() : "";
}

std::string system_prompt(const Settings& settings, const Persona& persona, const Agent* agent) {
    if (agent == nullptr) return persona.system_prompt;
    const auto own = settings.agent_prompts.find(agent->name);
    if (own == settings.agent_prompts.end() || own->second.empty()) return persona.system_prompt;
    return persona.system_prompt + (persona.system_prompt.empty() ? "" : "\n\n") + own->second;
}

// The steps before, as the model's own words, and what is wanted now.
void add_steps(Json& messages, const Conversation& talk) {
    if (talk.parts.empty()) return;
    std::string said;
    for (const Conversation::Part& part : talk.parts) {
        if (!said.empty()) said += "\n\n";
        said += std::string(part.agent->heading) + ":\n";
        said += cut(part.text, kPartBytesMax);
    }
    messages.push_back(line("assistant", said));
    messages.push_back(
        line("user", "Now the " + std::string(talk.agent->name) + " step on my message above."));
}

}  // namespace

Conversation make_conversation(std::span<const chartroom::Row> rows, std::uint64_t own_id,
                               const Request& request, std::string_view asker) {
    Conversation talk;
    talk.question = request.content;
    talk.profile = request.profile;
    talk.assistant = request.assistant;
    std::size_t bytes = 0;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const Json data = Json::parse(row->bytes, nullptr, false);
        if (!data.is_object()) continue;
        const bool from_person = row->type == "message";
        if (from_person &&
            (data.value("id", Json()) == own_id || data.value("message_type", Json()) != "user"))
            continue;
        std::string text = text_of(data);
        if (text.empty()) continue;
        bytes += text.size();
        if (bytes > kHistoryBytesMax) break;
        const bool by_who_asks = data.value("sender", Json(asker)) == asker;
        talk.earlier.push_back({from_person, std::move(text), by_who_asks});
    }
    std::ranges::reverse(talk.earlier);
    return talk;
}

std::vector<Said> said_before(const Conversation& talk) {
    std::vector<Said> said;
    for (const Conversation::Line& one : talk.earlier)
        if (one.from_person) said.push_back({one.text, one.by_who_asks});
    return said;
}

std::string completion_body(const Settings& settings, const Conversation& talk,
                            std::string_view context, std::string_view so_far) {
    const Persona& persona = settings.persona_of(talk.assistant);
    Json messages = Json::array();
    if (const std::string prompt = system_prompt(settings, persona, talk.agent); !prompt.empty())
        messages.push_back(line("system", prompt));
    for (const Conversation::Line& one : talk.earlier)
        messages.push_back(line(one.from_person ? "user" : "assistant", one.text));
    // What a client says about a person is that client's word: never the system's.
    if (!talk.profile.is_null())
        messages.push_back(line("user", "My profile, as JSON: " + talk.profile.dump()));
    // It quotes what people wrote, and so is not the system's word either.
    if (!context.empty())
        messages.push_back(line("user", std::string(kContext) + std::string(context)));
    messages.push_back(line("user", talk.question));
    add_steps(messages, talk);
    if (!so_far.empty()) {
        messages.push_back(line("assistant", so_far));
        messages.push_back(line("user", kContinue));
    }
    Json body{{"model", persona.model},
              {"messages", std::move(messages)},
              {"stream", true},
              {"stream_options", {{"include_usage", true}}},
              {"temperature", persona.temperature}};
    if (settings.max_tokens != 0) body["max_tokens"] = settings.max_tokens;
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace chat
