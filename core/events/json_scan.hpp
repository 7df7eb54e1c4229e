// A validating JSON scanner that builds nothing: it checks a text and finds the members of its
// outermost object, whose values stay the bytes that came. Used where a payload only passes
// through; where a value tree is wanted, nlohmann/json is the library.
//
// What it accepts, nlohmann/json parses: RFC 8259, UTF-8, no lone surrogates, numbers within the
// range of a double; and it is stricter by two bounds, so that a parser behind it cannot be driven
// into deep recursion or long conversions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chartroom::events {

inline constexpr std::size_t kJsonDepthMax = 64;         // arrays and objects within each other
inline constexpr std::size_t kJsonNumberBytesMax = 512;  // digits of one number
inline constexpr std::uint64_t kJsonIntegerMax = (std::uint64_t{1} << 53) - 1;

enum class JsonFault : std::uint8_t {
    syntax,         // not JSON, or something after it
    text,           // not UTF-8, or an escape that names no character
    too_deep,       // beyond kJsonDepthMax
    number,         // beyond a double's range or kJsonNumberBytesMax
    duplicate_key,  // of the outermost object
    not_an_object,  // JSON, but of another kind
};

// For a person: "is not valid JSON", "is nested too deeply", …
[[nodiscard]] std::string_view describe(JsonFault fault);

struct JsonMember {
    std::string key;           // decoded
    std::string_view value;    // as it came, without surrounding white space
    bool has_watched = false;  // the value is an object that has the watched key
};

struct JsonObject {
    std::vector<JsonMember> members;
    [[nodiscard]] const JsonMember* find(std::string_view key) const;  // null: not there
};

// The members of the object that `text` is, in their order. Values point into `text`. A value that
// is an object with a key `watched` is marked, however the key is spelled.
[[nodiscard]] std::expected<JsonObject, JsonFault> scan_object(std::string_view text,
                                                               std::string_view watched = {});

// Whether `text` is one JSON value, nested at most `depth_max` deep.
[[nodiscard]] std::optional<JsonFault> find_json_fault(std::string_view text,
                                                       std::size_t depth_max = kJsonDepthMax);
[[nodiscard]] inline bool is_json(std::string_view text) {
    return !find_json_fault(text);
}

[[nodiscard]] bool is_utf8(std::string_view text);

// What a value of a scanned object is; nothing if it is of another kind.
[[nodiscard]] std::optional<std::string> json_string(std::string_view value);
[[nodiscard]] std::optional<bool> json_bool(std::string_view value);
// A whole number from 0 to kJsonIntegerMax in plain digits.
[[nodiscard]] std::optional<std::uint64_t> json_integer(std::string_view value);

}  // namespace chartroom::events
