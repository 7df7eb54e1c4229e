#include "plugins/chat/sse.hpp"

#include <utility>

namespace chat {

std::vector<std::string> SseParser::feed(std::string_view bytes) {
    std::vector<std::string> events;
    for (const char c : bytes) {
        if (overflowed_) break;
        const bool second_half = std::exchange(after_cr_, c == '\r') && c == '\n';
        if (second_half) continue;  // of a CR LF
        if (c == '\n' || c == '\r') {
            end_line(events);
        } else {
            line_ += c;
            overflowed_ = line_.size() + data_.size() > kEventBytesMax;
        }
    }
    return events;
}

void SseParser::end_line(std::vector<std::string>& events) {
    const std::string whole = std::exchange(line_, {});
    std::string_view line = whole;
    if (std::exchange(first_line_, false) && line.starts_with("\xef\xbb\xbf"))
        line.remove_prefix(3);
    if (line.empty()) {
        if (std::exchange(has_data_, false)) events.push_back(std::exchange(data_, {}));
        return;
    }
    const std::size_t colon = line.find(':');
    if (line.substr(0, colon) != "data") return;  // a comment, or a field that nobody asks for
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
}

}  // namespace chat
