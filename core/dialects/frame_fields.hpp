// Reads the fields of one JSON frame, keeping the first thing that is wrong in words for its
// sender. A field that is null counts as absent.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/events/json_scan.hpp"

namespace chartroom::dialects {

// A frame that is one object, and whether there is a token at its top or in its `data`.
struct JsonFrame {
    events::JsonObject object;
    bool carries_token = false;
};
[[nodiscard]] std::expected<JsonFrame, events::JsonFault> read_frame(std::string_view frame);

// For routes that take raw text beside JSON: whether a frame with this fault is text. Broken JSON
// is; an object that is JSON but for a bound or a repeated field is not, and is refused.
[[nodiscard]] bool is_raw_text(std::string_view frame, events::JsonFault fault);

[[nodiscard]] base::Error malformed(events::JsonFault fault);
// What a dialect without authentication answers to a frame that carries a token.
[[nodiscard]] base::Error token_not_taken();

class FrameFields {
  public:
    // `object` outlives the reader.
    explicit FrameFields(const events::JsonObject& object) : object_(object) {}

    [[nodiscard]] bool has(std::string_view key) const;
    // The value as it came; empty if absent.
    [[nodiscard]] std::string_view raw(std::string_view key) const;

    // Absent: nothing, and no error.
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key);
    [[nodiscard]] std::optional<bool> boolean(std::string_view key);
    // A text or a whole number, as text: the spelling of an id does not matter.
    [[nodiscard]] std::optional<std::string> id(std::string_view key);

    // Absent or empty: an error.
    [[nodiscard]] std::string required_text(std::string_view key);

    // `key why` is the error, unless there is one already; or all of `message`.
    void wrong(std::string_view key, std::string_view why);
    void refuse(std::string_view key, std::string message);
    [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

  private:
    [[nodiscard]] const events::JsonMember* find(std::string_view key) const;

    const events::JsonObject& object_;
    std::optional<base::Error> error_;
};

}  // namespace chartroom::dialects
