// Server-sent events out of a byte stream that is cut anywhere, also inside a character.
// The reader's algorithm is the HTML standard's, 9.2.6; only the data field is kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

class SseParser {
  public:
    // Bytes of an event that is not complete yet; above, overflowed() and nothing more comes.
    static constexpr std::size_t kEventBytesMax = 1u << 20;

    // The data of every event that is complete with these bytes.
    [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);
    [[nodiscard]] bool overflowed() const { return overflowed_; }

  private:
    void end_line(std::vector<std::string>& events);

    std::string line_;
    std::string data_;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool first_line_ = true;
    bool overflowed_ = false;
};

}  // namespace chat
