// Typing: tells the other participants who is typing, and that somebody has stopped when nothing
// was heard for six seconds.
//
// The state is {"last": {party: offset}}: for everyone who is typing, the event that said so last.
// Each `true` starts a timer of its own; a timer says "off" only if `last` still names its event,
// so a repeated `true` prolongs and the older timer is silent.
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>

namespace {

using Json = nlohmann::json;

constexpr auto kExpiresAfter = std::chrono::seconds(6);

Json typists(const chartroom::Turn& turn) {
    const std::string state = turn.state();
    return state.empty() ? Json::object() : Json::parse(state).at("last");
}

void remember(const chartroom::Turn& turn, const Json& last) {
    turn.set_state(Json{{"last", last}}.dump());
}

void say(const chartroom::Turn& turn, const std::string& party, bool is_typing) {
    turn.emit("typing", Json{{"user", chartroom::shown_name(party)}, {"is_typing", is_typing}},
              {.cls = chartroom::Class::fleeting, .to = chartroom::all_but(party)});
}

bool wanted(const chartroom::Message& message) {
    const Json data = message.data();
    if (!data.is_object() || !data.contains("is_typing") || !data["is_typing"].is_boolean())
        throw chartroom::Failure("validation_error", "is_typing must be true or false");
    return data["is_typing"].get<bool>();
}

struct Typing : chartroom::Handler {
    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const bool is_typing = wanted(message);
        const std::string& party = message.actor();
        const std::uint64_t mine = turn.offset();
        Json last = typists(turn);
        if (!is_typing) {
            if (last.erase(party) == 0) co_return;  // was off already
            remember(turn, last);
            say(turn, party, false);
            co_return;
        }
        last[party] = mine;
        remember(turn, last);
        say(turn, party, true);
        try {
            co_await turn.sleep(kExpiresAfter);
        } catch (const chartroom::Cancelled&) {  // nobody will come back for it: off at once
        }
        last = typists(turn);
        if (last.value(party, std::uint64_t{0}) != mine) co_return;
        last.erase(party);
        remember(turn, last);
        say(turn, party, false);
    }
};

}  // namespace

CHARTROOM_PLUGIN(Typing, R"({
    "id": "org.chartroom.typing",
    "version": "1.0.0",
    "handles": ["typing"],
    "emits": ["typing"],
    "needs": ["chartroom.timer/1", "chartroom.state/1"],
    "turns": "parallel",
    "license": "MIT"
})")
