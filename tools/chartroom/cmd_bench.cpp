// chartroom bench: durable echo round trips against a running server.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/load.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    LoadOptions load;
    bool json = false;
};

void print_json(const LoadOptions& load, const LoadResult& result) {
    const nlohmann::ordered_json out{
        {"connections", load.connections},
        {"in_flight", load.in_flight},
        {"bytes", load.bytes},
        {"offered_per_second", load.rate},
        {"seconds", result.seconds},
        {"messages", result.messages},
        {"messages_per_second", static_cast<double>(result.messages) / result.seconds},
        {"p50_us", result.latency_us.at(0.5)},
        {"p99_us", result.latency_us.at(0.99)},
        {"p999_us", result.latency_us.at(0.999)},
        {"max_us", result.latency_us.most()},
        {"errors", result.errors},
        {"unanswered", result.unanswered},
    };
    std::printf("%s\n", out.dump().c_str());
}

void print_text(const LoadOptions& load, const LoadResult& result) {
    const auto ms = [&](double quantile) {
        return static_cast<double>(result.latency_us.at(quantile)) / 1000;
    };
    std::printf("%zu connections, %zu in flight, %zu bytes: %.0f messages/s (%llu in %.1f s)\n",
                load.connections, load.in_flight, load.bytes,
                static_cast<double>(result.messages) / result.seconds,
                static_cast<unsigned long long>(result.messages), result.seconds);
    std::printf("round trip: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, most %.2f ms\n", ms(0.5),
                ms(0.99), ms(0.999), static_cast<double>(result.latency_us.most()) / 1000);
}

int bench(const Options& options) {
    const bool show = isatty(STDERR_FILENO) == 1;
    const auto result = run_load(options.load, [&](double seconds, std::uint64_t messages) {
        if (show) {
            std::fprintf(stderr, "\r%5.1f s, %llu messages", seconds,
                         static_cast<unsigned long long>(messages));
        }
    });
    if (show) std::fputs("\r\033[K", stderr);
    if (!result.has_value()) {
        std::fprintf(stderr, "chartroom bench: %s\n", result.error().message.c_str());
        return kCannot;
    }
    options.json ? print_json(options.load, *result) : print_text(options.load, *result);
    if (result->errors == 0 && result->unanswered == 0) return kDone;
    std::fprintf(stderr, "chartroom bench: %llu errors (the first: %s), %llu unanswered\n",
                 static_cast<unsigned long long>(result->errors),
                 result->first_error.empty() ? "none" : result->first_error.c_str(),
                 static_cast<unsigned long long>(result->unanswered));
    return kFailed;
}

}  // namespace

void add_bench(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto& load = options->load;
    auto* command =
        app.add_subcommand("bench", "Measure echo round trips against a running server");
    command->add_option("--url", load.url, "A native route")->capture_default_str();
    command->add_option("--token", load.token, "A token to show")->envname("CHARTROOM_TOKEN");
    command->add_option("--connections", load.connections, "Each with a session of its own")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    command->add_option("--in-flight", load.in_flight, "Unanswered messages of a connection")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command->add_option("--bytes", load.bytes, "Content of a message")
        ->capture_default_str()
        ->check(CLI::Range(0, 1 << 20));
    auto* seconds = command->add_option("--seconds", load.seconds, "How long to measure")
                        ->capture_default_str()
                        ->check(CLI::Range(0.1, 86'400.0));
    command->add_option("--warmup", load.warmup_seconds, "Seconds before measuring")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 3'600.0));
    command->add_option("--messages", load.messages, "So many messages instead of by time")
        ->excludes(seconds);
    command->add_option("--rate", load.rate, "Messages a second to offer; 0: as many as go")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1e7));
    command->add_flag("--json", options->json, "One JSON object");
    command->footer(
        "The server needs `limits.messages_per_second = 0`, or it will refuse most of this.\n"
        "Exit: 0 measured, 1 with errors (the figures do not count), 2 could not connect.");
    command->callback([options, &exit] { exit = bench(*options); });
}

}  // namespace chartroom::tool
