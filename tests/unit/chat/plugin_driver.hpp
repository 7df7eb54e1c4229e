// Drives the plugin of this program through its entry, as a host would: events in, commands noted.
// One session, one turn at a time.
#pragma once

#include <chartroom/plugin.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

struct Emitted {
    std::string type;
    nlohmann::json data;
    std::uint32_t cls = 0;
    std::uint32_t scope = 0;
    std::string party;
    std::string session = {};  // another one
    std::string owner = {};
};

class PluginDriver {
  public:
    static constexpr std::uint64_t kMessageId = 1000;
    static constexpr std::uint64_t kAnswerId = 1001;

    explicit PluginDriver(const nlohmann::json& config);
    ~PluginDriver();
    PluginDriver(const PluginDriver&) = delete;
    PluginDriver& operator=(const PluginDriver&) = delete;

    void message(const nlohmann::json& payload, std::string_view type = "chat");
    void message(std::string_view payload, std::string_view type = "chat");
    // Answers the newest op of its kind.
    void history(const std::vector<std::pair<std::string, nlohmann::json>>& rows);
    void chunk(std::int32_t status, std::string_view bytes);
    void http_end(std::uint32_t outcome, std::int32_t status,
                  const std::map<std::string, std::string>& headers = {});
    void timer();
    void cancel(std::uint32_t reason);

    // What was emitted since the last call, into the turn's own session.
    std::vector<Emitted> take_emitted();
    [[nodiscard]] std::vector<std::string> types() const;  // of all so far
    [[nodiscard]] const std::vector<Emitted>& emitted() const { return emitted_; }
    // What was emitted into other sessions.
    [[nodiscard]] const std::vector<Emitted>& sent() const { return sent_; }
    // Concatenated tokens of the turn.
    [[nodiscard]] std::string tokens() const;

    // Of the next events.
    std::string actor = "user/ann";
    std::string session = "open/x";
    std::string state;

    struct Http {
        std::string url, method, body;
        std::vector<std::pair<std::string, std::string>> headers;
    };
    std::vector<Http> requests;
    std::vector<std::uint64_t> timers_us;
    std::size_t histories = 0;
    std::size_t stops = 0;
    std::size_t ends = 0;
    std::size_t ends_failed = 0;

  private:
    void deliver(std::uint32_t type, std::uint64_t op, const void* body);
    std::int32_t take(const chartroom_command& command);

    struct Host;
    static std::int32_t on_command(const chartroom_host* host, std::uint64_t turn,
                                   const chartroom_command* command);

    chartroom_host* host_;
    void* self_ = nullptr;
    std::vector<Emitted> emitted_;
    std::vector<Emitted> sent_;
    std::size_t taken_ = 0;
    std::uint64_t http_op_ = 0, timer_op_ = 0, history_op_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace chat
