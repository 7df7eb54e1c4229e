#include "core/app/server.hpp"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>

#include "core/app/await.hpp"
#include "core/app/config_check.hpp"
#include "core/app/notify.hpp"
#include "core/app/open_log.hpp"
#include "core/app/plugins.hpp"
#include "core/app/secrets.hpp"
#include "core/app/server_metrics.hpp"
#include "core/app/settings.hpp"
#include "core/app/shutdown.hpp"
#include "core/app/token_keys.hpp"
#include "core/base/log.hpp"
#include "core/base/strand.hpp"
#include "core/effects/curl_effects.hpp"
#include "core/engine/engine.hpp"
#include "core/gateway/gateway.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "core/plugin_host/watchdog.hpp"

namespace chartroom::app {

using base::Code;
using base::log;
using base::LogLevel;
using base::Result;

// In the order in which parts are made; they go in the reverse one. Completions of the log and
// pieces of effects run on strands, so strands outlive both; strands may hold the last reference to
// a handler, so the plugin host outlives strands.
struct Server::Parts {
    Parts(Config c, Environment e) : config(std::move(c)), environment(std::move(e)) {}

    Config config;
    Environment environment;
    base::SystemClock clock;
    base::SystemRandom random;
    Shutdown shutdown{clock};
    std::unique_ptr<plugin_host::CrashPage> crash_page;
    std::unique_ptr<plugin_host::Watchdog> watchdog;
    std::unique_ptr<plugin_host::PluginHost> plugins;
    std::vector<std::unique_ptr<base::ThreadStrand>> strands;
    OpenedLog event_log;
    std::unique_ptr<effects::CurlEffects> effects;
    std::unique_ptr<TokenKeys> token_keys;  // null: nobody is asked
    std::unique_ptr<gateway::Gateway> gateway;
    std::unique_ptr<engine::Engine> engine;
    std::atomic<bool> recovered = false;

    Result<void> make_state_directory();
    Result<void> open_storage();
    Result<void> open_plugins();
    Result<void> take_culprits();
    Result<void> open_gateway();
    void make_engine(engine::HandlerTable handlers);
    void reload();
    void warn_about_exposure() const;
    std::vector<gateway::Check> checks() const;
};

namespace {

std::int64_t seconds_us(std::uint64_t seconds) {
    return static_cast<std::int64_t>(seconds) * 1'000'000;
}

template <typename T>
std::unexpected<base::Error> error_of(Result<T>& result) {
    return std::unexpected(std::move(result.error()));
}

}  // namespace

Result<void> Server::Parts::make_state_directory() {
    const std::filesystem::path folder = config.server.state_directory;
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error) {
        return base::fail(Code::io, "`server.state_directory`: " + folder.string() +
                                        " cannot be made: " + error.message());
    }
    if (made) chmod(folder.c_str(), 0700);  // it holds conversations and a secret
    return {};
}

Result<void> Server::Parts::open_storage() {
    const std::uint64_t threads = config.server.engine_threads;
    for (std::uint64_t i = 0; i < threads; ++i) {
        strands.push_back(
            std::make_unique<base::ThreadStrand>(clock, "strand-" + std::to_string(i)));
    }
    auto opened = open_log(config, clock, random);
    if (!opened.has_value()) return error_of(opened);
    event_log = *std::move(opened);
    if (config.storage.engine == StorageEngine::memory) {
        log(LogLevel::warn, "server.log_in_memory",
            {{"meaning", "nothing is kept: every message is lost when the server ends"}});
    }
    return {};
}

// Inputs that took the server down the last time are written into the log's quarantine before
// anything is run again, and everything in there is refused.
Result<void> Server::Parts::take_culprits() {
    base::Executor& on = *strands.front();
    for (const auto& culprit : crash_page->culprits()) {
        log(LogLevel::error, "plugin.crashed_the_server",
            {{"build", culprit.build}, {"session", culprit.session}, {"input", culprit.key}});
        auto build = await<Result<std::vector<storage::Interned>>>([&](auto done) {
            event_log.log->intern({{storage::NameSpace::build, culprit.build}}, on,
                                  std::move(done));
        });
        if (!build.has_value()) return error_of(build);
        auto added = await<Result<std::uint64_t>>([&](auto done) {
            event_log.log->quarantine_add(build->front().number, culprit.key, on, std::move(done));
        });
        if (!added.has_value()) return error_of(added);
    }
    using Rows = std::vector<std::pair<std::string, std::uint64_t>>;
    auto rows = await<Result<Rows>>(
        [&](auto done) { event_log.log->quarantine_list(on, std::move(done)); });
    if (!rows.has_value()) return error_of(rows);
    std::vector<std::string> keys;
    for (auto& row : *rows) keys.push_back(std::move(row.first));
    plugins->refuse(keys);
    return {};
}

Result<void> Server::Parts::open_plugins() {
    const std::filesystem::path state = config.server.state_directory;
    auto page = plugin_host::CrashPage::open(state / "crash.page", random);
    if (!page.has_value()) return error_of(page);
    crash_page = *std::move(page);
    plugins = std::make_unique<plugin_host::PluginHost>(state, clock, *crash_page);
    if (auto taken = take_culprits(); !taken.has_value()) return taken;

    auto set = load_plugins(config, environment, *plugins);
    if (!set.has_value()) return error_of(set);
    effects = std::make_unique<effects::CurlEffects>(
        clock, effects::EffectsOptions{},
        [host = plugins.get()](std::string_view plugin, std::string_view name,
                               std::string_view input) {
            return host->run_activity(plugin, name, input);
        });
    std::vector<engine::HandlerPtr> handlers;
    for (auto& plugin : set->loaded) {
        effects->grant(plugin.handler->info().id, std::move(plugin.grant));
        handlers.push_back(std::move(plugin.handler));
    }
    for (const auto& refused : set->refused) {
        log(LogLevel::error, "plugin.refused",
            {{"name", refused.name}, {"reason", refused.error.message}});
    }
    auto table = engine::HandlerTable::make(std::move(handlers));
    if (!table.has_value()) return error_of(table);
    if (auto listening = open_gateway(); !listening.has_value()) return listening;
    make_engine(*std::move(table));
    return {};
}

Result<void> Server::Parts::open_gateway() {
    gateway::Dependencies needs{
        .clock = clock, .random = random, .authenticate = {}, .checks = {}, .metrics = {}};
    if (config.auth.mode == AuthMode::jwt) {
        auto keys = TokenKeys::open(config, environment, random);
        if (!keys.has_value()) return error_of(keys);
        token_keys = *std::move(keys);
        needs.authenticate = [this](std::string_view token) {
            return token_keys->verify(token, clock.now_us());
        };
    }
    needs.checks = [this] { return checks(); };
    needs.metrics = [this] {
        return server_metrics(event_log.log->stats(), event_log.log->health().writable,
                              effects->open_ops());
    };
    gateway::Options options = gateway_options(config);
    auto token = admin_token(config, environment);
    if (!token.has_value()) return error_of(token);
    options.admin_token = *std::move(token);
    auto listening = gateway::Gateway::listen(std::move(options), std::move(needs));
    if (!listening.has_value()) return error_of(listening);
    gateway = *std::move(listening);
    return {};
}

void Server::Parts::make_engine(engine::HandlerTable handlers) {
    std::vector<base::Executor*> executors;
    for (const auto& strand : strands) executors.push_back(strand.get());
    const auto archived = [this](std::string_view build) -> engine::HandlerPtr {
        auto handler = plugins->load_archived(build);
        return handler ? *handler : nullptr;
    };
    engine = std::make_unique<engine::Engine>(engine::World{.clock = clock,
                                                            .log = *event_log.log,
                                                            .effects = *effects,
                                                            .outlet = *gateway,
                                                            .strands = std::move(executors),
                                                            .archived = archived},
                                              std::move(handlers), access_policy(config),
                                              engine_limits(config));
    gateway->attach(*engine);
}

std::vector<gateway::Check> Server::Parts::checks() const {
    const storage::Health health = event_log.log->health();
    return {{"log", health.writable ? std::string() : health.reason},
            {"recovery", recovered ? std::string() : "open turns are being taken up again"}};
}

// What may change while the server runs. What cannot be taken is said, and the old one stays.
void Server::Parts::reload() {
    const auto say = [](const char* what, const Result<void>& done) {
        if (done.has_value()) {
            log(LogLevel::info, "server.reloaded", {{"what", what}});
        } else {
            log(LogLevel::error, "server.reload_refused",
                {{"what", what}, {"reason", done.error().message}, {"kept", "the one before"}});
        }
    };
    if (token_keys) say("token key", token_keys->reload());
    if (!config.server.tls_cert.empty()) say("certificate", gateway->reload_certificate());
}

void Server::Parts::warn_about_exposure() const {
    bool exposed = false;
    for (const auto& text : config.server.listen) {
        const auto address = parse_listen(text);
        exposed = exposed || (address.has_value() && !address->loopback);
    }
    if (exposed && config.server.tls_cert.empty()) {
        log(LogLevel::warn, "server.exposed_without_tls",
            {{"meaning",
              "everybody on the way can read along: set server.tls_cert and tls_key, or "
              "put a proxy with TLS in front and listen on loopback"}});
    }
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
    if (!parts_) return;
    // No strand may run any more when the engine stops.
    for (const auto& strand : parts_->strands) strand->stop();
    if (parts_->engine) parts_->engine->stop();
}

Result<std::unique_ptr<Server>> Server::open(Config config, Environment environment) {
    base::start_log(config.server.log_level, config.server.log_format);
    auto parts = std::make_unique<Parts>(std::move(config), std::move(environment));
    plugin_host::CrashPage::catch_fatal_signals();
    std::unique_ptr<Server> server(new Server(std::move(parts)));
    Parts& p = *server->parts_;
    for (const auto step :
         {&Parts::make_state_directory, &Parts::open_storage, &Parts::open_plugins}) {
        if (auto done = (p.*step)(); !done.has_value()) return error_of(done);
    }
    return server;
}

void Server::run() {
    Parts& p = *parts_;
    p.watchdog = std::make_unique<plugin_host::Watchdog>(p.clock, *p.crash_page);
    p.shutdown.watch(seconds_us(p.config.server.drain_seconds),
                     {.begin =
                          [&p] {
                              notify_supervisor(p.environment, "STOPPING=1");
                              p.gateway->begin_drain();
                              p.engine->drain([&p] { p.shutdown.drained(); });
                          },
                      .finish = [&p] { p.gateway->close_all(); },
                      .abort = [&p] { p.gateway->stop(); },
                      .reload = [&p] { p.reload(); }});
    p.warn_about_exposure();
    const std::int64_t begun_us = p.clock.monotonic_us();
    p.engine->recover([&p, begun_us] {
        p.recovered = true;
        log(LogLevel::info, "server.ready",
            {{"recovery_ms", (p.clock.monotonic_us() - begun_us) / 1000}});
        notify_supervisor(p.environment, "READY=1");
    });
    p.gateway->run();
    p.shutdown.stop();  // its steps call parts that are about to go
    log(LogLevel::info, "server.ended");
}

const std::vector<std::string>& Server::addresses() const {
    return parts_->gateway->addresses();
}

int exit_code(Code code) {
    switch (code) {
        case Code::bad_config:
        case Code::plugin_load:
            return 78;
        case Code::locked:
        case Code::io:
        case Code::disk_full:
        case Code::unavailable:
            return 75;
        default:
            return 1;
    }
}

}  // namespace chartroom::app
