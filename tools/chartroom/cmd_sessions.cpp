// chartroom sessions: which sessions the log has.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"
#include "tools/chartroom/log_reader.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    std::string file;
    std::string prefix;
    bool json = false;
};

void print(const storage::SessionInfo& session, bool json) {
    if (json) {
        const nlohmann::ordered_json row{{"id", session.id.value},
                                         {"events", session.head.value},
                                         {"created_at", base::to_rfc3339(session.created_at_us)},
                                         {"last_at", base::to_rfc3339(session.last_at_us)},
                                         {"erased", session.erased}};
        std::printf("%s\n", row.dump().c_str());
        return;
    }
    std::printf("%10llu  %s  %s%s\n", static_cast<unsigned long long>(session.head.value),
                base::to_rfc3339(session.last_at_us).c_str(), session.id.value.c_str(),
                session.erased ? "  [erased]" : "");
}

int sessions(const Options& options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    const auto reader = LogReader::open(*config);
    if (!reader.has_value()) return report("sessions", reader.error(), kCannot);
    if (!options.json) std::printf("%10s  %-24s  %s\n", "events", "last", "session");
    const auto done = (*reader)->each_session(
        options.prefix, [&](const auto& session) { print(session, options.json); });
    return done.has_value() ? kDone : report("sessions", done.error(), kFailed);
}

}  // namespace

void add_sessions(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("sessions", "List the sessions of the log");
    add_config_option(*command, options->file);
    command->add_option("--prefix", options->prefix, "Only ids that begin so, e.g. user/ann/");
    command->add_flag("--json", options->json, "One JSON object a line");
    command->callback([options, &exit] { exit = sessions(*options); });
}

}  // namespace chartroom::tool
