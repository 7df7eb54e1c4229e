// One HTTP request on its way: what libcurl is told, and how its callbacks become pieces. Lives on
// the HTTP thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/effects/op_table.hpp"
#include "core/effects/outbound_policy.hpp"
#include "core/engine/effects.hpp"

namespace chartroom::effects {

class Transfer {
  public:
    // A request that may go out. Errors: forbidden, validation_error, message_too_long; the message
    // is for the handler. `grant` is shared since a reload may replace the plugin's meanwhile.
    [[nodiscard]] static base::Result<std::unique_ptr<Transfer>> make(
        const engine::HttpStart& start, bool with_traceparent, std::shared_ptr<const Grant> grant,
        OpPtr op, OpTable& table, const base::Clock& clock);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] CURL* easy() const { return easy_; }
    [[nodiscard]] engine::EffectToken token() const { return op_->token; }

    void begin();  // it was given to the multi handle; time runs from here
    // Nothing is read from the network while paused by the engine or while the sink is behind.
    void set_paused(bool paused);
    void sink_has_room();
    // When tick() has something to do; nothing: not before curl has.
    [[nodiscard]] std::optional<std::int64_t> due_us() const;
    // Hands over what has waited long enough. True: the idle limit is reached, call finish().
    [[nodiscard]] bool tick();
    // Hands over the rest, then the outcome. Nothing is delivered after it.
    void finish(CURLcode code);
    void finish_idle();

  private:
    Transfer(std::shared_ptr<const Grant> grant, OpPtr op, OpTable& table,
             const base::Clock& clock);
    base::Result<void> set_request(const engine::HttpStart& start, bool with_traceparent);
    base::Result<void> add_headers(const engine::HttpStart& start, const Origin& origin,
                                   bool with_traceparent);
    void set_options(const engine::HttpRequest& request);
    [[nodiscard]] bool held() const { return paused_ || choked_; }
    void apply_hold(bool was_held);
    std::size_t take_body(const char* data, std::size_t size);
    void flush();
    [[nodiscard]] std::int32_t status() const;
    [[nodiscard]] std::string headers() const;
    void end(engine::Outcome outcome, std::string reason);

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);

    std::shared_ptr<const Grant> grant_;
    OpPtr op_;
    OpTable& table_;
    const base::Clock& clock_;
    CURL* easy_;
    curl_slist* headers_ = nullptr;
    std::string request_body_;
    std::string refusal_;  // why a socket was not opened
    std::string gathered_;
    std::int64_t gathered_since_us_ = 0;
    std::int64_t last_byte_us_ = 0;
    std::int64_t idle_us_max_ = 0;
    std::uint64_t body_bytes_left_ = 0;
    std::size_t header_bytes_ = 0;
    bool paused_ = false;
    bool choked_ = false;
    bool too_large_ = false;
    bool begun_ = false;
};

}  // namespace chartroom::effects
