// Writes one JSON object as text, members in the order of the calls. Values that are JSON already
// are spliced in as they stand. Names are the program's own and need no escaping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chartroom::events {

// Appends `text` as a JSON string. What is not UTF-8 becomes U+FFFD, so the result always is.
void append_json_string(std::string& out, std::string_view text);
[[nodiscard]] std::string to_json_string(std::string_view text);

class JsonWriter {
  public:
    explicit JsonWriter(std::size_t expected_bytes = 192) {
        out_.reserve(expected_bytes);
        out_ += '{';
    }

    JsonWriter& text(std::string_view name, std::string_view value);
    JsonWriter& number(std::string_view name, std::uint64_t value);
    JsonWriter& boolean(std::string_view name, bool value);
    // `json` is JSON text.
    JsonWriter& raw(std::string_view name, std::string_view json);
    // An object as a member; its members follow until end().
    JsonWriter& begin(std::string_view name);
    JsonWriter& end();
    // The whole object; the writer is spent.
    [[nodiscard]] std::string take();

  private:
    void name(std::string_view name);
    std::string out_;
};

}  // namespace chartroom::events
