#include "core/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace chartroom::base {
namespace {

LogFormat g_format = LogFormat::text;

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

// Quotes and escapes `value` for either format; bare words of the text format stay bare.
void append_quoted(std::string& line, std::string_view value) {
    line += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (byte < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            line += escape;
        } else {
            line += c;
        }
    }
    line += '"';
}

bool is_bare(std::string_view value) {
    return !value.empty() && value.find_first_of(" \"\\=\t\r\n") == std::string_view::npos;
}

std::string format_text(std::string_view event, std::initializer_list<LogField> fields) {
    std::string line(event);
    for (const auto& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        if (is_bare(field.value)) {
            line += field.value;
        } else {
            append_quoted(line, field.value);
        }
    }
    return line;
}

std::string format_json(std::string_view event, std::initializer_list<LogField> fields) {
    std::string line = "\"event\":";
    append_quoted(line, event);
    for (const auto& field : fields) {
        line += ',';
        append_quoted(line, field.key);
        line += ':';
        append_quoted(line, field.value);
    }
    return line;
}

}  // namespace

void start_log(LogLevel level, LogFormat format) {
    g_format = format;
    auto logger = std::make_shared<spdlog::logger>(
        "chartroom", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_level(to_spdlog(level));
    logger->set_pattern(format == LogFormat::json
                            ? R"({"at":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                        spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    auto* logger = spdlog::default_logger_raw();
    const auto mapped = to_spdlog(level);
    if (logger == nullptr || !logger->should_log(mapped)) return;
    logger->log(
        mapped, "{}",
        g_format == LogFormat::json ? format_json(event, fields) : format_text(event, fields));
}

}  // namespace chartroom::base
