// The one table of error codes, and the value that carries one. Every error that a caller may meet
// travels as Result<T>; exceptions of libraries are caught in the target that owns the library.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace chartroom::base {

// One row of kCodeTable each (error.cpp). The spelling on the wire is the enumerator's name;
// dialects that spell differently map it themselves.
enum class Code : std::uint8_t {
    // what a client did
    malformed,          // not the JSON (or the text) that the dialect expects
    validation_error,   // a field is missing or has the wrong type or value
    unknown_type,       // no plugin handles this message type
    message_too_long,   // over [limits] frame_bytes
    rate_limited,       // token bucket empty; retry_after_ms says when
    unauthenticated,    // a token is required, or the one given is not valid
    forbidden,          // not there, or not for this principal: one answer for both
    id_reused,          // the client id was used with another payload
    stale_message,      // `since` is too old to prove that this is no repeat; nothing was run
    resume_impossible,  // what lies after `after` is not all there
    not_found,          // an HTTP resource or a command-line argument that names nothing
    // what the server could not do just now
    busy,         // a named bound was reached; try again
    unavailable,  // the log does not take writes; retry with the same id
    restarting,   // the server drains
    // how a turn ended
    plugin_failed,      // the handler threw or broke the contract
    plugin_crashed,     // this input took the plugin down before
    deadline_exceeded,  // the turn outlived its deadline
    interrupted,        // the turn could not be continued after a restart
    cancelled,          // stopped by its author
    // the log's own answers, seen by the engine
    conflict,  // the head is not the expected one
    fenced,    // another writer owns the session
    erased,    // the session was erased
    unknown,   // the outcome of a commit is not known
    // the system and its configuration
    io,            // read, write, open failed; the message names the file
    disk_full,     // no space for the log
    read_only,     // the file or its folder cannot be written
    locked,        // another process holds the file
    not_a_log,     // the file is no Chartroom log
    newer_format,  // written by a newer Chartroom
    corrupt,       // a page, a row or a chain does not check out
    bad_config,    // configuration refused
    plugin_load,   // a plugin file was refused
    internal,      // a bug; the message says where
};

struct CodeInfo {
    std::string_view name;     // as on the wire
    std::string_view meaning;  // one line for a person
    bool client_visible;       // may reach a client as it is; others are shown as `internal`
    bool retry;                // the same request may succeed later
    std::uint16_t closes;      // the WebSocket close code that follows, 0 for none
    std::uint16_t http;        // the status of an HTTP answer
};

// The row of `code`. Any thread.
[[nodiscard]] const CodeInfo& info(Code code);

struct Error {
    Code code = Code::internal;
    std::string message;     // for a person; names what and where; never a secret or a body
    std::string field = {};  // the offending field in the words of the interface, or empty
    std::uint32_t retry_after_ms = 0;  // 0: not said
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message,
                                                 std::string field = {}) {
    return std::unexpected(Error{code, std::move(message), std::move(field)});
}

}  // namespace chartroom::base
