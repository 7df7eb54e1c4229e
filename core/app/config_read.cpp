// Reads the TOML file and the environment into a Config by the table of keys, gathering every
// problem instead of stopping at the first. The checks between values are config_check.cpp.
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/app/config.hpp"
#include "core/app/config_check.hpp"
#include "core/app/config_keys.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace chartroom::app {
namespace {

constexpr std::string_view kPrefix = "CHARTROOM_";
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::size_t kRoutesMax = 64;

template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string join_words(std::span<const std::string_view> words) {
    std::string out;
    for (const auto word : words) {
        if (!out.empty()) out += ", ";
        out += '"';
        out += word;
        out += '"';
    }
    return out;
}

// A plugin's name is its file's, without .so.
bool is_plugin_name(std::string_view name) {
    constexpr std::size_t kNameBytesMax = 64;
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::ranges::all_of(
               name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}
constexpr std::string_view kPluginNameRule =
    "a plugin's name is letters, digits, _ and -, as its file's";

// nlohmann's value of a TOML node, for [plugins.NAME.config]. Dates become their text.
nlohmann::json to_json(const toml::node& node) {
    nlohmann::json out;
    node.visit(Overloaded{
        [&](const toml::table& table) {
            out = nlohmann::json::object();
            for (const auto& [key, value] : table) out[std::string(key.str())] = to_json(value);
        },
        [&](const toml::array& array) {
            out = nlohmann::json::array();
            for (const auto& value : array) out.push_back(to_json(value));
        },
        [&](const toml::value<std::string>& value) { out = value.get(); },
        [&](const toml::value<std::int64_t>& value) { out = value.get(); },
        [&](const toml::value<double>& value) {
            // JSON has no infinity; as a text, the plugin's schema refuses it in its own words.
            if (std::isfinite(value.get())) {
                out = value.get();
            } else {
                out = std::to_string(value.get());
            }
        },
        [&](const toml::value<bool>& value) { out = value.get(); },
        [&](const auto& value) {
            std::ostringstream text;
            text << value;
            out = text.str();
        },
    });
    return out;
}

class Reader {
  public:
    Reader(const std::filesystem::path& file, const Environment& environment)
        : file_(file), environment_(environment) {
        config_.file = file;
    }

    std::expected<Config, ConfigErrors> read(std::string_view text) {
        try {
            const toml::table root = toml::parse(text, file_.string());
            read_root(root);
        } catch (const toml::parse_error& e) {
            problem(e.source(), std::string(e.description()));
            return std::unexpected(std::move(errors_));
        }
        override_from_environment();
        finish_config(config_, environment_, errors_.problems);
        if (!errors_.problems.empty()) return std::unexpected(std::move(errors_));
        return std::move(config_);
    }

  private:
    void problem(const toml::source_region& where, std::string what) {
        errors_.problems.push_back(file_.string() + ":" + std::to_string(where.begin.line) + ":" +
                                   std::to_string(where.begin.column) + ": " + std::move(what));
    }

    void unknown(const toml::source_region& where, std::string_view what, std::string_view word,
                 std::span<const std::string_view> known) {
        std::string text = "unknown " + std::string(what) + " `" + std::string(word) + "`";
        if (const auto near = nearest(word, known); !near.empty()) {
            text += "; did you mean `" + std::string(near) + "`?";
        }
        problem(where, std::move(text));
    }

    void read_root(const toml::table& root) {
        const auto keys = section_keys(config_);
        std::vector<std::string_view> sections{"route"};
        for (const auto& key : keys) {
            if (sections.back() != key.section) sections.push_back(key.section);
        }
        for (const auto& [name, node] : root) {
            if (name == "route") {
                read_routes(node);
            } else if (std::ranges::find(sections, name.str()) == sections.end()) {
                unknown(name.source(), "section", name.str(), sections);
            } else if (const auto* table = node.as_table()) {
                read_section(name.str(), *table, keys);
            } else {
                problem(node.source(), "`" + std::string(name.str()) + "` is a section: write [" +
                                           std::string(name.str()) + "]");
            }
        }
    }

    void read_section(std::string_view section, const toml::table& table,
                      const std::vector<Key>& keys) {
        std::vector<Key> mine;
        for (const auto& key : keys) {
            if (key.section == section) mine.push_back(key);
        }
        const bool has_plugins = section == "plugins";
        for (const auto& [name, node] : table) {
            if (has_plugins && node.is_table() && !is_plugin_name(name.str())) {
                problem(name.source(), std::string(kPluginNameRule));
            } else if (has_plugins && node.is_table()) {
                read_plugin(name.str(), *node.as_table());
            } else {
                read_key(section, mine, name, node);
            }
        }
    }

    void read_key(std::string_view section, const std::vector<Key>& keys, const toml::key& name,
                  const toml::node& node) {
        const auto key = std::ranges::find(keys, name.str(), &Key::name);
        if (key != keys.end()) {
            read_value(std::string(section) + "." + std::string(name.str()), key->slot, node);
            return;
        }
        std::vector<std::string_view> known;
        for (const auto& candidate : keys) known.push_back(candidate.name);
        unknown(name.source(), "key", name.str(), known);
    }

    void read_routes(const toml::node& node) {
        const auto* array = node.as_array();
        if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
            problem(node.source(), "routes are written as [[route]], one after the other");
            return;
        }
        if (array->size() > kRoutesMax) {
            problem(node.source(), "at most " + std::to_string(kRoutesMax) + " routes");
            return;
        }
        for (const auto& element : *array) {
            RouteSection& route = config_.routes.emplace_back();
            const auto keys = route_keys(route);
            for (const auto& [name, value] : *element.as_table()) {
                read_key("route", keys, name, value);
            }
            if (route.path.empty()) problem(element.source(), "a route needs a `path`");
            if (route.dialect.empty()) problem(element.source(), "a route needs a `dialect`");
        }
    }

    void read_plugin(std::string_view plugin_name, const toml::table& table) {
        PluginSection& plugin = config_.plugins[std::string(plugin_name)];
        const auto keys = plugin_keys(plugin);
        for (const auto& [name, node] : table) {
            if (name != "config") {
                read_key("plugins." + std::string(plugin_name), keys, name, node);
            } else if (node.is_table()) {
                plugin.config_json = to_json(node).dump();
            } else {
                problem(node.source(), "`config` is a section: write [plugins." +
                                           std::string(plugin_name) + ".config]");
            }
        }
    }

    void read_value(const std::string& name, const Slot& slot, const toml::node& node) {
        const auto wrong = [&](std::string_view expected) {
            problem(node.source(), "`" + name + "` must be " + std::string(expected));
        };
        std::visit(Overloaded{
                       [&](bool* value) {
                           if (const auto* v = node.as_boolean()) {
                               *value = v->get();
                           } else {
                               wrong("true or false");
                           }
                       },
                       [&](const IntegerSlot& integer) {
                           const auto* v = node.as_integer();
                           if (v == nullptr || v->get() < 0 || !store(integer, v->get())) {
                               wrong(range_text(integer));
                           }
                       },
                       [&](const ChoiceSlot& choice) {
                           const auto* v = node.as_string();
                           if (v == nullptr || !store(choice, v->get())) {
                               wrong("one of " + join_words(choice.words));
                           }
                       },
                       [&](std::vector<std::string>* value) { read_list(name, *value, node); },
                       [&](const PathsSlot& paths) { read_list(name, *paths.value, node); },
                       [&](const auto& text) {
                           if (const auto* v = node.as_string()) {
                               text_of(text) = v->get();
                           } else {
                               wrong("a text in quotes");
                           }
                       },
                   },
                   slot);
    }

    void read_list(const std::string& name, std::vector<std::string>& list,
                   const toml::node& node) {
        const auto* array = node.as_array();
        if (array == nullptr || !(array->empty() || array->is_homogeneous<std::string>())) {
            problem(node.source(), "`" + name + "` must be a list of texts");
            return;
        }
        list.clear();
        for (const auto& element : *array) list.push_back(element.as_string()->get());
    }

    static std::string& text_of(std::string* text) { return *text; }
    static std::string& text_of(const PathSlot& path) { return *path.value; }

    static std::string range_text(const IntegerSlot& slot) {
        return "a whole number from " + std::to_string(slot.least) + " to " +
               std::to_string(slot.most);
    }

    static bool store(const IntegerSlot& slot, std::int64_t value) {
        const auto number = static_cast<std::uint64_t>(value);
        if (number < slot.least || number > slot.most) return false;
        *slot.value = number;
        return true;
    }

    static bool store(const ChoiceSlot& slot, std::string_view word) {
        const auto found = std::ranges::find(slot.words, word);
        if (found == slot.words.end()) return false;
        slot.set(static_cast<std::size_t>(found - slot.words.begin()));
        return true;
    }

    // ---- the environment -----------------------------------------------------------------------

    void override_from_environment() {
        const auto keys = section_keys(config_);
        for (const auto& [variable, value] : environment_) {
            if (!variable.starts_with(kPrefix)) continue;
            const std::string path = lower(std::string_view(variable).substr(kPrefix.size()));
            const auto split = path.find("__");
            if (split == std::string::npos) continue;  // of something else: CHARTROOM_TOKEN
            override_one(variable, path.substr(0, split), path.substr(split + 2), value, keys);
        }
    }

    void override_one(const std::string& variable, const std::string& section,
                      const std::string& name, const std::string& value,
                      const std::vector<Key>& keys) {
        if (const auto split = name.find("__");
            section == "plugins" && split != std::string::npos) {
            override_plugin(variable, name.substr(0, split), name.substr(split + 2), value);
            return;
        }
        std::vector<std::string> known;
        for (const auto& key : keys) {
            if (key.section == section && key.name == name) {
                set_from_text(variable, key.slot, value);
                return;
            }
            std::string full(key.section);
            known.push_back(full.append("__").append(key.name));
        }
        if (section == "route") {
            errors_.problems.push_back("environment variable " + variable +
                                       ": routes are set in the file only");
            return;
        }
        const std::vector<std::string_view> views(known.begin(), known.end());
        std::string text = "environment variable " + variable + " names no key";
        if (const auto near = nearest(section + "__" + name, views); !near.empty()) {
            std::string upper(near);
            for (char& c : upper)
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            text += "; did you mean " + std::string(kPrefix) + upper + "?";
        }
        errors_.problems.push_back(std::move(text));
    }

    // CHARTROOM_PLUGINS__CHAT__ENABLED, CHARTROOM_PLUGINS__CHAT__CONFIG__MODEL.
    void override_plugin(const std::string& variable, const std::string& plugin_name,
                         const std::string& name, const std::string& value) {
        if (!is_plugin_name(plugin_name)) {
            errors_.problems.push_back("environment variable " + variable + ": " +
                                       std::string(kPluginNameRule));
            return;
        }
        PluginSection& plugin = config_.plugins[plugin_name];
        constexpr std::string_view kConfig = "config__";
        if (name.starts_with(kConfig)) {
            auto config = nlohmann::json::parse(plugin.config_json);
            // A number or a truth value as such, anything else as a text.
            const auto parsed = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
            const bool literal = parsed.is_number() || parsed.is_boolean() || parsed.is_array();
            config[name.substr(kConfig.size())] = literal ? parsed : nlohmann::json(value);
            plugin.config_json = config.dump();
            return;
        }
        for (const auto& key : plugin_keys(plugin)) {
            if (key.name == name) {
                set_from_text(variable, key.slot, value);
                return;
            }
        }
        errors_.problems.push_back("environment variable " + variable +
                                   " names no key of a plugin");
    }

    void set_from_text(const std::string& variable, const Slot& slot, const std::string& text) {
        const auto wrong = [&](std::string_view expected) {
            errors_.problems.push_back("environment variable " + variable + " must be " +
                                       std::string(expected));
        };
        std::visit(Overloaded{
                       [&](bool* value) {
                           if (text != "true" && text != "false") return wrong("true or false");
                           *value = text == "true";
                       },
                       [&](const IntegerSlot& integer) {
                           std::int64_t number = -1;
                           const char* end = text.data() + text.size();
                           const auto read = std::from_chars(text.data(), end, number);
                           if (read.ec != std::errc{} || read.ptr != end || number < 0 ||
                               !store(integer, number)) {
                               wrong(range_text(integer));
                           }
                       },
                       [&](const ChoiceSlot& choice) {
                           if (!store(choice, text)) wrong("one of " + join_words(choice.words));
                       },
                       [&](std::vector<std::string>* list) { *list = split_commas(text); },
                       [&](const PathsSlot& paths) { *paths.value = split_commas(text); },
                       [&](const auto& slot_text) { text_of(slot_text) = text; },
                   },
                   slot);
    }

    static std::vector<std::string> split_commas(std::string_view text) {
        std::vector<std::string> out;
        while (!text.empty()) {
            const auto comma = text.find(',');
            auto part = text.substr(0, comma);
            while (part.starts_with(' ')) part.remove_prefix(1);
            while (part.ends_with(' ')) part.remove_suffix(1);
            if (!part.empty()) out.emplace_back(part);
            text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        }
        return out;
    }

    std::filesystem::path file_;
    const Environment& environment_;
    Config config_;
    ConfigErrors errors_;
};

}  // namespace

Environment process_environment() {
    Environment out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

std::expected<Config, ConfigErrors> parse_config(std::string_view text,
                                                 const std::filesystem::path& file,
                                                 const Environment& environment) {
    return Reader(file, environment).read(text);
}

std::expected<Config, ConfigErrors> read_config(const std::filesystem::path& file,
                                                const Environment& environment) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file, error);
    if (!error && bytes > kFileBytesMax) {
        return std::unexpected(
            ConfigErrors{{file.string() + ": longer than 1 MiB, surely no configuration"}});
    }
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (error || !in || !(text << in.rdbuf())) {
        return std::unexpected(ConfigErrors{{file.string() + ": cannot be read: " +
                                             (error ? error.message() : "open or read failed")}});
    }
    return parse_config(text.str(), file, environment);
}

}  // namespace chartroom::app
