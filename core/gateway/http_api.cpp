#include "core/gateway/http_api.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/dialects/native.hpp"
#include "core/events/json_writer.hpp"
#include "core/gateway/event_stream.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;
using events::JsonWriter;

// Over HTTP a name means what it means on /v1/session.
const auth::RouteIdentity kIdentity{.key = "native", .is_room = false};

HttpResponse json(unsigned status, JsonWriter document) {
    return json_response(status, document.take() + "\n");
}

HttpResponse busy() {
    return problem({Code::busy, "the server is busy", {}, 1'000});
}

// The problem that a Refused tells; nothing for another notice.
std::optional<HttpResponse> refusal_of(const engine::NoticeBody& notice) {
    const auto* refused = std::get_if<engine::Refused>(&notice);
    return refused == nullptr ? std::nullopt : std::optional(problem(refused->error));
}

HttpResponse session_list(const engine::NoticeBody& notice) {
    if (auto refused = refusal_of(notice)) return *std::move(refused);
    const auto& list = std::get<engine::SessionList>(notice);
    std::string rows = "[";
    for (const engine::ListedSession& one : list.sessions) {
        JsonWriter row;
        row.text("session", one.name)
            .number("head", one.head.value)
            .text("created_at", base::to_rfc3339(one.created_at_us))
            .text("last_at", base::to_rfc3339(one.last_at_us));
        rows += (rows.size() > 1 ? "," : "") + row.take();
    }
    JsonWriter page(rows.size() + 64);
    page.raw("sessions", rows + "]").boolean("more", list.more);
    if (list.more) page.text("next", list.sessions.back().name);
    return json(200, std::move(page));
}

HttpResponse event_page(const engine::NoticeBody& notice, const std::string& session,
                        const base::Epoch& epoch) {
    if (auto refused = refusal_of(notice)) return *std::move(refused);
    const auto& found = std::get<engine::HistoryPage>(notice);
    const std::string name = events::to_json_string(session);
    std::string rows = "[";
    for (const auto& event : found.events) {
        rows += (rows.size() > 1 ? "," : "") + dialects::native_event(*event, name);
    }
    JsonWriter page(rows.size() + 256);
    page.raw("session", name).text("epoch", epoch.value).raw("events", rows + "]");
    page.boolean("more", found.more);
    if (found.more) page.text("next", to_text(epoch, found.scanned_to));
    return json(200, std::move(page));
}

HttpResponse accepted(const engine::NoticeBody& notice, const std::string& session,
                      const std::string& participant, const base::Epoch& epoch) {
    if (auto refused = refusal_of(notice)) return *std::move(refused);
    const auto& taken = std::get<engine::Accepted>(notice);
    JsonWriter document;
    document.text("session", session)
        .number("offset", taken.offset.value)
        .text("epoch", epoch.value)
        .text("position", to_text(epoch, taken.offset))
        .boolean("duplicate", taken.duplicate);
    if (!participant.empty()) document.text("participant", participant);
    return json(taken.duplicate ? 200 : 202, std::move(document));
}

}  // namespace

HttpApi::HttpApi(HttpApiWorld world)
    : world_(std::move(world)),
      stream_route_{.path = "/api/v1/sessions/{session...}/stream",
                    .dialect = "native",
                    .auth = RouteAuth::optional,
                    .drain = DrainStyle::drop} {}

base::Result<auth::Resolved> HttpApi::resolve(const Asked& asked, std::string_view name) {
    return auth::resolve(world_.options.access, *asked.caller.principal, kIdentity, name,
                         world_.random);
}

Answer HttpApi::ask(HttpCalls::Finish finish, const std::function<bool(base::ConnectionId)>& ask) {
    const auto call = world_.calls.begin(std::move(finish));
    if (!call) return busy();
    if (ask(*call)) return Later{*call};
    world_.calls.abandon(*call);
    return busy();
}

Answer HttpApi::sessions(Asked& asked) {
    base::SessionId after;
    if (const auto name = asked.values.text("after")) {
        auto resolved = resolve(asked, *name);
        if (!resolved) return problem(resolved.error());
        after = std::move(resolved->id);
    }
    const std::size_t limit = asked.values.integer("limit").value_or(kPageDefault);
    return ask(session_list, [&](base::ConnectionId call) {
        world_.engine.list({call, 0, asked.caller.principal, std::move(after), limit});
        return true;
    });
}

Answer HttpApi::events(Asked& asked) {
    auto resolved = resolve(asked, asked.values.text("session").value_or(""));
    if (!resolved) return problem(resolved.error());
    const Position after = asked.values.position("after").value_or(Position{});
    std::optional<base::Epoch> epoch = after.epoch;
    if (const auto given = asked.values.text("epoch")) epoch = base::Epoch{*given};
    const std::size_t limit = asked.values.integer("limit").value_or(kPageDefault);
    const auto finish = [name = resolved->name,
                         now = world_.engine.epoch()](const engine::NoticeBody& notice) {
        return event_page(notice, name, now);
    };
    return ask(finish, [&](base::ConnectionId call) {
        return world_.engine.history({call, 0, asked.caller.principal, resolved->id, std::nullopt,
                                      after.offset, std::move(epoch), limit});
    });
}

Answer HttpApi::message(Asked& asked) {
    if (world_.draining()) {
        return problem({Code::restarting, "the server is restarting", {}, 1'000});
    }
    if (const std::uint32_t wait_ms =
            world_.rate_limit(*asked.caller.principal, asked.request.address)) {
        return problem({Code::rate_limited, "too many messages", {}, wait_ms});
    }
    auto resolved = resolve(asked, asked.values.text("session").value_or(""));
    if (!resolved) return problem(resolved.error());
    engine::Submission submission;
    submission.principal = asked.caller.principal;
    submission.session = resolved->id;
    submission.type = asked.values.text("type").value_or("");
    submission.payload = asked.values.text("data").value_or("{}");
    submission.client_id = asked.values.text("Idempotency-Key").value_or("");
    if (const auto since = asked.values.position("since")) {
        submission.since = since->offset;
        submission.since_epoch = since->epoch;
    }
    if (const auto epoch = asked.values.text("epoch")) submission.since_epoch = base::Epoch{*epoch};
    const auto finish = [name = resolved->name, participant = asked.caller.participant_key,
                         now = world_.engine.epoch()](const engine::NoticeBody& notice) {
        return accepted(notice, name, participant, now);
    };
    return ask(finish, [&](base::ConnectionId call) {
        submission.connection = call;
        return world_.engine.submit(std::move(submission));
    });
}

Answer HttpApi::stream(Asked& asked) {
    if (world_.draining()) {
        return problem({Code::restarting, "the server is restarting", {}, 1'000});
    }
    EventStreamRequest request;
    request.session = asked.values.text("session").value_or("");
    request.after = asked.values.position("after");
    if (const auto epoch = asked.values.text("epoch"); epoch && request.after) {
        request.after->epoch = base::Epoch{*epoch};
    }
    // Where a browser comes back by itself: further on than the URL says.
    if (const auto last = asked.values.position("Last-Event-ID")) request.after = last;
    request.participant = asked.caller.participant_key;
    Admitted admitted;
    admitted.route = &stream_route_;
    admitted.framing = Framing::bytes;
    // An anonymous caller is made again by the hub, from its key, so that the stream tells it.
    if (asked.caller.participant_key.empty()) {
        admitted.verified = {*asked.caller.principal, asked.caller.expires_us};
    }
    admitted.address_key = limited_address(asked.request.address);
    return Stream{std::move(admitted), std::move(request)};
}

Answer HttpApi::ticket(Asked& asked) {
    if (asked.caller.principal->who != auth::Who::user) {
        return problem({Code::forbidden, "tickets are for users, who have a token to show"});
    }
    auto resolved = resolve(asked, asked.values.text("session").value_or(""));
    if (!resolved) return problem(resolved.error());
    if (!auth::may(world_.options.access, *asked.caller.principal, auth::Action::follow,
                   resolved->id)) {
        return problem({Code::forbidden, "there is no such session, or not for you"});
    }
    auth::Verified holder{*asked.caller.principal, asked.caller.expires_us};
    holder.principal.only_session = std::move(resolved->id);
    auto made = world_.tickets.issue(std::move(holder), world_.clock.monotonic_us());
    if (!made) return problem(made.error());
    JsonWriter document;
    document.text("ticket", *made)
        .text("session", resolved->name)
        .number("expires_in_ms", Tickets::kLifetimeUs / 1'000);
    return json(200, std::move(document));
}

Answer HttpApi::erase(Asked& asked) {
    auto resolved = resolve(asked, asked.values.text("session").value_or(""));
    if (!resolved) return problem(resolved.error());
    return ask(
        [](const engine::NoticeBody& notice) {
            if (auto refused = refusal_of(notice)) return *std::move(refused);
            HttpResponse done;
            done.status = 204;
            return done;
        },
        [&](base::ConnectionId call) {
            world_.engine.erase(
                {asked.caller.principal, resolved->id, asked.values.text("reason").value_or("")},
                call);
            return true;
        });
}

// ---- the rows ----------------------------------------------------------------------------------

void HttpApi::add_to(Endpoints& table) {
    const std::uint64_t page_max = world_.options.history_max;
    const Field session{.name = "session",
                        .in = In::path,
                        .summary = "The session's name, as its user says it; an id, for the admin",
                        .required = true,
                        .max = kNameBytesMax};
    const Field participant{.name = "participant",
                            .summary =
                                "Where the server has no authentication: the key that an "
                                "earlier answer gave, to be the same participant again",
                            .max = 64};
    const Field epoch{.name = "epoch",
                      .summary = "The log's epoch, where the position does not say it",
                      .max = 64};
    const auto to = [this](Answer (HttpApi::*handler)(Asked&)) {
        return [this, handler](Asked& asked) { return (this->*handler)(asked); };
    };

    table.add({.method = "GET",
               .path = "/api/v1/sessions",
               .id = "listSessions",
               .summary = "One's own sessions and those that one's claims cover, by id",
               .guard = Guard::token,
               .fields = {{.name = "after",
                           .summary = "Sessions behind this one: `next` of the page before",
                           .max = kNameBytesMax},
                          {.name = "limit",
                           .kind = FieldKind::integer,
                           .summary = "Sessions of a page",
                           .min = 1,
                           .max = page_max}},
               .replies = {{200, "A page of sessions", "SessionList"}},
               .handler = to(&HttpApi::sessions)});
    table.add({.method = "GET",
               .path = "/api/v1/sessions/{session...}/events",
               .id = "readEvents",
               .summary = "The events of a session that its reader may see, oldest first",
               .guard = Guard::token,
               .fields = {session,
                          {.name = "after",
                           .kind = FieldKind::position,
                           .summary = "Events behind this position: `next` of the page before, or "
                                      "the id of a server-sent event"},
                          epoch,
                          {.name = "limit",
                           .kind = FieldKind::integer,
                           .summary = "Events looked at for a page",
                           .min = 1,
                           .max = page_max},
                          participant},
               .replies = {{200, "A page of events", "EventPage"}},
               .handler = to(&HttpApi::events)});
    table.add({.method = "POST",
               .path = "/api/v1/sessions/{session...}/messages",
               .id = "sendMessage",
               .summary = "Sends a message; answered once it is durable, while its turn runs",
               .guard = Guard::token,
               .fields = {session,
                          {.name = "Idempotency-Key",
                           .in = In::header,
                           .summary = "The message's id, unique for its sender in the session: "
                                      "sent again, it is answered as before and runs nothing",
                           .max = kIdBytesMax},
                          {.name = "type",
                           .in = In::body,
                           .summary = "A type that a plugin handles: `chat`, `echo`, …",
                           .required = true,
                           .max = 128},
                          {.name = "data",
                           .in = In::body,
                           .kind = FieldKind::object,
                           .summary = "What the type's plugin takes"},
                          {.name = "since",
                           .in = In::body,
                           .kind = FieldKind::position,
                           .summary = "The session's position that the client knew when it first "
                                      "sent this message"},
                          {.name = "epoch",
                           .in = In::body,
                           .summary = "The log's epoch, where `since` does not say it",
                           .max = 64},
                          participant},
               .replies = {{202, "Durable, and run", "Accepted"},
                           {200, "Durable already: this was sent before", "Accepted"}},
               .handler = to(&HttpApi::message)});
    table.add({.method = "GET",
               .path = stream_route_.path,
               .id = "streamEvents",
               .summary = "The session as server-sent events: the frames of the native protocol, "
                          "each with the position behind it as its id",
               .guard = Guard::token_or_ticket,
               .fields = {session,
                          {.name = "after",
                           .kind = FieldKind::position,
                           .summary = "Begin behind this position; absent: with what comes now"},
                          epoch,
                          {.name = "Last-Event-ID",
                           .in = In::header,
                           .kind = FieldKind::position,
                           .summary = "The same, as an EventSource sends it when it comes back"},
                          {.name = "ticket",
                           .summary = "Instead of a token, for an EventSource",
                           .max = 64},
                          participant},
               .replies = {{200, "Events until somebody hangs up", {}, "text/event-stream"}},
               .handler = to(&HttpApi::stream)});
    table.add({.method = "POST",
               .path = "/api/v1/tickets",
               .id = "makeTicket",
               .summary = "A ticket for one socket or stream of one session, good once and for 30 "
                          "seconds: `?ticket=`, where a browser can send no header",
               .guard = Guard::token,
               .fields = {{.name = "session",
                           .in = In::body,
                           .summary = "The session's name; absent: a new session",
                           .max = kNameBytesMax}},
               .replies = {{200, "The ticket", "Ticket"}},
               .handler = to(&HttpApi::ticket)});
    table.add({.method = "DELETE",
               .path = "/api/v1/sessions/{session...}",
               .id = "eraseSession",
               .summary = "Erases a session for good. For the admin; for its user where the server "
                          "allows that",
               .guard = Guard::token,
               .fields = {session,
                          {.name = "reason",
                           .summary = "For the ledger of erasures: a case number, never a name",
                           .max = 128}},
               .replies = {{204, "It is done"}},
               .handler = to(&HttpApi::erase)});
}

}  // namespace chartroom::gateway
