// The thread that drives libcurl. Other threads leave it commands in a mailbox and wake it; all of
// libcurl is called from here.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/clock.hpp"
#include "core/effects/curl_effects.hpp"
#include "core/effects/op_table.hpp"
#include "core/effects/transfer.hpp"

namespace chartroom::effects {

// What is left for the HTTP thread, in order. Bounded by what the engine has outstanding: an op
// leaves a start, a stop, and pauses that alternate with resumes.
class HttpMailbox {
  public:
    enum class Verb : std::uint8_t { start, stop, pause, resume, room };
    struct Command {
        Verb verb = Verb::room;
        engine::EffectToken token = 0;
        std::unique_ptr<engine::HttpStart> start = nullptr;
        OpPtr op = nullptr;
    };

    explicit HttpMailbox(CURLM* multi) : multi_(multi) {}
    void post(Command command);
    [[nodiscard]] std::vector<Command> take();
    // Posts go nowhere from here on; wakes the thread to notice.
    void close();
    [[nodiscard]] bool closed() const;

  private:
    mutable std::mutex mutex_;
    CURLM* const multi_;
    bool closed_ = false;
    std::vector<Command> commands_;
};

class HttpThread {
  public:
    HttpThread(const base::Clock& clock, const EffectsOptions& options);
    ~HttpThread();
    HttpThread(const HttpThread&) = delete;
    HttpThread& operator=(const HttpThread&) = delete;

    // `table` outlives the thread's run; call once.
    void run_with(std::shared_ptr<OpTable> table);
    void grant(std::string plugin, Grant grant);
    // Shared with the tasks that carry pieces, which outlive the thread.
    [[nodiscard]] const std::shared_ptr<HttpMailbox>& mailbox() const { return mailbox_; }

  private:
    using Command = HttpMailbox::Command;
    using TransferPtr = std::unique_ptr<Transfer>;

    void run();
    void carry_out(Command command);
    void start(Command command);
    void stop(engine::EffectToken token);
    void begin_waiting();
    void finish_done();
    void tick_all();
    TransferPtr remove(engine::EffectToken token);
    [[nodiscard]] Transfer* find(engine::EffectToken token);
    [[nodiscard]] int wait_ms() const;
    [[nodiscard]] std::shared_ptr<const Grant> grant_of(const std::string& plugin) const;

    const base::Clock& clock_;
    const EffectsOptions options_;
    CURLM* multi_;
    std::shared_ptr<HttpMailbox> mailbox_;
    std::shared_ptr<OpTable> table_;
    std::unordered_map<engine::EffectToken, TransferPtr> running_;
    std::deque<TransferPtr> waiting_;
    mutable std::mutex grants_mutex_;
    std::map<std::string, std::shared_ptr<const Grant>> grants_;  // shared: see Transfer::make
    std::thread thread_;
};

}  // namespace chartroom::effects
