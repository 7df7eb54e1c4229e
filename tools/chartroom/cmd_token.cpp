// chartroom token: mint a development token, by default one that the configured server takes.
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "core/app/secrets.hpp"
#include "core/base/clock.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"

namespace chartroom::tool {
namespace {

constexpr std::int64_t kYearSeconds = 365 * 24 * 3600;

struct Options {
    std::string file;
    std::string algorithm;  // empty: the configuration's
    std::string key_file;
    std::string issuer, audience;
    auth::TokenClaims claims;
    std::int64_t expires_s = 24 * 3600;
};

// What to sign with: the file that was named, or the secret that the server itself uses.
base::Result<auth::JwsKey> signing_key(const Options& options, const app::Config& config) {
    const auto algorithm = auth::algorithm_named(config.auth.algorithm);
    if (!algorithm.has_value()) return std::unexpected(algorithm.error());
    const bool secret = *algorithm == auth::Algorithm::hs256;
    if (!options.key_file.empty()) {
        const auto text = app::secret_from_file(options.key_file);
        if (!text.has_value()) return std::unexpected(text.error());
        auto key = secret ? auth::JwsKey::from_secret(*text)
                          : auth::JwsKey::from_private_pem(*algorithm, *text);
        if (!key.has_value()) key.error().message = options.key_file + ": " + key.error().message;
        return key;
    }
    if (!secret) {
        return base::fail(base::Code::bad_config,
                          "the configuration has the public key only: name the private one with "
                          "--key-file");
    }
    base::SystemRandom random;
    auto settings = app::token_settings(config, app::process_environment(), random);
    if (!settings.has_value()) return std::unexpected(settings.error());
    return std::move(settings->key);
}

int token(Options options) {
    auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    if (!options.algorithm.empty()) config->auth.algorithm = options.algorithm;
    auto key = signing_key(options, *config);
    if (!key.has_value()) return report("token", key.error(), kCannot);
    const auth::TokenSettings settings{
        .key = *std::move(key),
        .issuer = options.issuer.empty() ? config->auth.issuer : options.issuer,
        .audience = options.audience.empty() ? config->auth.audience : options.audience};
    const std::int64_t now_us = base::SystemClock().now_us();
    options.claims.expires_s = now_us / 1'000'000 + options.expires_s;
    const std::string minted = auth::mint(settings, options.claims, now_us);
    // A server would refuse a subject or claims that are too long; better to hear it now.
    if (const auto good = auth::verify(settings, minted, now_us); !good.has_value()) {
        std::fprintf(stderr, "chartroom token: %s\n", std::string(good.error().message).c_str());
        return kFailed;
    }
    std::printf("%s\n", minted.c_str());
    return kDone;
}

}  // namespace

void add_token(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("token", "Mint a development token (JWT)");
    add_config_option(*command, options->file);
    command->add_option("--sub", options->claims.sub, "The user it speaks for")->required();
    command->add_option("--session", options->claims.sessions,
                        "A shared session to read and write, e.g. conversation:123 or patient:*");
    command->add_option("--read", options->claims.sessions_read, "A shared session to read");
    command
        ->add_option("--expires", options->expires_s,
                     "How long it is good for: a number with s, m, h or d [24h]")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, std::int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}},
            CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
        ->check(CLI::Range(std::int64_t{1}, kYearSeconds));
    command->add_option("--alg", options->algorithm, "HS256, RS256 or ES256 [the configuration's]");
    command
        ->add_option("--key-file", options->key_file,
                     "What to sign with: for RS256 and ES256 the private key (PEM), for HS256 the "
                     "secret [HS256: the configuration's]")
        ->check(CLI::ExistingFile);
    command->add_option("--issuer", options->issuer, "Its iss [the configuration's]");
    command->add_option("--audience", options->audience, "Its aud [the configuration's]");
    command->footer(
        "Use:  curl -H \"Authorization: Bearer $(chartroom token --sub me)\" …\n"
        "Keys: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
        "private.pem\n"
        "      openssl pkey -in private.pem -pubout -out public.pem   "
        "# [auth] public_key_file\n"
        "Exit: 0 done, 1 the server would refuse it, 2 no key or a bad argument.");
    command->callback([options, &exit] { exit = token(std::move(*options)); });
}

}  // namespace chartroom::tool
