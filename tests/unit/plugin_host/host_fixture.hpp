// A plugin host in a folder of its own, and events to give to what it loads.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/plugin_host/crash_page.hpp"
#include "core/plugin_host/plugin_host.hpp"

namespace chartroom::plugin_host {

class ManualClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return us; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return us; }
    std::atomic<std::int64_t> us{1'000'000};
};

class HostTest : public testing::Test {
  protected:
    HostTest() {
        std::string pattern = testing::TempDir() + "plugin_host_XXXXXX";
        state = mkdtemp(pattern.data());
        restart();
    }
    ~HostTest() override {
        host.reset();
        page.reset();
        std::filesystem::remove_all(state);
    }

    // What a new process would see.
    void restart() {
        host.reset();
        page.reset();
        auto opened = CrashPage::open(state / "crash.page", random);
        ASSERT_TRUE(opened) << opened.error().message;
        page = std::move(*opened);
        host = std::make_unique<PluginHost>(state, clock, *page);
    }

    static std::filesystem::path plugin(const std::string& name) {
        return std::filesystem::path(TEST_PLUGIN_FOLDER) / (name + ".so");
    }
    engine::HandlerPtr load(const std::string& name, const std::string& config = "{}") {
        auto loaded = host->load({.file = plugin(name), .config_json = config});
        EXPECT_TRUE(loaded) << loaded.error().message;
        return loaded ? *loaded : nullptr;
    }

    template <typename Body>
    static engine::StepEvent event_of(std::uint64_t turn, Body body) {
        engine::StepEvent event;
        event.turn = {turn};
        event.session = {"open/s"};
        event.offset = {5};
        event.at_us = 77;
        event.seed = 1;
        event.body = std::move(body);
        return event;
    }
    static engine::StepEvent message(std::uint64_t turn, std::string_view type,
                                     std::string_view payload = "{}") {
        return event_of(turn, engine::MessageEvent{.type = type,
                                                   .payload = payload,
                                                   .json = true,
                                                   .actor = "ann",
                                                   .message_id = 10,
                                                   .answer_id = 11,
                                                   .inbound = {4}});
    }
    static engine::StepEvent timer(std::uint64_t turn, engine::Op op) {
        return event_of(turn, engine::TimerEvent{op});
    }

    // The step's emits, as "type payload", and its END as "end" or "failed CODE".
    static std::vector<std::string> words(
        const base::Result<std::vector<engine::Command>>& commands) {
        if (!commands) return {"error " + std::string(base::info(commands.error().code).name)};
        std::vector<std::string> list;
        for (const auto& command : *commands) {
            if (const auto* emit = std::get_if<engine::Emit>(&command)) {
                list.push_back(emit->type + " " + emit->payload);
            } else if (const auto* end = std::get_if<engine::End>(&command)) {
                list.push_back(end->failed ? "failed " + end->code : "end");
            } else if (const auto* state = std::get_if<engine::SetState>(&command)) {
                list.push_back("state " + state->bytes);
            } else if (const auto* started = std::get_if<engine::StartTimer>(&command)) {
                list.push_back("timer " + std::to_string(started->op));
            } else {
                list.emplace_back("other");
            }
        }
        return list;
    }

    ManualClock clock;
    base::SeededRandom random{1};
    std::filesystem::path state;
    std::unique_ptr<CrashPage> page;
    std::unique_ptr<PluginHost> host;
};

}  // namespace chartroom::plugin_host
