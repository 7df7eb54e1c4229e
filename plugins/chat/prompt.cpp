#include "plugins/chat/prompt.hpp"

#include <algorithm>

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kContinue =
    "The connection was cut. Continue your previous answer exactly where it stopped. Do not repeat "
    "any of it and do not comment on the interruption.";

Json line(std::string_view role, std::string_view content) {
    return {{"role", role}, {"content", content}};
}

std::string text_of(const Json& data) {
    const auto content = data.find("content");
    return content != data.end() && content->is_string() ? content->get<std::string>() : "";
}

}  // namespace

Conversation make_conversation(const std::vector<chartroom::Row>& rows, std::uint64_t own_id,
                               const Request& request) {
    Conversation talk{.earlier = {}, .question = request.content, .profile = request.profile};
    std::size_t bytes = 0;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const Json data = Json::parse(row->bytes, nullptr, false);
        if (!data.is_object()) continue;
        const bool from_person = row->type == "message";
        if (from_person &&
            (data.value("id", Json()) == own_id || data.value("message_type", Json()) != "user"))
            continue;
        std::string text = text_of(data);
        if (text.empty()) continue;
        bytes += text.size();
        if (bytes > kHistoryBytesMax) break;
        talk.earlier.push_back({from_person, std::move(text)});
    }
    std::ranges::reverse(talk.earlier);
    return talk;
}

std::string completion_body(const Settings& settings, const Conversation& talk,
                            std::string_view so_far) {
    Json messages = Json::array();
    if (!settings.system_prompt.empty()) messages.push_back(line("system", settings.system_prompt));
    for (const Conversation::Line& one : talk.earlier)
        messages.push_back(line(one.from_person ? "user" : "assistant", one.text));
    if (!talk.profile.is_null()) {
        // What a client says about a person is that client's word: never the system's.
        const std::string profile = talk.profile.dump();
        if (profile.size() <= kProfileBytesMax)
            messages.push_back(line("user", "My profile, as JSON: " + profile));
    }
    messages.push_back(line("user", talk.question));
    if (!so_far.empty()) {
        messages.push_back(line("assistant", so_far));
        messages.push_back(line("user", kContinue));
    }
    Json body{{"model", settings.model},
              {"messages", std::move(messages)},
              {"stream", true},
              {"stream_options", {{"include_usage", true}}},
              {"temperature", settings.temperature}};
    if (settings.max_tokens != 0) body["max_tokens"] = settings.max_tokens;
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace chat
