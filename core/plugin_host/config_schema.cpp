#include "core/plugin_host/config_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "core/events/json_scan.hpp"

namespace chartroom::plugin_host {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kProblemsMax = 5;

// Schemas nest no deeper than events::kJsonDepthMax: their text was scanned.
void fill_defaults(const Json& schema, Json& config) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object() || !config.is_object()) return;
    for (const auto& [key, property] : properties->items()) {
        if (!property.is_object()) continue;
        if (!config.contains(key) && property.contains("default"))
            config[key] = property["default"];
        if (config.contains(key)) fill_defaults(property, config[key]);
    }
}

void redact(const Json& schema, Json& config) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object() || !config.is_object()) return;
    for (const auto& [key, property] : properties->items()) {
        if (!property.is_object() || !config.contains(key)) continue;
        if (property.value("x-secret", false)) {
            config[key] = kRedacted;
        } else {
            redact(property, config[key]);
        }
    }
}

// A reference may lead back to where it stands, and the validator would follow it until the stack
// ends; nobody needs one for a plugin's handful of keys.
bool has_reference(const Json& schema) {
    if (schema.is_object() && schema.contains("$ref")) return true;
    return schema.is_structured() && std::ranges::any_of(schema, has_reference);
}

// What the validator found, most specific first, in one line.
std::string problems(const valijson::ValidationResults& results) {
    std::string list;
    std::size_t count = 0;
    for (const auto& error : results) {
        if (++count > kProblemsMax) break;
        std::string place;
        for (std::size_t i = 1; i < error.context.size(); ++i) place += error.context[i];
        if (!list.empty()) list += "; ";
        list += place.empty() ? error.description : place + ": " + error.description;
    }
    return list;
}

base::Result<CheckedConfig> check(const std::string& who, const Json& schema_json, Json config) {
    fill_defaults(schema_json, config);
    valijson::Schema schema;
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json),
                                            schema);
    valijson::ValidationResults results;
    if (!valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(config),
                                        &results))
        return base::fail(base::Code::bad_config,
                          who + "its configuration is refused: " + problems(results));
    Json redacted = config;
    redact(schema_json, redacted);
    return CheckedConfig{.effective = config.dump(), .redacted = redacted.dump()};
}

void restore(Json& config, const Json& current) {
    if (config.is_string() && config.get_ref<const std::string&>() == kRedacted) {
        config = current;
        return;
    }
    if (!config.is_object() || !current.is_object()) return;
    for (auto& [key, value] : config.items())
        if (current.contains(key)) restore(value, current[key]);
}

}  // namespace

base::Result<CheckedConfig> check_config(std::string_view plugin, std::string_view schema,
                                         std::string_view config) {
    const std::string who = "plugin " + std::string(plugin) + ": ";
    const Json config_json = events::is_json(config) ? Json::parse(config, nullptr, false) : Json();
    if (!config_json.is_object())
        return base::fail(base::Code::bad_config, who + "its configuration must be an object");
    if (schema.empty()) {
        if (!config_json.empty())
            return base::fail(base::Code::bad_config, who + "it takes no configuration, so '" +
                                                          config_json.begin().key() +
                                                          "' has no meaning");
        return CheckedConfig{.effective = "{}", .redacted = "{}"};
    }
    const auto refuse = [&](const std::string& why) {
        return base::fail(base::Code::plugin_load,
                          who + "its config_schema is no usable JSON Schema: " + why);
    };
    if (const auto fault = events::find_json_fault(schema))
        return refuse("it " + std::string(events::describe(*fault)));
    try {
        const Json schema_json = Json::parse(schema);
        if (has_reference(schema_json)) return refuse("$ref is not supported");
        return check(who, schema_json, config_json);
    } catch (const std::exception& error) {
        return refuse(error.what());
    }
}

base::Result<std::string> restore_secrets(std::string_view config, std::string_view current) {
    Json recorded = Json::parse(config, nullptr, false);
    const Json now = Json::parse(current, nullptr, false);
    if (!recorded.is_object() || !now.is_object())
        return base::fail(base::Code::bad_config, "a recorded configuration is no JSON object");
    restore(recorded, now);
    return recorded.dump();
}

}  // namespace chartroom::plugin_host
