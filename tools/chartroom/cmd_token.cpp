// chartroom token: mint a development token with the server's own secret.
#include <cstdio>
#include <memory>

#include "core/app/secrets.hpp"
#include "core/base/clock.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    std::string file;
    auth::TokenClaims claims;
    std::int64_t hours = 24;
};

int token(Options options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    base::SystemRandom random;
    const auto settings = app::token_settings(*config, app::process_environment(), random);
    if (!settings.has_value()) {
        std::fprintf(stderr, "chartroom token: %s\n", settings.error().message.c_str());
        return kCannot;
    }
    const std::int64_t now_us = base::SystemClock().now_us();
    options.claims.expires_s = now_us / 1'000'000 + options.hours * 3600;
    const std::string minted = auth::mint(*settings, options.claims, now_us);
    // The server would refuse a subject or claims that are too long; better to hear it now.
    if (const auto good = auth::verify(*settings, minted, now_us); !good.has_value()) {
        std::fprintf(stderr, "chartroom token: %s\n", good.error().message.c_str());
        return kFailed;
    }
    std::printf("%s\n", minted.c_str());
    return kDone;
}

}  // namespace

void add_token(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("token", "Mint a development token (JWT, HS256)");
    add_config_option(*command, options->file);
    command->add_option("--sub", options->claims.sub, "The user it speaks for")->required();
    command->add_option("--session", options->claims.sessions,
                        "A shared session to read and write, e.g. conversation:123 or patient:*");
    command->add_option("--read", options->claims.sessions_read, "A shared session to read");
    command->add_option("--hours", options->hours, "How long it is good for")
        ->capture_default_str()
        ->check(CLI::Range(1, 24 * 365));
    command->footer("Use: curl -H \"Authorization: Bearer $(chartroom token --sub me)\" …");
    command->callback([options, &exit] { exit = token(*options); });
}

}  // namespace chartroom::tool
