// chartroom verify: does the record still hang together?
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"
#include "tools/chartroom/log_reader.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    std::string file;
    std::string session;
    bool json = false;
};

void print(const std::string& session, const storage::VerifyReport& found, bool json) {
    const bool intact = found.state == storage::VerifyState::intact;
    if (json) {
        nlohmann::ordered_json row{{"session", session},
                                   {"intact", intact},
                                   {"groups", found.groups},
                                   {"events", found.events}};
        if (!intact) {
            row["first_bad"] = found.first_bad.value;
            row["problem"] = found.problem;
        }
        std::printf("%s\n", row.dump().c_str());
    } else if (!intact) {
        std::printf("%s: BROKEN in the group that ends at %llu: %s\n", session.c_str(),
                    static_cast<unsigned long long>(found.first_bad.value), found.problem.c_str());
    }
}

int verify(const Options& options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    const auto reader = LogReader::open(*config);
    if (!reader.has_value()) return report("verify", reader.error(), kCannot);
    std::vector<std::string> ids;
    if (!options.session.empty()) {
        ids.push_back(options.session);
    } else if (const auto listed = (*reader)->each_session(
                   {}, [&](const auto& session) { ids.push_back(session.id.value); });
               !listed.has_value()) {
        return report("verify", listed.error(), kCannot);
    }
    const bool bar = isatty(STDERR_FILENO) == 1 && ids.size() > 1;
    std::uint64_t broken = 0, events = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (bar) std::fprintf(stderr, "\r%zu of %zu sessions", i, ids.size());
        const auto found = (*reader)->verify(ids[i]);
        if (!found.has_value()) return report("verify", found.error(), kCannot);
        broken += found->state == storage::VerifyState::intact ? 0 : 1;
        events += found->events;
        print(ids[i], *found, options.json);
    }
    if (bar) std::fputs("\r\033[K", stderr);
    if (!options.json) {
        std::printf("%zu sessions, %llu events: %s\n", ids.size(),
                    static_cast<unsigned long long>(events),
                    broken == 0 ? "intact" : (std::to_string(broken) + " broken").c_str());
    }
    return broken == 0 ? kDone : kFailed;
}

}  // namespace

void add_verify(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("verify", "Recompute the hash chain of one session or all");
    add_config_option(*command, options->file);
    command->add_option("session", options->session,
                        "As `chartroom sessions` lists it; without: all");
    command->add_flag("--json", options->json, "One JSON object a session");
    command->footer("Exit: 0 intact, 1 broken, 2 could not be read.");
    command->callback([options, &exit] { exit = verify(*options); });
}

}  // namespace chartroom::tool
