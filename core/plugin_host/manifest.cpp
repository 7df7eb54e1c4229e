#include "core/plugin_host/manifest.hpp"

#include <chartroom/plugin.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/events/json_scan.hpp"

namespace chartroom::plugin_host {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kListMax = 256;
constexpr std::size_t kTextBytesMax = 1024;
constexpr std::uint32_t kDeadlineMsMax = 24u * 3600 * 1000;
constexpr std::uint32_t kCommandsMax = 1'000'000;

// What is wrong; becomes an Error in parse_manifest, which knows the file.
struct Wrong {
    std::string what;
};

std::string text(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return {};
    if (!found->is_string() || found->get_ref<const std::string&>().size() > kTextBytesMax)
        throw Wrong{std::string("'") + key + "' must be a text of at most 1024 bytes"};
    return found->get<std::string>();
}

std::vector<std::string> texts(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return {};
    const auto is_text = [](const Json& item) {
        return item.is_string() && !item.get_ref<const std::string&>().empty() &&
               item.get_ref<const std::string&>().size() <= kIdBytesMax;
    };
    if (!found->is_array() || found->size() > kListMax || !std::ranges::all_of(*found, is_text))
        throw Wrong{std::string("'") + key +
                    "' must be a list of at most 256 texts of 1 to 128 bytes"};
    return found->get<std::vector<std::string>>();
}

bool boolean(const Json& object, const char* key, bool otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_boolean()) throw Wrong{std::string("'") + key + "' must be true or false"};
    return found->get<bool>();
}

std::uint32_t number(const Json& object, const char* key, std::uint32_t otherwise,
                     std::uint32_t most) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() == 0 ||
        found->get<std::uint64_t>() > most)
        throw Wrong{std::string("'") + key + "' must be a whole number from 1 to " +
                    std::to_string(most)};
    return found->get<std::uint32_t>();
}

// True for `special`, false for `usual` and where the key is absent.
bool choice(const Json& object, const char* key, std::string_view special, std::string_view usual) {
    const std::string value = text(object, key);
    if (value == special) return true;
    if (value.empty() || value == usual) return false;
    throw Wrong{std::string("'") + key + "' must be \"" + std::string(special) + "\" or \"" +
                std::string(usual) + "\""};
}

Json member_object(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return Json::object();
    if (!found->is_object()) throw Wrong{std::string("'") + key + "' must be an object"};
    return *found;
}

// The id becomes a folder's name, so nothing but a reverse domain's characters may stand in it.
void check_id(const std::string& id) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    const bool dotted = id.find('.') != std::string::npos && id.find("..") == std::string::npos &&
                        !id.starts_with('.') && !id.ends_with('.');
    if (id.size() > kIdBytesMax || !dotted || !std::ranges::all_of(id, allowed))
        throw Wrong{"'id' must be a reverse domain such as org.example.echo"};
}

Manifest read(const Json& json) {
    if (!json.is_object()) throw Wrong{"it must be a JSON object"};
    Manifest manifest;
    manifest.id = text(json, "id");
    check_id(manifest.id);
    manifest.version = text(json, "version");
    if (manifest.version.empty()) throw Wrong{"'version' is missing"};
    manifest.handles = texts(json, "handles");
    if (manifest.handles.empty()) throw Wrong{"'handles' must name at least one message type"};
    manifest.emits = texts(json, "emits");
    manifest.needs = texts(json, "needs");
    manifest.deterministic = boolean(json, "deterministic", true);
    manifest.serial = choice(json, "concurrency", "serial", "parallel");
    manifest.parallel_turns = choice(json, "turns", "parallel", "serial");
    const Json capabilities = member_object(json, "capabilities");
    manifest.net = texts(capabilities, "net");
    manifest.may_read_history = boolean(capabilities, "history", false);
    manifest.may_broadcast = boolean(capabilities, "broadcast", false);
    const Json limits = member_object(json, "limits");
    manifest.deadline_ms = number(limits, "deadline_ms", manifest.deadline_ms, kDeadlineMsMax);
    manifest.commands_max = number(limits, "commands", manifest.commands_max, kCommandsMax);
    if (json.contains("config_schema"))
        manifest.config_schema = member_object(json, "config_schema").dump();
    manifest.license = text(json, "license");
    manifest.homepage = text(json, "homepage");
    return manifest;
}

}  // namespace

base::Result<Manifest> parse_manifest(std::string_view json, std::string_view name) {
    // The scanner bounds the depth, which the library does not: it copies and prints recursively.
    if (const auto fault = events::find_json_fault(json))
        return base::fail(base::Code::plugin_load, std::string(name) +
                                                       ": its manifest is not JSON: it " +
                                                       std::string(events::describe(*fault)));
    try {
        return read(Json::parse(json));
    } catch (const Wrong& wrong) {
        return base::fail(base::Code::plugin_load,
                          std::string(name) + ": its manifest is refused: " + wrong.what);
    } catch (const Json::exception& error) {
        return base::fail(base::Code::plugin_load,
                          std::string(name) + ": its manifest is not JSON: " + error.what());
    }
}

}  // namespace chartroom::plugin_host
