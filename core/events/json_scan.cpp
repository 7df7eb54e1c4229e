// One recursive descent over the text, recursion bounded by kJsonDepthMax. Every function of
// Scanner moves `at_` past what it recognizes, or sets `fault_` and returns false.
#include "core/events/json_scan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "core/events/utf8.hpp"

namespace chartroom::events {
namespace {

// Characters that stand for themselves in a string: all of ASCII but controls, quote, backslash.
constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) {
        plain[c] = c != '"' && c != '\\';
    }
    return plain;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return text.size() == 4 && error == std::errc() && end == text.data() + 4 ? std::optional(value)
                                                                              : std::nullopt;
}

bool is_high(std::uint32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(std::uint32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

// The character that a \u escape (or a pair of them) at the start of `text` names, and its length.
struct Escaped {
    std::uint32_t character = 0;
    std::size_t bytes = 0;
};
std::optional<Escaped> unicode_escape(std::string_view text) {
    const auto unit = [&](std::size_t at) -> std::optional<std::uint32_t> {
        return text.substr(std::min(at, text.size()), 2) == "\\u" ? hex4(text.substr(at + 2, 4))
                                                                  : std::nullopt;
    };
    const auto first = unit(0);
    if (!first || is_low(*first)) {
        return std::nullopt;
    }
    if (!is_high(*first)) {
        return Escaped{*first, 6};
    }
    const auto second = unit(6);
    if (!second || !is_low(*second)) {
        return std::nullopt;
    }
    return Escaped{0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), 12};
}

constexpr std::string_view kShortEscapes = "\"\\/bfnrt";
constexpr std::string_view kShortEscaped = "\"\\/\b\f\n\r\t";

// Precondition: `inner` is the inside of a string that was scanned.
std::string unescape(std::string_view inner) {
    std::string text;
    text.reserve(inner.size());
    while (!inner.empty()) {
        const std::size_t plain = std::min(inner.find('\\'), inner.size());
        text += inner.substr(0, plain);
        inner.remove_prefix(plain);
        if (inner.size() < 2) {
            break;
        }
        if (const auto escaped = unicode_escape(inner)) {
            append_utf8(text, escaped->character);
            inner.remove_prefix(escaped->bytes);
        } else {
            const std::size_t which = kShortEscapes.find(inner[1]);
            text += which == std::string_view::npos ? inner[1] : kShortEscaped[which];
            inner.remove_prefix(2);
        }
    }
    return text;
}

class Scanner {
  public:
    Scanner(std::string_view text, std::string_view watched, std::size_t depth_max)
        : text_(text), watched_(watched), depth_max_(depth_max) {}

    bool document(JsonObject* object) {
        space();
        if (object != nullptr && peek() == '{') {
            return outer_object(*object) && end();
        }
        return value(0) && end() && (object == nullptr || fail(JsonFault::not_an_object));
    }
    [[nodiscard]] JsonFault fault() const { return fault_; }

  private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

    bool fail(JsonFault fault) {
        fault_ = fault;
        return false;
    }

    bool take(char c) {
        if (peek() != c || at_ == text_.size()) {
            return false;
        }
        ++at_;
        return true;
    }

    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\r' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    bool end() {
        space();
        return at_ == text_.size() || fail(JsonFault::syntax);
    }

    bool value(std::size_t depth) {
        switch (peek()) {
            case '{':
                return object(depth + 1, [&] { return string() && colon() && value(depth + 1); });
            case '[':
                return container(depth + 1, '[', ']', [&] { return value(depth + 1); });
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }

    // Everything between `open` and `close`, each element by `element`.
    template <typename Element>
    bool container(std::size_t depth, char open, char close, Element element) {
        if (depth > depth_max_) {
            return fail(JsonFault::too_deep);
        }
        take(open);
        space();
        if (take(close)) {
            return true;
        }
        do {
            space();
            if (!element()) {
                return false;
            }
            space();
        } while (take(','));
        return take(close) || fail(JsonFault::syntax);
    }
    template <typename Element>
    bool object(std::size_t depth, Element member) {
        return container(depth, '{', '}', member);
    }

    bool outer_object(JsonObject& found) {
        found.members.reserve(8);
        return object(1, [&] {
            const std::size_t key_at = at_;
            if (!string()) {
                return false;
            }
            JsonMember member{.key = decode(key_at), .value = {}, .has_watched = false};
            if (!colon()) {
                return false;
            }
            const std::size_t value_at = at_;
            const bool scanned = peek() == '{' ? watching_object(member.has_watched) : value(1);
            member.value = text_.substr(value_at, at_ - value_at);
            found.members.push_back(std::move(member));
            return scanned;
        });
    }

    // An object that is a member of the outermost one.
    bool watching_object(bool& has_watched) {
        return object(2, [&] {
            const std::size_t key_at = at_;
            if (!string()) {
                return false;
            }
            has_watched = has_watched || (!watched_.empty() && is_watched(key_at));
            return colon() && value(2);
        });
    }

    [[nodiscard]] std::string_view inner(std::size_t from) const {
        return text_.substr(from + 1, at_ - from - 2);
    }
    [[nodiscard]] std::string decode(std::size_t from) const {
        return escaped_ ? unescape(inner(from)) : std::string(inner(from));
    }
    [[nodiscard]] bool is_watched(std::size_t from) const {
        return escaped_ ? unescape(inner(from)) == watched_ : inner(from) == watched_;
    }

    bool colon() {
        space();
        if (!take(':')) {
            return fail(JsonFault::syntax);
        }
        space();
        return true;
    }

    bool word(std::string_view expected) {
        if (!rest().starts_with(expected)) {
            return fail(JsonFault::syntax);
        }
        at_ += expected.size();
        return true;
    }

    // Also says, in escaped_, whether the string just scanned has an escape.
    bool string() {
        escaped_ = false;
        if (!take('"')) {
            return fail(JsonFault::syntax);
        }
        while (at_ < text_.size()) {
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (kPlain[c]) {
                ++at_;
            } else if (c == '"') {
                ++at_;
                return true;
            } else if (c == '\\') {
                if (!escape()) {
                    return false;
                }
            } else if (c < 0x20) {
                return fail(JsonFault::syntax);
            } else if (const std::size_t length = utf8_sequence(rest()); length != 0) {
                at_ += length;
            } else {
                return fail(JsonFault::text);
            }
        }
        return fail(JsonFault::syntax);
    }

    bool escape() {
        escaped_ = true;
        const std::string_view escape = rest();
        if (escape.size() < 2) {
            return fail(JsonFault::syntax);
        }
        if (escape[1] != 'u') {
            at_ += 2;
            return kShortEscapes.contains(escape[1]) || fail(JsonFault::syntax);
        }
        if (!hex4(escape.substr(2, 4))) {
            return fail(JsonFault::syntax);
        }
        const auto escaped = unicode_escape(escape);
        if (!escaped) {
            return fail(JsonFault::text);
        }
        at_ += escaped->bytes;
        return true;
    }

    bool digits() {
        const std::size_t from = at_;
        while (is_digit(peek())) {
            ++at_;
        }
        return at_ > from || fail(JsonFault::syntax);
    }

    bool number() {
        const std::size_t from = at_;
        take('-');
        if (!take('0') && !digits()) {
            return false;
        }
        if (take('.') && !digits()) {
            return false;
        }
        bool exponent = false;
        if (take('e') || take('E')) {
            exponent = true;
            if (!take('+')) {
                take('-');
            }
            if (!digits()) {
                return false;
            }
        }
        return in_range(text_.substr(from, at_ - from), exponent) || fail(JsonFault::number);
    }

    // Up to 300 digits are within a double's range whatever they are.
    static bool in_range(std::string_view number, bool exponent) {
        if (number.size() > kJsonNumberBytesMax) {
            return false;
        }
        if (!exponent && number.size() <= 300) {
            return true;
        }
        return std::isfinite(std::strtod(std::string(number).c_str(), nullptr));
    }

    std::string_view text_;
    std::string_view watched_;
    std::size_t depth_max_;
    std::size_t at_ = 0;
    bool escaped_ = false;
    JsonFault fault_ = JsonFault::syntax;
};

bool has_duplicates(const std::vector<JsonMember>& members) {
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members) {
        keys.push_back(member.key);
    }
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
}

}  // namespace

std::string_view describe(JsonFault fault) {
    switch (fault) {
        case JsonFault::syntax:
            return "is not valid JSON";
        case JsonFault::text:
            return "has a string that is not Unicode text";
        case JsonFault::too_deep:
            return "is nested too deeply";
        case JsonFault::number:
            return "has a number that is too large";
        case JsonFault::duplicate_key:
            return "names a field twice";
        case JsonFault::not_an_object:
            return "is not a JSON object";
    }
    return "is not valid JSON";
}

const JsonMember* JsonObject::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &JsonMember::key);
    return found == members.end() ? nullptr : &*found;
}

std::expected<JsonObject, JsonFault> scan_object(std::string_view text, std::string_view watched) {
    Scanner scanner(text, watched, kJsonDepthMax);
    JsonObject object;
    if (!scanner.document(&object)) {
        return std::unexpected(scanner.fault());
    }
    if (has_duplicates(object.members)) {
        return std::unexpected(JsonFault::duplicate_key);
    }
    return object;
}

std::optional<JsonFault> find_json_fault(std::string_view text, std::size_t depth_max) {
    Scanner scanner(text, {}, depth_max);
    return scanner.document(nullptr) ? std::nullopt : std::optional(scanner.fault());
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::optional<std::string> json_string(std::string_view value) {
    if (value.size() < 2 || value.front() != '"') {
        return std::nullopt;
    }
    return unescape(value.substr(1, value.size() - 2));
}

std::optional<bool> json_bool(std::string_view value) {
    if (value == "true" || value == "false") {
        return value == "true";
    }
    return std::nullopt;
}

std::optional<std::uint64_t> json_integer(std::string_view value) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number > kJsonIntegerMax) {
        return std::nullopt;
    }
    return number;
}

}  // namespace chartroom::events
