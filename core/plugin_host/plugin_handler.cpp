#include "core/plugin_host/plugin_handler.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/log.hpp"
#include "core/events/json_scan.hpp"
#include "core/plugin_host/abi_event.hpp"

namespace chartroom::plugin_host {
namespace {

using base::LogLevel;

constexpr std::size_t kErrorBytesMax = 512;
constexpr std::size_t kLogTextBytesMax = 1024;
constexpr chartroom_capability kCapability{sizeof(chartroom_capability), 0};

// The plugin's text for the log, in a buffer of ours.
class ErrorText {
  public:
    chartroom_error* get() { return &error_; }
    [[nodiscard]] std::string text() const {
        const std::string_view said(text_.data(),
                                    std::min<std::size_t>(error_.length, text_.size()));
        if (said.empty()) return "no reason given";
        return events::is_utf8(said) ? std::string(said) : "a reason that is not UTF-8";
    }

  private:
    std::array<char, kErrorBytesMax> text_{};
    chartroom_error error_{.size = sizeof(chartroom_error),
                           .capacity = static_cast<std::uint32_t>(text_.size()),
                           .text = text_.data(),
                           .length = 0,
                           .reserved = 0};
};

// Calls into the plugin. Its functions must not throw; where one does all the same, it ends here.
template <typename Call>
base::Result<void> guarded(base::Code code, Call&& call) {
    ErrorText error;
    try {
        if (call(error.get()) == CHARTROOM_OK) return {};
        return base::fail(code, error.text());
    } catch (const std::exception& thrown) {
        return base::fail(code, std::string("an exception left the plugin: ") + thrown.what());
    } catch (...) {
        return base::fail(code, "an exception left the plugin");
    }
}

bool is_supported(std::string_view extension) {
    constexpr std::array<std::string_view, 6> kSupported{
        CHARTROOM_EXT_TIMER, CHARTROOM_EXT_HTTP,     CHARTROOM_EXT_HISTORY,
        CHARTROOM_EXT_STATE, CHARTROOM_EXT_ACTIVITY, CHARTROOM_EXT_OWNER};
    return std::ranges::find(kSupported, extension) != kSupported.end();
}

engine::Op op_of(const engine::StepEvent& event) {
    return std::visit(
        [](const auto& body) -> engine::Op {
            if constexpr (requires { body.op; }) return body.op;
            return 0;
        },
        event.body);
}

LogLevel to_level(std::int32_t level) {
    switch (level) {
        case CHARTROOM_LOG_DEBUG:
            return LogLevel::debug;
        case CHARTROOM_LOG_INFO:
            return LogLevel::info;
        case CHARTROOM_LOG_WARN:
            return LogLevel::warn;
        default:
            return LogLevel::error;
    }
}

}  // namespace

// A step in progress.
struct PluginHandler::Frame {
    PluginHandler& handler;
    std::uint64_t turn;
    TurnRecord record;
    std::uint64_t key = 0;
    std::string_view known_json;
    std::vector<engine::Command> commands;
    std::size_t bytes = 0;
    bool ended = false;
    bool over_budget = false;
    bool takes_commands = true;
};

thread_local PluginHandler::Frame* PluginHandler::t_frame = nullptr;

// ---- life --------------------------------------------------------------------------------------

base::Result<std::shared_ptr<PluginHandler>> PluginHandler::create(
    engine::HandlerInfo info, const std::vector<std::string>& needs,
    std::unique_ptr<PluginLibrary> library, std::string_view config, Surroundings surroundings) {
    for (const std::string& need : needs)
        if (!is_supported(need))
            return base::fail(base::Code::plugin_load,
                              info.id + ": it needs the extension " + need +
                                  ", which this server does not have: update the server");
    // Shared: open turns keep the instance that began them when a reload replaces it.
    std::shared_ptr<PluginHandler> handler(
        new PluginHandler(std::move(info), std::move(library), surroundings));
    const chartroom_handler& table = handler->library_->table();
    void* self = nullptr;
    const auto created = guarded(base::Code::plugin_load, [&](chartroom_error* error) {
        return table.create(&handler->host_.table, {config.data(), config.size()}, &self, error);
    });
    if (!created)
        return base::fail(base::Code::plugin_load,
                          handler->info_.id + ": it refuses to start: " + created.error().message);
    handler->self_ = self;
    handler->activities_ = static_cast<const chartroom_activity_runner*>(
        table.extension(self, CHARTROOM_EXT_ACTIVITY));
    return handler;
}

PluginHandler::PluginHandler(engine::HandlerInfo info, std::unique_ptr<PluginLibrary> library,
                             Surroundings surroundings)
    : info_(std::move(info)),
      library_(std::move(library)),
      surroundings_(surroundings),
      host_{.table = {.size = sizeof(chartroom_host),
                      .abi_major = CHARTROOM_ABI_MAJOR,
                      .abi_minor = CHARTROOM_ABI_MINOR,
                      .command = on_command,
                      .cancelled = on_cancelled,
                      .log = on_log,
                      .extension = on_extension},
            .handler = this},
      build_row_(surroundings_.page.add_build(info_.build)),
      build_hash_(surroundings_.page.hash(info_.build)) {}

PluginHandler::~PluginHandler() {
    if (self_ == nullptr) return;
    const auto destroyed = guarded(base::Code::plugin_failed, [&](chartroom_error*) {
        library_->table().destroy(self_);
        return CHARTROOM_OK;
    });
    if (!destroyed)
        base::log(LogLevel::error, "plugin.destroy_failed",
                  {{"plugin", info_.id}, {"reason", destroyed.error().message}});
}

// ---- a step ------------------------------------------------------------------------------------

base::Result<std::vector<engine::Command>> PluginHandler::step(const engine::StepEvent& event) {
    std::unique_lock<std::mutex> alone(serial_, std::defer_lock);
    if (info_.serial) alone.lock();
    const std::uint64_t turn = event.turn.value;
    Frame frame{.handler = *this,
                .turn = turn,
                .record = {},
                .key = key_of(event),
                .known_json = {},
                .commands = {}};
    if (!begin(event, frame)) return std::vector<engine::Command>{};
    if (!frame.takes_commands) {
        discard(event);
        return std::vector<engine::Command>{};
    }
    if (!surroundings_.quarantine.empty() && surroundings_.quarantine.contains(frame.key)) {
        if (!std::holds_alternative<engine::MessageEvent>(event.body)) discard(event);
        return base::fail(base::Code::plugin_crashed,
                          info_.id + ": this input took the server down before");
    }
    const auto called = call(event, frame);
    if (!called) {
        forget(turn);
        return std::unexpected(called.error());
    }
    if (frame.over_budget) {
        discard(event);
        return base::fail(base::Code::plugin_failed, info_.id + ": over its command budget");
    }
    if (frame.ended) {
        forget(turn);
    } else {
        keep(turn, frame.record);
    }
    return std::move(frame.commands);
}

// A message's own bytes name it wherever it is sent. Other events mean something in their turn
// only, which its seed names in every process: row offsets may come out differently the next time.
std::uint64_t PluginHandler::key_of(const engine::StepEvent& event) const {
    const CrashPage& page = surroundings_.page;
    if (const auto* message = std::get_if<engine::MessageEvent>(&event.body))
        return page.combine(build_hash_, message->type, message->payload);
    const std::array<std::uint64_t, 3> place{event.seed, op_of(event), event.body.index()};
    return page.combine(build_hash_, event.session.value,
                        {reinterpret_cast<const char*>(place.data()), sizeof place});
}

// Fetches what is known of the turn. False: the turn is over, or never was; there is nothing to do.
bool PluginHandler::begin(const engine::StepEvent& event, Frame& frame) {
    if (const auto* message = std::get_if<engine::MessageEvent>(&event.body)) {
        if (message->json) frame.known_json = message->payload;
        frame.commands.reserve(4);  // an answer and its end, with room
        return true;
    }
    const std::lock_guard lock(turns_mutex_);
    const auto found = turns_.find(event.turn.value);
    if (found == turns_.end()) return false;
    if (std::holds_alternative<engine::CancelEvent>(event.body)) found->second.cancelled = true;
    if (std::holds_alternative<engine::DiscardEvent>(event.body)) frame.takes_commands = false;
    frame.record = found->second;
    return true;
}

base::Result<void> PluginHandler::call(const engine::StepEvent& event, Frame& frame) {
    const AbiEvent abi(event);
    const std::int64_t started_us = surroundings_.clock.monotonic_us();
    base::Result<void> called;
    {
        const CrashPage::Step marked(surroundings_.page, build_row_, frame.key, event.session.value,
                                     started_us);
        t_frame = &frame;
        called = guarded(base::Code::plugin_failed, [&](chartroom_error* error) {
            return library_->table().event(self_, &abi.event(), error);
        });
        t_frame = nullptr;
    }
    const std::int64_t took_us = surroundings_.clock.monotonic_us() - started_us;
    if (took_us > kSlowCallUs)
        base::log(LogLevel::warn, "plugin.slow_call",
                  {{"plugin", info_.id},
                   {"session", event.session.value},
                   {"offset", event.offset.value},
                   {"ms", took_us / 1000}});
    if (!called) called.error().message = info_.id + ": " + called.error().message;
    return called;
}

// Makes the plugin forget the turn, whatever it holds of it.
void PluginHandler::discard(const engine::StepEvent& event) {
    forget(event.turn.value);
    const engine::StepEvent last{.turn = event.turn,
                                 .session = event.session,
                                 .offset = event.offset,
                                 .at_us = event.at_us,
                                 .seed = event.seed,
                                 .state = {},
                                 .state_row = {},
                                 .body = engine::DiscardEvent{}};
    Frame frame{.handler = *this,
                .turn = event.turn.value,
                .record = {},
                .key = key_of(last),
                .known_json = {},
                .commands = {}};
    frame.takes_commands = false;
    const auto called = call(last, frame);
    if (!called)
        base::log(LogLevel::warn, "plugin.discard_failed",
                  {{"plugin", info_.id}, {"reason", called.error().message}});
}

void PluginHandler::keep(std::uint64_t turn, const TurnRecord& record) {
    const std::lock_guard lock(turns_mutex_);
    turns_[turn] = record;
}

void PluginHandler::forget(std::uint64_t turn) {
    const std::lock_guard lock(turns_mutex_);
    turns_.erase(turn);
}

bool PluginHandler::is_open(std::uint64_t turn) {
    const std::lock_guard lock(turns_mutex_);
    return turns_.contains(turn);
}

// ---- what the plugin calls ---------------------------------------------------------------------

// The table that we gave to create() is the first member of what it was made from.
PluginHandler& PluginHandler::of(const chartroom_host* host) {
    return *reinterpret_cast<const HostSide*>(host)->handler;
}

std::int32_t PluginHandler::on_command(const chartroom_host* host, std::uint64_t turn,
                                       const chartroom_command* command) noexcept {
    try {
        return of(host).take(turn, command);
    } catch (...) {  // memory has run out
        return CHARTROOM_E_FAILED;
    }
}

std::int32_t PluginHandler::take(std::uint64_t turn, const chartroom_command* command) {
    Frame* frame = t_frame;
    if (frame == nullptr || &frame->handler != this || frame->turn != turn) {
        if (frame != nullptr && !is_open(turn)) return CHARTROOM_E_GONE;
        complain(turn, "a command from outside of its turn's step");
        return CHARTROOM_E_THREAD;
    }
    if (frame->ended || !frame->takes_commands) return CHARTROOM_E_GONE;
    if (command == nullptr || command->head.turn != turn) {
        complain(turn, "a command that is missing or of another turn");
        return CHARTROOM_E_INVALID;
    }
    return take_in_step(*frame, *command);
}

std::int32_t PluginHandler::take_in_step(Frame& frame, const chartroom_command& command) {
    if (frame.over_budget || ++frame.record.commands > info_.commands_max) {
        frame.over_budget = true;
        return CHARTROOM_E_BUDGET;
    }
    auto taken = read_command(
        command, {.info = info_, .last_op = frame.record.last_op, .known_json = frame.known_json});
    if (!taken) {
        complain(frame.turn, taken.error().why);
        return taken.error().code;
    }
    frame.bytes += bytes_of(*taken);
    if (frame.bytes > kStepBytesMax) {
        frame.over_budget = true;
        return CHARTROOM_E_BUDGET;
    }
    if (const engine::Op op = begun_op(*taken); op != 0) frame.record.last_op = op;
    frame.ended = std::holds_alternative<engine::End>(*taken);
    frame.commands.push_back(std::move(*taken));
    return CHARTROOM_OK;
}

void PluginHandler::complain(std::uint64_t turn, std::string_view why) {
    if (complaints_.fetch_add(1) >= kComplaintsMax) return;
    base::log(LogLevel::warn, "plugin.command_refused",
              {{"plugin", info_.id}, {"turn", turn}, {"reason", why}});
}

std::int32_t PluginHandler::on_cancelled(const chartroom_host* host, std::uint64_t turn) noexcept {
    PluginHandler& handler = of(host);
    const std::lock_guard lock(handler.turns_mutex_);
    const auto found = handler.turns_.find(turn);
    return found != handler.turns_.end() && found->second.cancelled ? 1 : 0;
}

void PluginHandler::on_log(const chartroom_host* host, std::int32_t level, std::uint64_t turn,
                           chartroom_str text) noexcept {
    try {
        std::string_view said(text.data, std::min<std::uint64_t>(text.size, kLogTextBytesMax));
        if (!events::is_utf8(said))
            said = "a text that is not UTF-8, or was cut within a character";
        base::log(to_level(level), "plugin.says",
                  {{"plugin", of(host).info_.id}, {"turn", turn}, {"text", said}});
    } catch (...) {  // a line less is no harm
    }
}

const void* PluginHandler::on_extension(const chartroom_host*, const char* id) noexcept {
    // Activities are the plugin's own side of their extension.
    return id != nullptr && is_supported(id) ? &kCapability : nullptr;
}

// ---- activities --------------------------------------------------------------------------------

base::Result<std::string> PluginHandler::run_activity(std::string_view name,
                                                      std::string_view input) {
    if (activities_ == nullptr)
        return base::fail(base::Code::plugin_failed, info_.id + ": it has no activities");
    const std::uint64_t key = surroundings_.page.combine(build_hash_, name, input);
    if (surroundings_.quarantine.contains(key))
        return base::fail(base::Code::plugin_crashed,
                          info_.id + ": this activity took the server down before");
    std::string result;
    const chartroom_sink sink{.size = sizeof(chartroom_sink),
                              .reserved = 0,
                              .context = &result,
                              .write = [](void* context, chartroom_str bytes) noexcept {
                                  auto& joined = *static_cast<std::string*>(context);
                                  // One byte over the bound is kept, as the sign that it was
                                  // passed.
                                  const std::size_t room = kActivityBytesMax + 1 - joined.size();
                                  joined.append(bytes.data,
                                                std::min<std::size_t>(bytes.size, room));
                              }};
    // It may block: the watchdog, which looks at when a step began, lets it be.
    const CrashPage::Step marked(surroundings_.page, build_row_, key, name,
                                 std::numeric_limits<std::int64_t>::max());
    const auto ran = guarded(base::Code::plugin_failed, [&](chartroom_error* error) {
        return activities_->run(self_, {name.data(), name.size()}, {input.data(), input.size()},
                                &sink, error);
    });
    if (!ran) return std::unexpected(ran.error());
    if (result.size() > kActivityBytesMax)
        return base::fail(base::Code::plugin_failed, info_.id + ": a result of over 16 MiB");
    return result;
}

}  // namespace chartroom::plugin_host
