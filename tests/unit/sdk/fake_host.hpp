// A host of the C ABI for tests of the wrapper: it keeps what it is told and answers with the codes
// that a real one would. It knows no more of the wrapper than plugin.h says.
#pragma once

#include <chartroom/plugin.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chartroom::sdk_test {

inline chartroom_str str(std::string_view text) {
    return {text.data(), text.size()};
}
inline std::string text(const chartroom_str& str) {
    return {str.data, str.size};
}

// A command in words, e.g. "emit token {\"a\":1}" or "timer 1 6000000".
struct FakeHost {
    chartroom_host table{
        .size = sizeof(chartroom_host),
        .abi_major = CHARTROOM_ABI_MAJOR,
        .abi_minor = CHARTROOM_ABI_MINOR,
        .command = on_command,
        .cancelled = [](const chartroom_host*, std::uint64_t) { return 0; },
        .log = [](const chartroom_host*, std::int32_t, std::uint64_t, chartroom_str) {},
        .extension = [](const chartroom_host*, const char*) -> const void* { return nullptr; }};
    std::vector<std::string> commands;
    std::uint64_t turn_in_step = 0;
    std::set<std::uint64_t> ended;
    std::int32_t answer = CHARTROOM_OK;  // to every command that would be taken

    static std::int32_t on_command(const chartroom_host* host, std::uint64_t turn,
                                   const chartroom_command* command) {
        auto& self = *reinterpret_cast<FakeHost*>(const_cast<chartroom_host*>(host));
        if (self.turn_in_step == 0) return CHARTROOM_E_THREAD;
        if (turn != self.turn_in_step || self.ended.contains(turn)) return CHARTROOM_E_GONE;
        if (self.answer != CHARTROOM_OK) return self.answer;
        self.commands.push_back(words(*command));
        if (command->head.type == CHARTROOM_COMMAND_END) self.ended.insert(turn);
        return CHARTROOM_OK;
    }

    static std::string words(const chartroom_command& command) {
        const std::string op = std::to_string(command.head.op);
        switch (command.head.type) {
            case CHARTROOM_COMMAND_EMIT: {
                const auto& emit = *static_cast<const chartroom_emit*>(command.body);
                std::string words = "emit " + text(emit.type) + " " + text(emit.payload);
                if (command.head.session.size != 0)
                    words += " to " + text(command.head.session) + " of " + text(emit.owner) +
                             ", scope " + std::to_string(emit.scope);
                return words;
            }
            case CHARTROOM_COMMAND_TIMER:
                return "timer " + op + " " +
                       std::to_string(static_cast<const chartroom_timer*>(command.body)->delay_us);
            case CHARTROOM_COMMAND_HTTP:
                return "http " + op + " " +
                       text(static_cast<const chartroom_http*>(command.body)->url);
            case CHARTROOM_COMMAND_HISTORY:
                return "history " + op + " " +
                       std::to_string(static_cast<const chartroom_history*>(command.body)->limit);
            case CHARTROOM_COMMAND_SET_STATE:
                return "state " +
                       text(static_cast<const chartroom_set_state*>(command.body)->bytes);
            case CHARTROOM_COMMAND_ACTIVITY:
                return "activity " + op + " " +
                       text(static_cast<const chartroom_activity*>(command.body)->name);
            case CHARTROOM_COMMAND_STOP_OP:
                return "stop " + op;
            case CHARTROOM_COMMAND_END: {
                const auto& end = *static_cast<const chartroom_end*>(command.body);
                return end.failed == 0 ? "end" : "end failed " + text(end.code);
            }
            default:
                return "?";
        }
    }
};

// One instance of a handler table, driven event by event.
class Driver {
  public:
    explicit Driver(const chartroom_handler& table, std::string_view config = "{}")
        : table_(table) {
        char reason[256] = {};
        chartroom_error error{sizeof error, sizeof reason, reason, 0, 0};
        created_ = table_.create(&host.table, str(config), &self_, &error) == CHARTROOM_OK;
        last_error.assign(reason, error.length);
    }
    ~Driver() { destroy(); }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    void destroy() {
        if (created_) table_.destroy(self_);
        created_ = false;
    }
    [[nodiscard]] bool created() const { return created_; }
    [[nodiscard]] void* self() const { return self_; }

    // Gives the event and returns the commands of the step. The code is in last_code.
    std::vector<std::string> message(std::uint64_t turn, std::string_view payload,
                                     std::string_view type = "test") {
        const chartroom_message body{
            sizeof body, CHARTROOM_FLAG_JSON, str(type), str(payload), str("ann"), 11, 12, 7};
        return give(CHARTROOM_EVENT_MESSAGE, turn, 0, &body);
    }
    std::vector<std::string> timer(std::uint64_t turn, std::uint64_t op) {
        return give(CHARTROOM_EVENT_TIMER, turn, op, nullptr);
    }
    std::vector<std::string> chunk(std::uint64_t turn, std::uint64_t op, std::string_view bytes) {
        const chartroom_chunk body{sizeof body, 200, str(bytes)};
        return give(CHARTROOM_EVENT_CHUNK, turn, op, &body);
    }
    std::vector<std::string> effect(std::uint64_t turn, std::uint64_t op,
                                    std::uint32_t outcome = CHARTROOM_OUTCOME_OK,
                                    std::string_view bytes = {},
                                    const std::vector<chartroom_row>& rows = {}) {
        const chartroom_effect body{.size = effect_size,
                                    .outcome = outcome,
                                    .status = 200,
                                    .row_stride = sizeof(chartroom_row),
                                    .bytes = str(bytes),
                                    .rows = rows.data(),
                                    .row_count = rows.size(),
                                    .headers = headers.data(),
                                    .header_count = headers.size(),
                                    .header_stride = sizeof(chartroom_header),
                                    .reserved = 0};
        return give(CHARTROOM_EVENT_EFFECT, turn, op, &body);
    }
    std::vector<std::string> cancel(std::uint64_t turn,
                                    std::uint32_t reason = CHARTROOM_CANCEL_CLIENT_STOP) {
        const chartroom_cancel body{sizeof body, reason};
        return give(CHARTROOM_EVENT_CANCEL, turn, 0, &body);
    }
    std::vector<std::string> discard(std::uint64_t turn) {
        return give(CHARTROOM_EVENT_DISCARD, turn, 0, nullptr);
    }

    FakeHost host;
    std::int32_t last_code = CHARTROOM_OK;
    std::string last_error;
    std::string state;
    std::vector<chartroom_header> headers;  // of the next effects
    std::uint32_t effect_size = sizeof(chartroom_effect);
    std::uint64_t seed = 42;
    std::int64_t at_us = 1'000'000;

  private:
    std::vector<std::string> give(std::uint32_t type, std::uint64_t turn, std::uint64_t op,
                                  const void* body) {
        const chartroom_event event{
            {sizeof(chartroom_event), type, turn, op, str("open/s"), ++offset_, at_us, seed},
            body,
            str(state),
            0};
        char reason[256] = {};
        chartroom_error error{sizeof error, sizeof reason, reason, 0, 0};
        host.turn_in_step = turn;
        last_code = table_.event(self_, &event, &error);
        host.turn_in_step = 0;
        last_error.assign(reason, error.length);
        return std::exchange(host.commands, {});
    }

    const chartroom_handler& table_;
    void* self_ = nullptr;
    bool created_ = false;
    std::uint64_t offset_ = 0;
};

}  // namespace chartroom::sdk_test
