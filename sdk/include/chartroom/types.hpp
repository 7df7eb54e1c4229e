// What a handler gives and takes, as C++ values: errors, messages, requests, answers. Included by
// plugin.hpp; nothing here talks to the host.
#pragma once

#include <chartroom/plugin.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chartroom {

// Turns JSON text into a value of some JSON library and back. Incomplete here: including
// <chartroom/json.hpp> makes it nlohmann's. Whoever uses neither data() nor emit(type, value) needs
// no JSON library.
struct json_adapter;

// Microseconds since 1970 UTC, as the log records them.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// ---- errors ------------------------------------------------------------------------------------

// The host refused a call; code() is one of CHARTROOM_E_*. Uncaught, it fails the turn.
class Error : public std::runtime_error {
  public:
    Error(std::int32_t code, const std::string& what) : std::runtime_error(what), code_(code) {}
    [[nodiscard]] std::int32_t code() const noexcept { return code_; }

  private:
    std::int32_t code_;
};

// Thrown by an author to refuse politely: what was emitted stays, the client gets `code` and
// `message`, and nothing is logged as a fault. Any other exception is a fault: the client gets
// plugin_failed, the log gets what().
class Failure : public std::runtime_error {
  public:
    Failure(std::string code, const std::string& message)
        : std::runtime_error(message), code_(std::move(code)) {}
    [[nodiscard]] const std::string& code() const noexcept { return code_; }

  private:
    std::string code_;
};

enum class CancelReason : std::uint32_t {
    client_stop = CHARTROOM_CANCEL_CLIENT_STOP,
    deadline = CHARTROOM_CANCEL_DEADLINE,
    drain = CHARTROOM_CANCEL_DRAIN,
    disabled = CHARTROOM_CANCEL_DISABLED,
};

// Thrown from the co_await that a cancelled turn waits in, and from every later one. A handler may
// catch it to emit what closes its answer; it then has a few seconds, and no more awaits.
class Cancelled : public std::exception {
  public:
    explicit Cancelled(CancelReason reason) noexcept : reason_(reason) {}
    [[nodiscard]] CancelReason reason() const noexcept { return reason_; }
    [[nodiscard]] const char* what() const noexcept override { return "the turn was cancelled"; }

  private:
    CancelReason reason_;
};

// ---- what comes in -----------------------------------------------------------------------------

// Whether a party is a user, not somebody anonymous; and how clients know the party: a user by the
// `sub` of its token.
inline constexpr std::string_view kUserParty = "user/";
[[nodiscard]] constexpr bool is_user(std::string_view party) noexcept {
    return party.starts_with(kUserParty);
}
[[nodiscard]] constexpr std::string_view shown_name(std::string_view party) noexcept {
    return is_user(party) ? party.substr(kUserParty.size()) : party;
}

// The message that opened a turn. Owns its texts, so it may be kept across awaits.
class Message {
  public:
    explicit Message(const chartroom_message& m)
        : type_(m.type.data, m.type.size),
          bytes_(m.payload.data, m.payload.size),
          actor_(m.actor.data, m.actor.size),
          id_(m.message_id),
          answer_id_(m.answer_id),
          offset_(m.inbound),
          is_json_((m.flags & CHARTROOM_FLAG_JSON) != 0) {}

    [[nodiscard]] const std::string& type() const noexcept { return type_; }
    // The payload as the client sent it; JSON text where is_json(). Passing it on unchanged is
    // free.
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool is_json() const noexcept { return is_json_; }
    // The payload, parsed. Needs <chartroom/json.hpp>.
    template <typename Adapter = json_adapter>
    [[nodiscard]] auto data() const {
        return Adapter::parse(bytes_);
    }
    // Who sent it, as the log knows it; what only(), all_but() and EmitOptions::owner take.
    [[nodiscard]] const std::string& actor() const noexcept { return actor_; }
    // The sender's name to show to clients (shown_name).
    [[nodiscard]] std::string_view sender() const noexcept { return shown_name(actor_); }
    // Integers below 2^53 that no other message and no other answer has.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] std::uint64_t answer_id() const noexcept { return answer_id_; }
    // Where the message stands in its session.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

  private:
    std::string type_, bytes_, actor_;
    std::uint64_t id_, answer_id_, offset_;
    bool is_json_;
};

// The configuration of an instance, as its schema accepted it and with the defaults filled in.
class Config {
  public:
    explicit Config(std::string_view text) noexcept : text_(text) {}
    // A JSON object; valid while the instance is constructed.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    template <typename Adapter = json_adapter>
    [[nodiscard]] auto data() const {
        return Adapter::parse(text_);
    }

  private:
    std::string_view text_;
};

// One row of a history.
class Row {
  public:
    explicit Row(const chartroom_row& row)
        : offset(row.offset),
          at(std::chrono::microseconds(row.at_us)),
          inbound(row.inbound != 0),
          type(row.type.data, row.type.size),
          actor(row.actor.data, row.actor.size),
          bytes(row.payload.data, row.payload.size) {}

    std::uint64_t offset;
    Time at;
    bool inbound;  // from a client; otherwise from a handler
    std::string type;
    std::string actor;
    std::string bytes;  // the payload; empty if it was erased

    template <typename Adapter = json_adapter>
    [[nodiscard]] auto data() const {
        return Adapter::parse(bytes);
    }
};

enum class Outcome : std::uint32_t {
    ok = CHARTROOM_OUTCOME_OK,
    failed = CHARTROOM_OUTCOME_FAILED,
    timed_out = CHARTROOM_OUTCOME_TIMED_OUT,
    interrupted = CHARTROOM_OUTCOME_INTERRUPTED,
    too_large = CHARTROOM_OUTCOME_TOO_LARGE,
};

// How an activity came out: its result, or the reason why there is none.
class Answer {
  public:
    Answer(Outcome how, std::string what) : outcome(how), bytes(std::move(what)) {}
    [[nodiscard]] explicit operator bool() const noexcept { return outcome == Outcome::ok; }

    Outcome outcome;
    std::string bytes;
};

// ---- what goes out -----------------------------------------------------------------------------

// What an event is worth to whoever comes later.
enum class Class : std::uint32_t {
    lasting = CHARTROOM_CLASS_LASTING,    // history
    piece = CHARTROOM_CLASS_PIECE,        // tokens: superseded by the end of their stream
    fleeting = CHARTROOM_CLASS_FLEETING,  // typing: nothing, after seconds
};

// Who an event is for.
struct Audience {
    std::uint32_t scope = CHARTROOM_SCOPE_EVERYONE;
    std::string_view party = {};
};
[[nodiscard]] inline Audience everyone() noexcept {
    return {};
}
[[nodiscard]] inline Audience only(std::string_view party) noexcept {
    return {CHARTROOM_SCOPE_ONLY, party};
}
[[nodiscard]] inline Audience all_but(std::string_view party) noexcept {
    return {CHARTROOM_SCOPE_ALL_BUT, party};
}
// Of an event for another session: who may follow the turn's own, asked whenever it is delivered.
// Needs the extension chartroom.owner/1.
[[nodiscard]] inline Audience followers() noexcept {
    return {CHARTROOM_SCOPE_FOLLOWERS, {}};
}

// Views only: an aggregate that owned strings would meet a double free of g++ 12.2 in a co_await.
struct EmitOptions {
    Class cls = Class::lasting;
    Audience to = {};
    std::string_view session = {};  // another session's id; needs the capability `broadcast`
    bool json = true;               // false: the payload is bytes
    // With it, `session` is what this user (a Message::actor) calls a session of its own, such as
    // "home". Needs the extension chartroom.owner/1.
    std::string_view owner = {};
};

struct HistoryRequest {
    std::uint32_t last = 50;                       // the newest so many
    std::span<const std::string_view> types = {};  // none: of any type
};

// A class with a constructor, not an aggregate, for the same reason. Times of 0 are the host's.
class HttpRequest {
  public:
    HttpRequest(std::string method_name, std::string address)
        : method(std::move(method_name)), url(std::move(address)) {}

    HttpRequest& header(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  // {{secret:NAME}} is filled in
    std::string body = {};
    std::chrono::milliseconds connect_timeout{0};
    std::chrono::milliseconds idle_timeout{0};  // without a byte
    std::chrono::milliseconds total_timeout{0};
    std::uint64_t body_bytes_max = 0;  // of the answer; 0: the host's bound
    bool once = false;                 // after a crash not repeated, but Outcome::interrupted
};

enum class LogLevel : std::int32_t {
    debug = CHARTROOM_LOG_DEBUG,
    info = CHARTROOM_LOG_INFO,
    warn = CHARTROOM_LOG_WARN,
    error = CHARTROOM_LOG_ERROR,
};

}  // namespace chartroom
