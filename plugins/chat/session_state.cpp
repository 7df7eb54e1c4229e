#include "plugins/chat/session_state.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

Json state_of(const chartroom::Turn& turn) {
    const std::string state = turn.state();
    return state.empty() ? Json::object() : Json::parse(state);
}

}  // namespace

Json kept(const chartroom::Turn& turn, const char* member) {
    const Json state = state_of(turn);
    const auto found = state.find(member);
    return found == state.end() ? Json() : *found;
}

void keep(const chartroom::Turn& turn, const char* member, Json value) {
    Json state = state_of(turn);
    state[member] = std::move(value);
    turn.set_state(state.dump());
}

}  // namespace chat
