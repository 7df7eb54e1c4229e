// The table of configuration keys: what each is called, where its value stands and what it may be.
// Reading, environment overrides, printing and the test of config/chartroom.toml all walk it, so a
// key exists in one place.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/app/config.hpp"

namespace chartroom::app {

struct IntegerSlot {
    std::uint64_t* value;
    std::uint64_t least;
    std::uint64_t most;
};
// What a relative path is relative to.
enum class Anchor : std::uint8_t { file, state_directory };
struct PathSlot {
    std::string* value;
    Anchor anchor;
};
struct PathsSlot {
    std::vector<std::string>* value;
    Anchor anchor;
};
// One of a few words, kept as an enumeration whose values are the words' places.
struct ChoiceSlot {
    std::span<const std::string_view> words;
    std::function<std::size_t()> get;
    std::function<void(std::size_t)> set;
};
using Slot = std::variant<bool*, std::string*, std::vector<std::string>*, IntegerSlot, PathSlot,
                          PathsSlot, ChoiceSlot>;

struct Key {
    std::string_view section;  // empty: of a [[route]] or a [plugins.NAME]
    std::string_view name;
    Slot slot;
};

// The keys of the plain sections, bound to `config`, in the order of config/chartroom.toml.
[[nodiscard]] std::vector<Key> section_keys(Config& config);
[[nodiscard]] std::vector<Key> route_keys(RouteSection& route);
[[nodiscard]] std::vector<Key> plugin_keys(PluginSection& plugin);

// The one of `known` that `word` most likely means; empty where none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> known);

}  // namespace chartroom::app
