#include "plugins/chat/answer.hpp"

#include <chartroom/json.hpp>

#include "plugins/chat/utf8.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr chartroom::EmitOptions kPiece{.cls = chartroom::Class::piece};

}  // namespace

void Answer::start(Agents agents) const {
    Json names = Json::array();
    for (const Agent* agent : agents) names.push_back(agent->name);
    turn_.emit("stream_start",
               Json{{"message_id", id_},
                    {"in_reply_to", in_reply_to_},
                    {"workflow", agents.empty() ? "single" : "multi_agent"},
                    {"agents", std::move(names)}},
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

void Answer::begin_part(const Agent& agent) {
    turn_.emit("status",
               Json{{"message_id", id_},
                    {"status", agent.status},
                    {"details", {{"current_agent", agent.name}}}},
               kPiece);
    const bool apart = text_.empty() || text_.ends_with("\n\n");
    write((apart ? "" : "\n\n") + std::string(agent.heading) + ":\n");
}

bool Answer::write(std::string_view text) {
    const std::string_view fits = cut(text, kAnswerBytesMax - text_.size());
    if (!fits.empty()) {
        text_ += fits;
        turn_.emit("token", Json{{"message_id", id_}, {"content", fits}}, kPiece);
    }
    full_ = full_ || fits.size() < text.size();
    return !full_;
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
                                  {"in_reply_to", in_reply_to_},
                                  {"content", text_},
                                  {"finish", ending.finish},
                                  {"usage",
                                   {{"prompt_tokens", usage_.prompt_tokens},
                                    {"completion_tokens", usage_.completion_tokens},
                                    {"total_tokens", usage_.total_tokens}}},
                                  {"agents_completed", completed_}});
}

}  // namespace chat
