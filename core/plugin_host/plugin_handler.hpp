// engine::Handler over the C ABI: one instance of one plugin, in this process.
//
// A step fills the C event, marks the crash page, calls the plugin and gathers the commands that it
// gives meanwhile. Only turns that outlive their first step are remembered, so an echo costs no
// table entry.
#pragma once

#include <chartroom/plugin.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/clock.hpp"
#include "core/engine/handler.hpp"
#include "core/plugin_host/abi_command.hpp"
#include "core/plugin_host/crash_page.hpp"
#include "core/plugin_host/plugin_library.hpp"

namespace chartroom::plugin_host {

inline constexpr std::size_t kStepBytesMax = 16u << 20;  // of one step's commands; over it: failed
inline constexpr std::size_t kActivityBytesMax = 16u << 20;  // of a result; over it: failed
inline constexpr std::int64_t kSlowCallUs = 50'000;          // longer calls are logged
inline constexpr std::uint32_t kComplaintsMax = 100;  // log lines about refused commands, in all

// What instances share. All of it outlives them.
struct Surroundings {
    const base::Clock& clock;
    CrashPage& page;
    // Inputs that took the server down before; not changed once steps run.
    const std::unordered_set<std::uint64_t>& quarantine;
};

class PluginHandler final : public engine::Handler {
  public:
    // Calls the plugin's create(). Errors: plugin_load with the plugin's own text.
    [[nodiscard]] static base::Result<std::shared_ptr<PluginHandler>> create(
        engine::HandlerInfo info, const std::vector<std::string>& needs,
        std::unique_ptr<PluginLibrary> library, std::string_view config, Surroundings surroundings);
    ~PluginHandler() override;

    [[nodiscard]] const engine::HandlerInfo& info() const override { return info_; }
    [[nodiscard]] base::Result<std::vector<engine::Command>> step(
        const engine::StepEvent& event) override;

    // Runs an activity; blocks. Any thread. Errors: plugin_failed (the plugin's text, for the log),
    // plugin_crashed (this input took the server down before).
    [[nodiscard]] base::Result<std::string> run_activity(std::string_view name,
                                                         std::string_view input);

  private:
    // What is kept of a turn between its steps.
    struct TurnRecord {
        engine::Op last_op = 0;
        std::uint32_t commands = 0;
        bool cancelled = false;
    };
    struct Frame;
    struct HostSide {
        chartroom_host table;
        PluginHandler* handler;
    };

    PluginHandler(engine::HandlerInfo info, std::unique_ptr<PluginLibrary> library,
                  Surroundings surroundings);

    static PluginHandler& of(const chartroom_host* host);
    static std::int32_t on_command(const chartroom_host* host, std::uint64_t turn,
                                   const chartroom_command* command) noexcept;
    static std::int32_t on_cancelled(const chartroom_host* host, std::uint64_t turn) noexcept;
    static void on_log(const chartroom_host* host, std::int32_t level, std::uint64_t turn,
                       chartroom_str text) noexcept;
    static const void* on_extension(const chartroom_host* host, const char* id) noexcept;

    std::int32_t take(std::uint64_t turn, const chartroom_command* command);
    std::int32_t take_in_step(Frame& frame, const chartroom_command& command);
    void complain(std::uint64_t turn, std::string_view why);

    [[nodiscard]] std::uint64_t key_of(const engine::StepEvent& event) const;
    [[nodiscard]] bool begin(const engine::StepEvent& event, Frame& frame);
    [[nodiscard]] base::Result<void> call(const engine::StepEvent& event, Frame& frame);
    void discard(const engine::StepEvent& event);
    void keep(std::uint64_t turn, const TurnRecord& record);
    void forget(std::uint64_t turn);
    [[nodiscard]] bool is_open(std::uint64_t turn);

    static thread_local Frame* t_frame;  // of the step that this thread is in

    const engine::HandlerInfo info_;
    const std::unique_ptr<PluginLibrary> library_;
    const Surroundings surroundings_;
    HostSide host_;
    std::uint32_t build_row_;
    std::uint64_t build_hash_;
    void* self_ = nullptr;
    const chartroom_activity_runner* activities_ = nullptr;
    std::atomic<std::uint32_t> complaints_{0};
    std::mutex serial_;  // held during a step where the manifest says "concurrency":"serial"
    std::mutex turns_mutex_;
    std::unordered_map<std::uint64_t, TurnRecord> turns_;  // open turns between steps
};

}  // namespace chartroom::plugin_host
