#include "plugins/chat/answer.hpp"

#include <chartroom/json.hpp>

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr chartroom::EmitOptions kPiece{.cls = chartroom::Class::piece};

// The longest beginning of at most `size` bytes that splits no character.
std::string_view cut(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

}  // namespace

void Answer::start(std::uint64_t in_reply_to) const {
    turn_.emit("stream_start",
               Json{{"message_id", id_}, {"in_reply_to", in_reply_to}, {"workflow", "single"}},
               kPiece);
}

void Answer::status(std::string_view name) const {
    turn_.emit("status", Json{{"message_id", id_}, {"status", name}, {"details", Json::object()}},
               kPiece);
}

void Answer::warn(const Emergency& emergency) {
    turn_.emit("emergency", Json{{"message_id", id_},
                                 {"level", emergency.level},
                                 {"message", emergency.message},
                                 {"matched", emergency.matched},
                                 {"source", emergency.source}});
    write(emergency.message + "\n\n");
}

bool Answer::write(std::string_view text) {
    const std::string_view fits = cut(text, kAnswerBytesMax - text_.size());
    if (!fits.empty()) {
        text_ += fits;
        turn_.emit("token", Json{{"message_id", id_}, {"content", fits}}, kPiece);
    }
    return fits.size() == text.size();
}

void Answer::end(const Ending& ending) const {
    if (ending.fault) {
        Json error{
            {"code", ending.fault->code}, {"message", ending.fault->message}, {"message_id", id_}};
        if (ending.fault->retry_after_ms != 0)
            error["retry_after_ms"] = ending.fault->retry_after_ms;
        turn_.emit("error", error);
    }
    turn_.emit("stream_end", Json{{"message_id", id_},
                                  {"content", text_},
                                  {"finish", ending.finish},
                                  {"usage",
                                   {{"prompt_tokens", ending.usage.prompt_tokens},
                                    {"completion_tokens", ending.usage.completion_tokens},
                                    {"total_tokens", ending.usage.total_tokens}}},
                                  {"agents_completed", Json::array()}});
}

}  // namespace chat
