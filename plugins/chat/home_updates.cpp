#include "plugins/chat/home_updates.hpp"

#include <algorithm>
#include <chartroom/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/chat/session_state.hpp"
#include "plugins/chat/utf8.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kConversation = "conversation:";
constexpr std::string_view kHome = "home";
constexpr const char* kParticipants = "participants";

// What stands after `conversation:` in the session's name; nothing: it is none.
std::optional<std::string> conversation_id(const chartroom::Turn& turn) {
    const std::string name = turn.session_name();
    if (!name.starts_with(kConversation)) return std::nullopt;
    return name.substr(kConversation.size());
}

std::vector<std::string> participants(const chartroom::Turn& turn) {
    const Json parties = kept(turn, kParticipants);
    return parties.is_null() ? std::vector<std::string>() : parties.get<std::vector<std::string>>();
}

Json with_text_up_to(Json message, std::size_t size) {
    const std::string content = message.at("content").get<std::string>();
    if (content.size() <= size) return message;
    message["content"] = cut(content, size);
    message["truncated"] = true;
    return message;
}

}  // namespace

void join_participants(const chartroom::Turn& turn, std::string_view party) {
    if (!chartroom::is_user(party) || !conversation_id(turn)) return;
    std::vector<std::string> parties = participants(turn);
    if (std::ranges::find(parties, party) != parties.end()) return;
    if (parties.size() >= kParticipantsMax) parties.erase(parties.begin());
    parties.emplace_back(party);
    keep(turn, kParticipants, parties);
}

void tell_homes(const chartroom::Turn& turn, const Json& message) {
    const std::optional<std::string> id = conversation_id(turn);
    if (!id) return;
    const std::vector<std::string> parties = participants(turn);
    Json names = Json::array();
    for (const std::string& party : parties) names.push_back(chartroom::shown_name(party));
    const std::string added = chartroom::json_adapter::dump(
        Json{{"message", with_text_up_to(message, kHomeTextBytesMax)}, {"conversation", *id}});
    const std::string updated = chartroom::json_adapter::dump(
        Json{{"id", *id},
             {"last_message", with_text_up_to(message, kPreviewBytesMax)},
             {"updated_at", message.at("created_at")},
             {"participants", names}});
    for (const std::string& party : parties) {
        const chartroom::EmitOptions home{
            .to = chartroom::followers(), .session = kHome, .owner = party};
        turn.emit("message_added", added, home);
        turn.emit("conversation", updated, home);
    }
}

}  // namespace chat
