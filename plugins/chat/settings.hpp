// The plugin's configuration, read once. Its schema is in the manifest (handler.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace chat {

// Who a model is asked to be.
struct Persona {
    std::string model;
    std::string system_prompt;
    double temperature = 0.3;
};

struct Settings {
    enum class Provider : std::uint8_t { builtin, openai };

    // The persona of this name; the default one for a name that is not configured.
    [[nodiscard]] const Persona& persona_of(const std::string& name) const;

    Provider provider = Provider::builtin;
    std::chrono::milliseconds token_delay{0};
    std::string url;       // of the completions
    bool has_key = false;  // the host knows a secret `api_key`
    Persona persona;
    std::map<std::string, Persona> assistants;  // whole: what is left out is the default's
    std::map<std::string, std::string, std::less<>> agent_prompts;  // by the agent's name
    std::uint32_t max_tokens = 0;  // of one model call; 0: the model's own limit
    std::uint32_t history = 20;    // earlier messages that the model is shown
    std::uint32_t retries = 2;
    std::chrono::milliseconds idle_timeout{60'000};
    bool strict = false;  // of a model's text only what was checked is shown
};

// `config` is JSON that the schema has accepted. Throws std::invalid_argument for what a schema
// cannot say: the provider openai without base_url or model.
[[nodiscard]] Settings read_settings(std::string_view config);

}  // namespace chat
