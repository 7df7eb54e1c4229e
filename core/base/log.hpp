// The server's own diary: one line an event, key=value, stable event names. Never a body, a token
// or a key. This is not the event log. The only user of spdlog is log.cpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace chartroom::base {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };

struct LogField {
    std::string_view key;
    std::string value;

    LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
    LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
    LogField(std::string_view k, const char* v) : key(k), value(v) {}
    LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    LogField(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
    LogField(std::string_view k, double v) : key(k), value(std::to_string(v)) {}
};

// Sets level and format for the process, writing to standard error. Call once, before threads
// start.
void start_log(LogLevel level, LogFormat format);

// One line. `event` is a stable dotted name such as `server.listening`. Any thread.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace chartroom::base
