#include "plugins/chat/emergency.hpp"

namespace chat {
namespace {

constexpr std::string_view kCall =
    "Call your local emergency number now, or go to the nearest emergency department. Do not wait "
    "for an answer here.";
constexpr std::string_view kStay =
    "You do not have to go through this alone: please call your local emergency number or a crisis "
    "line now, and stay with someone you trust.";
constexpr std::string_view kSuicide = "suicidal";  // the red flag that has words of its own

}  // namespace

std::optional<Emergency> emergency_of(const std::vector<clinical::RedFlags::Raised>& flags) {
    Emergency found{.level = "emergency", .message = {}, .matched = {}, .source = {}};
    bool only_suicide = true;
    std::string labels;
    for (const auto& raised : flags) {
        const clinical::RedFlag& flag = *raised.flag;
        if (flag.urgency != clinical::Urgency::emergency) continue;
        only_suicide = only_suicide && flag.id == kSuicide;
        labels += (labels.empty() ? "" : "; ") + flag.label;
        const std::string source = cite(*flag.source);
        if (found.source.find(source) == std::string::npos)
            found.source += (found.source.empty() ? "" : "; ") + source;
        found.matched.push_back(flag.label);
    }
    if (found.matched.empty()) return std::nullopt;
    found.message = only_suicide
                        ? std::string(kStay)
                        : "This may be an emergency: " + labels + ". " + std::string(kCall);
    return found;
}

}  // namespace chat
