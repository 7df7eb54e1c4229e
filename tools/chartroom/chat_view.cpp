#include "tools/chartroom/chat_view.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace chartroom::tool {

using nlohmann::json;

namespace {

constexpr const char* kDim = "2";
constexpr const char* kRed = "31";
constexpr const char* kAlarm = "1;41;97";

std::string text(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string printable(std::string_view raw) {
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const auto c = static_cast<unsigned char>(raw[i]);
        // U+0080 to U+009F, the C1 controls, are 0xC2 and a byte below 0xA0.
        const bool c1 =
            c == 0xC2 && i + 1 < raw.size() && static_cast<unsigned char>(raw[i + 1]) < 0xA0;
        if (c1) {
            out += "\uFFFD";
            ++i;
        } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            out += "\uFFFD";
        } else {
            out += raw[i];
        }
    }
    return out;
}

std::string ChatView::paint(const char* code, const std::string& shown) const {
    if (!colour_) return shown;
    return std::string("\033[") + code + "m" + shown + "\033[0m";
}

std::string ChatView::fresh_line() {
    return std::exchange(in_line_, false) ? "\n" : "";
}

std::string ChatView::show(const json& event) {
    const std::string type = text(event, "type");
    const json data = event.value("data", json::object());
    if (type == "token") {
        const std::string piece = printable(text(data, "content"));
        streamed_ += piece;
        in_line_ = true;
        return piece;
    }
    if (type == "stream_start") {
        streamed_.clear();
        return fresh_line();
    }
    if (type == "stream_end") {
        // Someone who came late has the whole text here only.
        const std::string whole = printable(text(data, "content"));
        std::string out = streamed_.empty() ? whole + "\n" : fresh_line();
        if (const auto finish = text(data, "finish"); finish != "stop" && !finish.empty()) {
            out += paint(kDim, "[" + printable(finish) + "]") + "\n";
        }
        streamed_.clear();
        in_line_ = false;
        return out;
    }
    if (type == "emergency") {
        return fresh_line() + paint(kAlarm, "EMERGENCY: " + printable(text(data, "message"))) +
               "\n";
    }
    if (type == "error") {
        const json& source = event.contains("code") ? event : data;
        return fresh_line() +
               paint(kRed, "error " + printable(text(source, "code")) + ": " +
                               printable(text(source, "message"))) +
               "\n";
    }
    if (type == "session.reset") {
        return fresh_line() +
               paint(kDim, "[the log begins anew: " + printable(text(event, "reason")) + "]") +
               "\n";
    }
    if (type == "erased") return fresh_line() + paint(kDim, "[erased]") + "\n";
    if (const auto content = text(data, "content"); type == "echo" || type == "broadcast") {
        return fresh_line() + printable(content) + "\n";
    }
    return {};  // status, typing, messages (one's own among them)
}

}  // namespace chartroom::tool
