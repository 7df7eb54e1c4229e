// chartroom replay: would the plugins do the same again?
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/app/plugin_trial.hpp"
#include "core/base/log.hpp"
#include "core/engine/replay.hpp"
#include "tools/chartroom/chat_view.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"
#include "tools/chartroom/log_reader.hpp"

namespace chartroom::tool {
namespace {

using engine::ReplayReport;
using engine::ReplayResult;

struct Options {
    std::string file;
    std::string session;
    std::string plugins;
    std::uint64_t until = 0;
    bool diff = false;
    bool json = false;
};

const char* result_text(ReplayResult result) {
    switch (result) {
        case ReplayResult::same:
            return "same";
        case ReplayResult::different:
            return "different";
        case ReplayResult::could_not:
            return "could not";
    }
    return "?";
}

int exit_of(ReplayResult result) {
    switch (result) {
        case ReplayResult::same:
            return kDone;
        case ReplayResult::different:
            return kFailed;
        case ReplayResult::could_not:
            return kCannot;
    }
    return kCannot;
}

void print_json(const std::string& session, const ReplayReport& report) {
    nlohmann::ordered_json row{{"session", session},
                               {"result", result_text(report.result)},
                               {"rows", report.rows},
                               {"turns", report.turns},
                               {"open_turns", report.open_turns}};
    if (const auto& d = report.difference; d.has_value()) {
        row["difference"] = {{"cause", d->cause.value}, {"at", d->at.value},
                             {"after", d->after.value}, {"plugin", d->plugin},
                             {"recorded", d->recorded}, {"produced", d->produced}};
    }
    if (!report.problem.empty()) row["problem"] = report.problem;
    std::printf("%s\n", row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_text(const std::string& session, const ReplayReport& report, bool diff) {
    std::printf("%s: %llu rows, %llu turns: %s\n", session.c_str(),
                static_cast<unsigned long long>(report.rows),
                static_cast<unsigned long long>(report.turns), result_text(report.result));
    if (!report.problem.empty()) std::printf("  %s\n", printable(report.problem).c_str());
    const auto& d = report.difference;
    if (!d.has_value()) return;
    std::printf("  in the turn of message %llu, plugin %s: after row %llu, row %llu differs\n",
                static_cast<unsigned long long>(d->cause.value), printable(d->plugin).c_str(),
                static_cast<unsigned long long>(d->after.value),
                static_cast<unsigned long long>(d->at.value));
    if (!diff) return;
    std::printf("- %s\n+ %s\n", printable(d->recorded).c_str(), printable(d->produced).c_str());
}

class Replayer {
  public:
    Replayer(const Options& options, LogReader& reader, const engine::HandlerTable& handlers)
        : options_(options), reader_(reader), handlers_(handlers) {}

    base::Result<ReplayResult> one(const std::string& id) {
        const auto found = reader_.find(id);
        if (!found.has_value()) return std::unexpected(found.error());
        std::vector<events::EventPtr> rows;
        const auto read = reader_.each_event(found->number, {}, [&](const events::EventPtr& event) {
            if (options_.until == 0 || event->offset.value <= options_.until) rows.push_back(event);
        });
        if (!read.has_value()) return std::unexpected(read.error());
        const ReplayReport report = engine::replay({.session = found->id,
                                                    .number = found->number,
                                                    .seed_key = reader_.log().seed_key(),
                                                    .rows = rows},
                                                   handlers_);
        if (options_.json) {
            print_json(id, report);
        } else {
            print_text(id, report, options_.diff);
        }
        return report.result;
    }

  private:
    const Options& options_;
    LogReader& reader_;
    const engine::HandlerTable& handlers_;
};

int replay_all(const Options& options, LogReader& reader, const engine::HandlerTable& handlers) {
    std::vector<std::string> ids;
    if (!options.session.empty()) {
        ids.push_back(options.session);
    } else if (const auto listed = reader.each_session(
                   {}, [&](const auto& session) { ids.push_back(session.id.value); });
               !listed.has_value()) {
        return report("replay", listed.error(), kCannot);
    }
    Replayer replayer(options, reader, handlers);
    const bool bar = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0 && ids.size() > 1;
    int worst = kDone;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (bar) std::fprintf(stderr, "\r%zu of %zu sessions", i + 1, ids.size());
        const auto result = replayer.one(ids[i]);
        if (!result.has_value()) return report("replay", result.error(), kCannot);
        worst = std::max(worst, exit_of(*result));
    }
    if (bar) std::fputs("\r\033[K", stderr);
    return worst;
}

int replay(const Options& options) {
    auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    if (!options.plugins.empty()) config->plugin_directories = {options.plugins};
    const auto reader = LogReader::open(*config);
    if (!reader.has_value()) return report("replay", reader.error(), kCannot);
    base::start_log(base::LogLevel::warn, base::LogFormat::text);  // what loading plugins would say
    const auto trial = app::PluginTrial::load(*config, app::process_environment());
    if (!trial.has_value()) return report("replay", trial.error(), kCannot);
    const auto crashing = (*reader)->quarantine();
    if (!crashing.has_value()) return report("replay", crashing.error(), kCannot);
    (*trial)->refuse(*crashing);
    for (const auto& refused : (*trial)->plugins().refused) {
        std::fprintf(stderr, "chartroom replay: without plugin %s: %s\n", refused.name.c_str(),
                     refused.error.message.c_str());
    }
    std::vector<engine::HandlerPtr> handlers;
    for (const auto& plugin : (*trial)->plugins().loaded) handlers.push_back(plugin.handler);
    const auto table = engine::HandlerTable::make(std::move(handlers));
    if (!table.has_value()) return report("replay", table.error(), kCannot);
    return replay_all(options, **reader, *table);
}

}  // namespace

void add_replay(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("replay", "Re-execute sessions and compare with the record");
    add_config_option(*command, options->file);
    command->add_option("session", options->session,
                        "As `chartroom sessions` lists it; without: all");
    command->add_flag("--diff", options->diff, "Show the recorded and the new bytes");
    command->add_option("--plugins", options->plugins, "Plugins of this folder instead");
    command->add_option("--until", options->until, "Only up to this offset");
    command->add_flag("--json", options->json, "One JSON object a session");
    command->footer("Exit: 0 the same, 1 different, 2 could not be re-executed.");
    command->callback([options, &exit] { exit = replay(*options); });
}

}  // namespace chartroom::tool
