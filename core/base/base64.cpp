#include "core/base/base64.hpp"

#include <array>

namespace chartroom::base {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> values_of(std::string_view alphabet) {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}
constexpr auto kStandardValues = values_of(kStandard);
constexpr auto kUrlValues = values_of(kUrl);

}  // namespace

std::string to_base64(std::string_view bytes, Base64 alphabet) {
    const std::string_view digits = alphabet == Base64::url ? kUrl : kStandard;
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (const unsigned char byte : bytes) {
        bits = (bits << 8) | byte;
        for (held += 8; held >= 6; held -= 6) {
            text += digits[(bits >> (held - 6)) & 63];
        }
    }
    if (held > 0) {
        text += digits[(bits << (6 - held)) & 63];
    }
    while (alphabet == Base64::standard && text.size() % 4 != 0) {
        text += '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text, Base64 alphabet) {
    if (alphabet == Base64::standard) {
        if (text.size() % 4 != 0) {
            return std::nullopt;
        }
        for (int i = 0; i < 2 && text.ends_with('='); ++i) {
            text.remove_suffix(1);
        }
    }
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    const auto& values = alphabet == Base64::url ? kUrlValues : kStandardValues;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int held = 0;
    for (const unsigned char digit : text) {
        if (values[digit] < 0) {
            return std::nullopt;
        }
        bits = (bits << 6) | static_cast<std::uint32_t>(values[digit]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>((bits >> held) & 0xFF);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace chartroom::base
