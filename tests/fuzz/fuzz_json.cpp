// The scanner against the library: what it accepts, nlohmann/json parses; what it refuses for other
// reasons than its own bounds, nlohmann/json refuses; and both read the same keys and texts.
#include <nlohmann/json.hpp>

#include "core/base/check.hpp"
#include "core/events/json_scan.hpp"
#include "core/events/json_writer.hpp"

namespace {

using namespace chartroom::events;
using nlohmann::json;

void compare_members(const JsonObject& object, const json& value) {
    CHECK(object.members.size() == value.size());
    for (const auto& member : object.members) {
        const auto found = value.find(member.key);
        CHECK(found != value.end());
        CHECK(json::parse(member.value) == *found);
        CHECK(member.has_watched == (found->is_object() && found->contains("token")));
        CHECK(json_string(member.value).has_value() == found->is_string());
        CHECK(!found->is_string() || *json_string(member.value) == found->get<std::string>());
        CHECK(json_bool(member.value).has_value() == found->is_boolean());
        if (const auto number = json_integer(member.value)) {
            CHECK(*found == *number);
        }
    }
}

// Where the library takes more than RFC 8259 has: it skips a byte order mark, and a zero byte is
// the end of its input whatever follows.
bool is_lenient(std::string_view text) {
    return text.starts_with("\xEF\xBB\xBF") || text.contains('\0');
}

void round_trip(std::string_view text) {
    const std::string quoted = to_json_string(text);
    CHECK(is_json(quoted));
    CHECK(!is_utf8(text) || json_string(quoted) == text);
    CHECK(!is_utf8(text) || json::parse(quoted).get<std::string>() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto fault = find_json_fault(text);
    const json value = json::parse(text, nullptr, false);
    if (!fault) {
        CHECK(!value.is_discarded());
    } else if (*fault == JsonFault::syntax || *fault == JsonFault::text) {
        CHECK(value.is_discarded() || is_lenient(text));
    }
    if (const auto object = scan_object(text, "token")) {
        compare_members(*object, value);
    }
    round_trip(text);
    return 0;
}
