#include "core/gateway/counters.hpp"

#include <utility>

namespace chartroom::gateway {
namespace {

MetricPoint point(std::uint64_t value) {
    MetricPoint out;
    out.value = static_cast<double>(value);
    return out;
}

MetricPoint labelled(std::string label, std::string text, std::uint64_t value) {
    MetricPoint out = point(value);
    out.labels.emplace_back(std::move(label), std::move(text));
    return out;
}

MetricFamily counter(std::string name, std::string help, std::vector<MetricPoint> points) {
    return {std::move(name), std::move(help), MetricKind::counter, std::move(points)};
}

MetricFamily gauge(std::string name, std::string help, std::uint64_t value) {
    return {std::move(name), std::move(help), MetricKind::gauge, {point(value)}};
}

}  // namespace

std::vector<MetricFamily> families(const Counters& c) {
    std::vector<MetricPoint> refused;
    for (std::size_t i = 0; i < c.refused_frames.size(); ++i) {
        if (c.refused_frames[i] == 0) continue;
        const std::string code(base::info(static_cast<base::Code>(i)).name);
        refused.push_back(labelled("code", code, c.refused_frames[i]));
    }
    const auto by = [](const char* label, const auto& counts) {
        std::vector<MetricPoint> points;
        for (const auto& [word, n] : counts) points.push_back(labelled(label, word, n));
        return points;
    };
    std::vector<MetricPoint> closes;
    for (const auto& [code, n] : c.closes) {
        closes.push_back(labelled("code", code == 0 ? "none" : std::to_string(code), n));
    }
    std::vector<MetricPoint> responses;
    for (const auto& [what, n] : c.http_responses) {
        responses.push_back(labelled("endpoint", what.first, n));
        responses.back().labels.emplace_back("status", std::to_string(what.second));
    }
    return {
        gauge("chartroom_connections", "WebSocket connections that are open", c.connections_open),
        counter("chartroom_connections_total", "WebSocket connections accepted",
                {point(c.connections_opened)}),
        counter(
            "chartroom_frames_total", "Frames by direction",
            {labelled("direction", "in", c.frames_in), labelled("direction", "out", c.frames_out)}),
        counter(
            "chartroom_frame_bytes_total", "Bytes of frames by direction",
            {labelled("direction", "in", c.bytes_in), labelled("direction", "out", c.bytes_out)}),
        counter("chartroom_writes_total", "Writes that frames were gathered into",
                {point(c.writes)}),
        counter("chartroom_notices_total", "Notices of the engine", {point(c.notices)}),
        counter("chartroom_notice_batches_total", "Batches that notices came in",
                {point(c.notice_batches)}),
        counter("chartroom_slow_closes_total", "Connections dropped for not reading",
                {point(c.slow_closes)}),
        counter("chartroom_reading_pauses_total", "Times that reading from a connection paused",
                {point(c.reading_pauses)}),
        counter("chartroom_refused_frames_total", "Frames refused by code", std::move(refused)),
        counter("chartroom_refused_upgrades_total", "Upgrades refused by reason",
                by("reason", c.refused_upgrades)),
        counter("chartroom_failed_authentications_total", "Tokens and tickets refused by reason",
                by("reason", c.failed_authentications)),
        counter("chartroom_pending_evicted_total",
                "Connections closed before they authenticated, to make room for newer ones",
                {point(c.pending_evicted)}),
        counter("chartroom_rate_limited_total",
                "Frames refused as rate_limited, by whose bucket was empty",
                by("bucket", c.rate_limited)),
        counter("chartroom_closes_total", "Connections that the server ended, by close code",
                std::move(closes)),
        counter("chartroom_http_responses_total", "HTTP responses by endpoint and status",
                std::move(responses)),
    };
}

std::vector<MetricFamily> families(const engine::EngineStats& s) {
    return {
        counter("chartroom_messages_total", "Messages by how they were taken",
                {labelled("result", "accepted", s.messages),
                 labelled("result", "duplicate", s.duplicates),
                 labelled("result", "refused", s.refused)}),
        counter("chartroom_events_delivered_total", "Events handed to followers",
                {point(s.events_delivered)}),
        counter("chartroom_turns_opened_total", "Turns opened", {point(s.turns_opened)}),
        counter("chartroom_turns_ended_total", "Turns ended by result",
                {labelled("result", "failed", s.turns_failed),
                 labelled("result", "ok", s.turns_ended - s.turns_failed)}),
        counter("chartroom_turns_recovered_total", "Turns taken up again at the start",
                {point(s.turns_recovered)}),
        gauge("chartroom_turns_open", "Turns in progress", s.turns_open),
        counter("chartroom_resumes_total", "Resumes by outcome",
                {labelled("outcome", "full", s.resumes_full),
                 labelled("outcome", "reset", s.resumes_reset)}),
        counter("chartroom_emits_dropped_total",
                "Events for another session that was erased before they arrived",
                {point(s.emits_dropped)}),
        gauge("chartroom_sessions_loaded", "Sessions in memory", s.sessions_loaded),
        gauge("chartroom_followers", "Followers of sessions", s.followers),
        counter("chartroom_session_crashes_total",
                "Sessions dropped from memory and read again after a failed append",
                {point(s.session_crashes)}),
    };
}

}  // namespace chartroom::gateway
