// chartroom log: the events of a session.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"
#include "tools/chartroom/event_text.hpp"
#include "tools/chartroom/log_reader.hpp"

namespace chartroom::tool {
namespace {

constexpr int kFollowEveryMs = 200;  // a server in another process cannot tell us
constexpr std::size_t kPayloadShown = 120;

struct Options {
    std::string file;
    std::string session;
    std::string format = "timeline";
    std::uint64_t after = 0;
    bool follow = false;
    bool whole = false;
};

int show(const Options& options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    const auto reader = LogReader::open(*config);
    if (!reader.has_value()) return report("log", reader.error(), kCannot);
    const auto found = (*reader)->find(options.session);
    if (!found.has_value()) return report("log", found.error(), kCannot);
    const bool json = options.format == "jsonl";
    const std::size_t most = options.whole ? std::string::npos : kPayloadShown;
    base::Offset at{options.after};
    while (true) {
        const auto done =
            (*reader)->each_event(found->number, at, [&](const events::EventPtr& event) {
                std::printf("%s\n",
                            (json ? json_line(*event) : timeline_line(*event, most)).c_str());
            });
        if (!done.has_value()) return report("log", done.error(), kFailed);
        if (std::fflush(stdout) != 0) return kFailed;  // the reader of a pipe went away
        if (!options.follow) return kDone;
        at = *done;
        poll(nullptr, 0, kFollowEveryMs);
    }
}

}  // namespace

void add_log(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("log", "Show the events of a session");
    add_config_option(*command, options->file);
    command->add_option("session", options->session, "As `chartroom sessions` lists it")
        ->required();
    command->add_option("--format", options->format, "timeline or jsonl")
        ->capture_default_str()
        ->check(CLI::IsMember({"timeline", "jsonl"}));
    command->add_option("--after", options->after, "Only events after this offset");
    command->add_flag("-f,--follow", options->follow, "Go on as the session grows");
    command->add_flag("--whole", options->whole, "Do not cut payloads in the timeline");
    command->callback([options, &exit] { exit = show(*options); });
}

}  // namespace chartroom::tool
