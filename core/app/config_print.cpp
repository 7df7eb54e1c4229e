// The configuration in effect, as `chartroom check` prints it.
#include <nlohmann/json.hpp>

#include "core/app/config.hpp"
#include "core/app/config_keys.hpp"

namespace chartroom::app {
namespace {

// A TOML basic string: JSON's, but for DEL, which TOML does not take as it is.
std::string toml_string(std::string_view text) {
    std::string out = nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                                nlohmann::json::error_handler_t::replace);
    for (auto at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at)) {
        out.replace(at, 1, "\\u007F");
    }
    return out;
}

std::string list(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const auto& text : texts) {
        if (out.size() > 1) out += ", ";
        out += toml_string(text);
    }
    return out + "]";
}

struct Printer {
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const std::string* value) const { return toml_string(*value); }
    std::string operator()(const std::vector<std::string>* value) const { return list(*value); }
    std::string operator()(const IntegerSlot& slot) const { return std::to_string(*slot.value); }
    std::string operator()(const PathSlot& slot) const { return toml_string(*slot.value); }
    std::string operator()(const PathsSlot& slot) const { return list(*slot.value); }
    std::string operator()(const ChoiceSlot& slot) const {
        return toml_string(slot.words[slot.get()]);
    }
};

void print_keys(std::string& out, const std::vector<Key>& keys) {
    for (const auto& key : keys) {
        out += key.name;
        out += " = " + std::visit(Printer{}, key.slot) + "\n";
    }
}

// A key that names where a secret stands (api_key_env) is no secret; one that looks like a secret
// itself is not shown. The plugin's schema (x-secret) is the authority; this is for texts that are
// printed before any plugin is loaded.
bool looks_secret(std::string_view key) {
    if (key.ends_with("_env") || key.ends_with("_file")) return false;
    for (const std::string_view word : {"secret", "token", "password", "api_key"}) {
        if (key == word || key.ends_with(std::string("_") + std::string(word))) return true;
    }
    return false;
}

// A JSON value as an inline TOML value. TOML has no null: such a key is left out by the caller.
std::string inline_toml(const nlohmann::json& value) {
    if (value.is_array()) {
        std::string out = "[";
        for (const auto& element : value) {
            if (out.size() > 1) out += ", ";
            out += inline_toml(element);
        }
        return out + "]";
    }
    if (value.is_object()) {
        std::string out = "{";
        for (const auto& [key, element] : value.items()) {
            if (element.is_null()) continue;
            if (out.size() > 1) out += ", ";
            out += toml_string(key) + " = ";
            out += looks_secret(key) ? toml_string("(redacted)") : inline_toml(element);
        }
        return out + "}";
    }
    return value.is_string() ? toml_string(value.get_ref<const std::string&>()) : value.dump();
}

void print_plugin(std::string& out, const std::string& name, PluginSection plugin) {
    out += "\n[plugins." + name + "]\n";
    print_keys(out, plugin_keys(plugin));
    const auto config = nlohmann::json::parse(plugin.config_json);
    if (config.empty()) return;
    out += "\n[plugins." + name + ".config]\n";
    for (const auto& [key, value] : config.items()) {
        if (value.is_null()) continue;
        out += toml_string(key) + " = " +
               (looks_secret(key) ? toml_string("(redacted)") : inline_toml(value)) + "\n";
    }
}

}  // namespace

std::string print_config(const Config& config) {
    Config copy = config;  // the table binds to members that may be written
    std::string out;
    std::string_view section;
    for (const auto& key : section_keys(copy)) {
        if (key.section != section) {
            section = key.section;
            if (!out.empty()) out += "\n";
            out += "[" + std::string(section) + "]\n";
        }
        print_keys(out, {key});
    }
    for (const auto& [name, plugin] : config.plugins) print_plugin(out, name, plugin);
    for (auto& route : copy.routes) {
        out += "\n[[route]]\n";
        print_keys(out, route_keys(route));
    }
    return out;
}

}  // namespace chartroom::app
