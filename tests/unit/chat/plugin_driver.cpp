#include "tests/unit/chat/plugin_driver.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

namespace chat {
namespace {

using Json = nlohmann::json;

chartroom_str str(std::string_view text) {
    return {text.data(), text.size()};
}
std::string text(const chartroom_str& value) {
    return {value.data, value.size};
}

chartroom_effect effect(std::uint32_t outcome, std::int32_t status) {
    return {.size = sizeof(chartroom_effect),
            .outcome = outcome,
            .status = status,
            .row_stride = sizeof(chartroom_row),
            .bytes = {},
            .rows = nullptr,
            .row_count = 0,
            .headers = nullptr,
            .header_count = 0,
            .header_stride = sizeof(chartroom_header),
            .reserved = 0};
}

}  // namespace

struct PluginDriver::Host : chartroom_host {
    PluginDriver* driver;
};

PluginDriver::PluginDriver(const Json& config) {
    auto* host = new Host;
    *static_cast<chartroom_host*>(host) = {
        sizeof(chartroom_host),
        CHARTROOM_ABI_MAJOR,
        CHARTROOM_ABI_MINOR,
        &PluginDriver::on_command,
        [](const chartroom_host*, std::uint64_t) -> std::int32_t { return 0; },
        [](const chartroom_host*, std::int32_t, std::uint64_t, chartroom_str) {},
        [](const chartroom_host*, const char*) -> const void* { return nullptr; }};
    host->driver = this;
    host_ = host;
    std::array<char, 256> buffer{};
    chartroom_error error{sizeof error, buffer.size(), buffer.data(), 0, 0};
    const std::string words = config.dump();
    if (chartroom_plugin_entry.handler->create(host_, str(words), &self_, &error) != CHARTROOM_OK) {
        delete host;
        throw std::runtime_error(std::string(buffer.data(), error.length));
    }
}

PluginDriver::~PluginDriver() {
    chartroom_plugin_entry.handler->destroy(self_);
    delete static_cast<Host*>(host_);
}

void PluginDriver::message(const Json& payload, std::string_view type) {
    message(std::string_view(payload.dump()), type);
}

void PluginDriver::message(std::string_view payload, std::string_view type) {
    const chartroom_message body{sizeof body, CHARTROOM_FLAG_JSON, str(type), str(payload),
                                 str(actor),  kMessageId,          kAnswerId, 1};
    deliver(CHARTROOM_EVENT_MESSAGE, 0, &body);
}

void PluginDriver::history(const std::vector<std::pair<std::string, Json>>& rows) {
    std::vector<std::string> payloads;
    for (const auto& [type, data] : rows) payloads.push_back(data.dump());
    std::vector<chartroom_row> given;
    for (std::size_t i = 0; i < rows.size(); ++i)
        given.push_back(
            {i + 1, 0, 0, CHARTROOM_FLAG_JSON, str(rows[i].first), str("ann"), str(payloads[i])});
    chartroom_effect body = effect(CHARTROOM_OUTCOME_OK, 0);
    body.rows = given.data();
    body.row_count = given.size();
    deliver(CHARTROOM_EVENT_EFFECT, history_op_, &body);
}

void PluginDriver::chunk(std::int32_t status, std::string_view bytes) {
    const chartroom_chunk body{sizeof body, status, str(bytes)};
    deliver(CHARTROOM_EVENT_CHUNK, http_op_, &body);
}

void PluginDriver::http_end(std::uint32_t outcome, std::int32_t status,
                            const std::map<std::string, std::string>& headers) {
    std::vector<chartroom_header> given;
    for (const auto& [name, value] : headers) given.push_back({str(name), str(value)});
    chartroom_effect body = effect(outcome, status);
    body.headers = given.data();
    body.header_count = given.size();
    deliver(CHARTROOM_EVENT_EFFECT, http_op_, &body);
}

void PluginDriver::timer() {
    deliver(CHARTROOM_EVENT_TIMER, timer_op_, nullptr);
}

void PluginDriver::cancel(std::uint32_t reason) {
    const chartroom_cancel body{sizeof body, reason};
    deliver(CHARTROOM_EVENT_CANCEL, 0, &body);
}

void PluginDriver::deliver(std::uint32_t type, std::uint64_t op, const void* body) {
    ASSERT_EQ(ends, 0u) << "the turn has ended";
    constexpr std::int64_t kAt = 1'768'473'000'123'456;  // 2026-01-15T10:30:00.123456Z
    const chartroom_event event{
        {sizeof event, type, 1, op, str(session), ++offset_, kAt, 42}, body, str(state), 0};
    std::array<char, 256> buffer{};
    chartroom_error error{sizeof error, buffer.size(), buffer.data(), 0, 0};
    EXPECT_EQ(chartroom_plugin_entry.handler->event(self_, &event, &error), CHARTROOM_OK)
        << std::string(buffer.data(), error.length);
}

std::int32_t PluginDriver::on_command(const chartroom_host* host, std::uint64_t,
                                      const chartroom_command* command) {
    return static_cast<const Host*>(host)->driver->take(*command);
}

std::int32_t PluginDriver::take(const chartroom_command& command) {
    switch (command.head.type) {
        case CHARTROOM_COMMAND_EMIT: {
            const auto& emit = *static_cast<const chartroom_emit*>(command.body);
            // Throws, and fails the step, if the payload is no JSON: a host would refuse it.
            (command.head.session.size == 0 ? emitted_ : sent_)
                .push_back({text(emit.type), Json::parse(text(emit.payload)), emit.cls, emit.scope,
                            text(emit.party), text(command.head.session), text(emit.owner)});
            break;
        }
        case CHARTROOM_COMMAND_SET_STATE:
            state = text(static_cast<const chartroom_set_state*>(command.body)->bytes);
            break;
        case CHARTROOM_COMMAND_HTTP: {
            const auto& http = *static_cast<const chartroom_http*>(command.body);
            Http request{text(http.url), text(http.method), text(http.body), {}};
            for (std::uint64_t i = 0; i < http.header_count; ++i)
                request.headers.emplace_back(text(http.headers[i].name),
                                             text(http.headers[i].value));
            requests.push_back(std::move(request));
            http_op_ = command.head.op;
            break;
        }
        case CHARTROOM_COMMAND_TIMER:
            timers_us.push_back(static_cast<const chartroom_timer*>(command.body)->delay_us);
            timer_op_ = command.head.op;
            break;
        case CHARTROOM_COMMAND_HISTORY:
            ++histories;
            history_op_ = command.head.op;
            break;
        case CHARTROOM_COMMAND_STOP_OP:
            ++stops;
            break;
        case CHARTROOM_COMMAND_END:
            ++ends;
            ends_failed += static_cast<const chartroom_end*>(command.body)->failed;
            break;
        default:
            return CHARTROOM_E_UNSUPPORTED;
    }
    return CHARTROOM_OK;
}

std::vector<Emitted> PluginDriver::take_emitted() {
    std::vector<Emitted> fresh(emitted_.begin() + static_cast<std::ptrdiff_t>(taken_),
                               emitted_.end());
    taken_ = emitted_.size();
    return fresh;
}

std::vector<std::string> PluginDriver::types() const {
    std::vector<std::string> types;
    for (const Emitted& event : emitted_) types.push_back(event.type);
    return types;
}

std::string PluginDriver::tokens() const {
    std::string text;
    for (const Emitted& event : emitted_)
        if (event.type == "token") text += event.data.at("content").get<std::string>();
    return text;
}

}  // namespace chat
