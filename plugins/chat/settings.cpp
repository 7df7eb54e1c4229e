#include "plugins/chat/settings.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "plugins/chat/agents.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

// `http://host/v1` and `http://host` both name the same service.
std::string completions_url(std::string base) {
    while (base.ends_with('/')) base.pop_back();
    const std::size_t authority = base.find("://");
    const bool bare =
        authority != std::string::npos && base.find('/', authority + 3) == std::string::npos;
    return base + (bare ? "/v1/chat/completions" : "/chat/completions");
}

Persona read_persona(const Json& json, const Persona& otherwise) {
    return {.model = json.value("model", otherwise.model),
            .system_prompt = json.value("system_prompt", otherwise.system_prompt),
            .temperature = json.value("temperature", otherwise.temperature)};
}

Json member_object(const Json& json, const char* key) {
    return json.value(key, Json::object());
}

}  // namespace

const Persona& Settings::persona_of(const std::string& name) const {
    const auto found = assistants.find(name);
    return found == assistants.end() ? persona : found->second;
}

Settings read_settings(std::string_view config) {
    const Json json = Json::parse(config);
    Settings settings;
    settings.token_delay = std::chrono::milliseconds(json.value("token_delay_ms", 0));
    settings.persona = read_persona(json, settings.persona);
    const Json assistants = member_object(json, "assistants");
    for (const auto& [name, persona] : assistants.items())
        settings.assistants.emplace(name, read_persona(persona, settings.persona));
    const Json prompts = member_object(json, "agents");
    for (const Agent* agent : kAgents)
        settings.agent_prompts.emplace(agent->name, prompts.value(agent->name, std::string()));
    settings.max_tokens = json.value("max_tokens", settings.max_tokens);
    settings.history = json.value("history", settings.history);
    settings.strict = json.value("strict", settings.strict);
    settings.retries = json.value("retries", settings.retries);
    settings.idle_timeout = std::chrono::milliseconds(json.value("idle_timeout_ms", 60'000));
    if (json.value("provider", "builtin") == "builtin") return settings;
    settings.provider = Settings::Provider::openai;
    const std::string base = json.value("base_url", std::string());
    if (base.empty()) throw std::invalid_argument("provider = \"openai\" needs base_url");
    if (settings.persona.model.empty())
        throw std::invalid_argument("provider = \"openai\" needs model");
    settings.url = completions_url(base);
    settings.has_key = !json.value("api_key_env", std::string()).empty() ||
                       !json.value("api_key_file", std::string()).empty();
    return settings;
}

}  // namespace chat
