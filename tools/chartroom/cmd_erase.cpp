// chartroom erase: takes a session, or all that is a person's, out of the log for good. Works on
// the log itself, so no server may have it; a server that runs is asked over HTTP.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/app/await.hpp"
#include "core/app/open_log.hpp"
#include "core/app/settings.hpp"
#include "core/base/log.hpp"
#include "core/base/strand.hpp"
#include "core/engine/engine.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    std::string file;
    std::string session;
    std::string person;
    std::string reason;
    bool json = false;
};

// Nobody is connected, and no handler runs: turns that stood open are ended, not gone on with.
class NoOutlet final : public engine::Outlet {
  public:
    void notify(std::vector<engine::Notice>) override {}
};
class NoEffects final : public engine::Effects {
  public:
    void http(engine::HttpStart, base::Executor&, engine::EffectSink) override {}
    void activity(engine::ActivityStart, base::Executor&, engine::EffectSink) override {}
    void stop(engine::EffectToken) override {}
    void pause(engine::EffectToken) override {}
    void resume(engine::EffectToken) override {}
};

// An engine over a log of its own, for one erasure.
class Eraser {
  public:
    ~Eraser() { strand_.stop(); }  // before the engine goes, whose sessions run on it

    [[nodiscard]] base::Result<void> open(const app::Config& config) {
        auto opened = app::open_log(config, clock_, random_);
        if (!opened) return std::unexpected(opened.error());
        log_ = *std::move(opened);
        engine_ = std::make_unique<engine::Engine>(engine::World{.clock = clock_,
                                                                 .log = *log_.log,
                                                                 .effects = effects_,
                                                                 .outlet = outlet_,
                                                                 .strands = {&strand_}},
                                                   engine::HandlerTable::make({}).value(),
                                                   app::access_policy(config),
                                                   app::engine_limits(config));
        return {};
    }

    [[nodiscard]] base::Result<engine::Erased> erase(const Options& options) {
        const auto operator_ = std::make_shared<const auth::Principal>(
            auth::Principal{.who = auth::Who::admin, .id = "operator"});
        return app::await<base::Result<engine::Erased>>([&](auto done) {
            if (options.person.empty()) {
                engine_->erase(engine::EraseSession{operator_, {options.session}, options.reason},
                               std::move(done));
            } else {
                engine_->erase(engine::ErasePerson{operator_, options.person, options.reason},
                               std::move(done));
            }
        });
    }

  private:
    base::SystemClock clock_;
    base::SystemRandom random_;
    base::ThreadStrand strand_{clock_, "erase"};
    app::OpenedLog log_;
    NoEffects effects_;
    NoOutlet outlet_;
    std::unique_ptr<engine::Engine> engine_;
};

// Errors: what stands in the way before anything is opened.
base::Result<void> look_first(const app::Config& config) {
    if (config.storage.engine == app::StorageEngine::memory) {
        return base::fail(base::Code::bad_config,
                          "`storage.engine` is \"memory\": such a log is gone with its server");
    }
    std::error_code error;
    if (!std::filesystem::exists(config.log.path, error)) {
        return base::fail(base::Code::not_found, config.log.path + ": there is no log yet");
    }
    return {};
}

int exit_of(base::Code code) {
    const bool failed = code == base::Code::unavailable || code == base::Code::internal;
    return failed ? kFailed : kCannot;
}

void print(const Options& options, std::size_t sessions, bool before) {
    const bool whole = options.person.empty();
    if (options.json) {
        nlohmann::ordered_json row;
        row[whole ? "session" : "person"] = whole ? options.session : options.person;
        row["sessions"] = sessions;
        row["erased_before"] = before;
        std::printf("%s\n", row.dump().c_str());
    } else if (whole) {
        std::printf("%s: %s\n", options.session.c_str(), before ? "was erased before" : "erased");
    } else {
        std::printf("%s: erased from %zu sessions\n", options.person.c_str(), sessions);
    }
}

int erase(const Options& options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kCannot;
    if (const auto looked = look_first(*config); !looked) {
        return report("erase", looked.error(), kCannot);
    }
    base::start_log(base::LogLevel::warn, base::LogFormat::text);  // standard output is the answer
    Eraser eraser;
    if (auto opened = eraser.open(*config); !opened) {
        if (opened.error().code == base::Code::locked) {
            opened.error().message +=
                "; or ask that server: DELETE /api/v1/sessions/{name} as an admin";
        }
        return report("erase", opened.error(), kCannot);
    }
    const auto erased = eraser.erase(options);
    if (erased) {
        print(options, erased->sessions, false);
    } else if (erased.error().code == base::Code::erased) {
        print(options, 0, true);
    } else {
        return report("erase", erased.error(), exit_of(erased.error().code));
    }
    return kDone;
}

}  // namespace

void add_erase(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("erase", "Take a session, or a person, out of the log for good");
    add_config_option(*command, options->file);
    auto* session =
        command->add_option("session", options->session, "As `chartroom sessions` lists it");
    auto* person = command->add_option(
        "--person", options->person,
        "The user whose token says this `sub`: the user's own sessions whole, and what the user "
        "said in others");
    session->excludes(person);
    command
        ->add_option("--reason", options->reason,
                     "For the ledger of erasures: a case number, never a name")
        ->required();
    command->add_flag("--json", options->json, "One JSON object");
    command->footer(
        "The chain of what stays still checks out. Exit: 0 erased, now or before; 1 failed: ask\n"
        "again, nothing is erased in part for ever; 2 could not be tried: there is no such "
        "session\n"
        "or person, or a server has the log.");
    command->callback([options, &exit] {
        if (options->session.empty() && options->person.empty()) {
            throw CLI::RequiredError("a session, or --person");
        }
        exit = erase(*options);
    });
}

}  // namespace chartroom::tool
