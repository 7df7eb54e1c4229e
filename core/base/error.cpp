#include "core/base/error.hpp"

#include <array>

#include "core/base/check.hpp"

namespace chartroom::base {
namespace {

struct Row {
    Code code;
    CodeInfo info;
};

// In the order of the enumeration; info() checks that.
constexpr std::array kCodeTable = {
    Row{Code::malformed,
        {"malformed", "the frame is not what this route expects", true, false, 0, 400}},
    Row{Code::validation_error,
        {"validation_error", "a field is missing or wrong", true, false, 0, 400}},
    Row{Code::unknown_type, {"unknown_type", "no plugin handles this type", true, false, 0, 400}},
    Row{Code::message_too_long, {"message_too_long", "the frame is too long", true, false, 0, 413}},
    Row{Code::rate_limited, {"rate_limited", "too many messages", true, true, 4429, 429}},
    Row{Code::unauthenticated,
        {"unauthenticated", "a valid token is required", true, false, 4001, 401}},
    Row{Code::forbidden, {"forbidden", "not there, or not yours", true, false, 4003, 403}},
    Row{Code::id_reused,
        {"id_reused", "the id was used with another payload", true, false, 0, 422}},
    Row{Code::stale_message,
        {"stale_message", "too old to tell whether it was done", true, false, 0, 409}},
    Row{Code::resume_impossible,
        {"resume_impossible", "the past is not all there", true, false, 0, 410}},
    Row{Code::not_found, {"not_found", "there is no such thing", true, false, 0, 404}},
    Row{Code::busy, {"busy", "a bound was reached", true, true, 0, 503}},
    Row{Code::unavailable,
        {"unavailable", "the log does not take writes just now", true, true, 0, 503}},
    Row{Code::restarting, {"restarting", "the server is restarting", true, true, 1012, 503}},
    Row{Code::plugin_failed, {"plugin_failed", "the plugin failed", true, false, 0, 500}},
    Row{Code::plugin_crashed,
        {"plugin_crashed", "this input crashed the plugin before", true, false, 0, 500}},
    Row{Code::deadline_exceeded,
        {"deadline_exceeded", "the turn took too long", true, true, 0, 503}},
    Row{Code::interrupted, {"interrupted", "the turn could not be continued", true, true, 0, 503}},
    Row{Code::cancelled, {"cancelled", "stopped", true, false, 0, 409}},
    Row{Code::conflict, {"conflict", "the session's head is another", false, false, 0, 500}},
    Row{Code::fenced, {"fenced", "another writer owns the session", false, true, 0, 500}},
    Row{Code::erased, {"erased", "the session was erased", true, false, 4009, 410}},
    Row{Code::unknown, {"unknown", "the outcome of a commit is not known", false, true, 0, 500}},
    Row{Code::io, {"io", "reading or writing failed", false, true, 0, 500}},
    Row{Code::disk_full, {"disk_full", "no space is left", false, true, 0, 500}},
    Row{Code::read_only, {"read_only", "the file cannot be written", false, false, 0, 500}},
    Row{Code::locked, {"locked", "another process holds the file", false, true, 0, 500}},
    Row{Code::not_a_log, {"not_a_log", "the file is no Chartroom log", false, false, 0, 500}},
    Row{Code::newer_format,
        {"newer_format", "a newer Chartroom wrote the file", false, false, 0, 500}},
    Row{Code::corrupt, {"corrupt", "the file is damaged", false, false, 0, 500}},
    Row{Code::bad_config, {"bad_config", "the configuration is refused", false, false, 0, 500}},
    Row{Code::plugin_load, {"plugin_load", "the plugin is refused", false, false, 0, 500}},
    Row{Code::internal, {"internal", "a bug in the server", true, false, 0, 500}},
};
static_assert(kCodeTable.size() == static_cast<std::size_t>(Code::internal) + 1);

}  // namespace

const CodeInfo& info(Code code) {
    const auto& row = kCodeTable.at(static_cast<std::size_t>(code));
    CHECK(row.code == code);
    return row.info;
}

}  // namespace chartroom::base
