// What the terminal client shows of an event. Pure: an event in, text out, with colour or without.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace chartroom::tool {

class ChatView {
  public:
    explicit ChatView(bool colour) : colour_(colour) {}
    // The text to print for `event`, line ends included; empty for what a person need not see.
    [[nodiscard]] std::string show(const nlohmann::json& event);

  private:
    [[nodiscard]] std::string paint(const char* code, const std::string& text) const;
    // Ends the line of a stream that is being shown, so that something else can be.
    [[nodiscard]] std::string fresh_line();

    bool colour_;
    bool in_line_ = false;  // tokens were printed since the last line end
    std::string streamed_;  // the text of the running stream as printed
};

// `text` without what could move a terminal's cursor or change its state: control characters but
// line end and tab are shown as U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace chartroom::tool
