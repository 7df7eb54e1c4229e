#include "core/events/json_writer.hpp"

#include <charconv>

#include "core/events/utf8.hpp"

namespace chartroom::events {
namespace {

void append_escape(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4];
            out += kHex[static_cast<unsigned char>(c) & 15];
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t run = 0;  // bytes seen that need no escape
    const auto flush = [&] {
        out += text.substr(0, run);
        text.remove_prefix(run);
        run = 0;
    };
    while (run < text.size()) {
        const auto c = static_cast<unsigned char>(text[run]);
        if (c < 0x20 || c == '"' || c == '\\') {
            flush();
            append_escape(out, text[0]);
            text.remove_prefix(1);
        } else if (c < 0x80) {
            ++run;
        } else if (const std::size_t length = utf8_sequence(text.substr(run)); length != 0) {
            run += length;
        } else {
            flush();
            out += "\\ufffd";
            text.remove_prefix(1);
        }
    }
    flush();
    out += '"';
}

std::string to_json_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_json_string(out, text);
    return out;
}

void JsonWriter::name(std::string_view name) {
    if (out_.back() != '{') {
        out_ += ',';
    }
    out_ += '"';
    out_ += name;
    out_ += "\":";
}

JsonWriter& JsonWriter::text(std::string_view name, std::string_view value) {
    this->name(name);
    append_json_string(out_, value);
    return *this;
}

JsonWriter& JsonWriter::number(std::string_view name, std::uint64_t value) {
    this->name(name);
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end);
    return *this;
}

JsonWriter& JsonWriter::boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
}

JsonWriter& JsonWriter::raw(std::string_view name, std::string_view json) {
    this->name(name);
    out_ += json;
    return *this;
}

JsonWriter& JsonWriter::begin(std::string_view name) {
    return raw(name, "{");
}

JsonWriter& JsonWriter::end() {
    out_ += '}';
    return *this;
}

std::string JsonWriter::take() {
    out_ += '}';
    return std::move(out_);
}

}  // namespace chartroom::events
