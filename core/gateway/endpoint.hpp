// One row of the HTTP API's table, as values: where it stands, who may ask, what it reads and what
// it answers. Requests are read by these rows and openapi.json is made from them, so that what is
// promised and what is checked cannot differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/auth/principal.hpp"
#include "core/base/ids.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/event_stream.hpp"
#include "core/gateway/http.hpp"

namespace chartroom::gateway {

// ---- what is read ------------------------------------------------------------------------------

enum class In : std::uint8_t { path, query, header, body };

enum class FieldKind : std::uint8_t {
    text,      // at most `max` bytes
    integer,   // from `min` to `max`
    position,  // "E:N" or a whole number
    object,    // of the body only: a JSON object, as the bytes that came
};

struct Field {
    std::string_view name;
    In in = In::query;
    FieldKind kind = FieldKind::text;
    std::string_view summary;
    bool required = false;
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::int64_t>::max();
};

// The fields of one request that were there, read as their rows say.
class Values {
  public:
    using Value = std::variant<std::string, std::uint64_t, Position>;

    void set(std::string_view name, Value value) {
        values_.insert_or_assign(name, std::move(value));
    }
    // Nothing: it was not sent. Precondition: the field's row is of that kind.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const {
        return get<std::string>(name);
    }
    [[nodiscard]] std::optional<std::uint64_t> integer(std::string_view name) const {
        return get<std::uint64_t>(name);
    }
    [[nodiscard]] std::optional<Position> position(std::string_view name) const {
        return get<Position>(name);
    }

  private:
    template <typename T>
    [[nodiscard]] std::optional<T> get(std::string_view name) const {
        const auto found = values_.find(name);
        if (found == values_.end()) return std::nullopt;
        return std::get<T>(found->second);
    }
    std::map<std::string_view, Value> values_;  // by names of rows
};

// Reads the fields that stand in path, query and headers, then those of a body.
// Errors: validation_error with the field, malformed (a body that is no JSON object).
[[nodiscard]] base::Result<void> read_fields(const std::vector<Field>& fields,
                                             const HttpRequest& request, const Parameters& path,
                                             Values& values);
[[nodiscard]] base::Result<void> read_body(const std::vector<Field>& fields, std::string_view body,
                                           Values& values);

// ---- who may ask -------------------------------------------------------------------------------

enum class Guard : std::uint8_t {
    anyone,
    token,            // a user's token or the admin's; without [auth] everybody, as anonymous
    token_or_ticket,  // the same, or `?ticket=`
};

struct Caller {
    auth::PrincipalPtr principal;  // null where the guard is `anyone`
    std::string participant_key;   // of an anonymous one
    std::int64_t expires_us = 0;   // when its credentials end, on the wall clock; 0: never
};

// ---- what is answered --------------------------------------------------------------------------

// The answer follows: HttpResponder::respond() is called with this number.
struct Later {
    base::ConnectionId call;
};
// The connection becomes a stream of the hub's.
struct Stream {
    Admitted admitted;
    EventStreamRequest request;
};
using Answer = std::variant<HttpResponse, Later, Stream>;

// Takes the answers that come later; the server does.
class HttpResponder {
  public:
    virtual ~HttpResponder() = default;
    // Once for each Later that was not abandoned.
    virtual void respond(base::ConnectionId call, HttpResponse response) = 0;
};

// What a client may expect, for openapi.json. Refusals need no row: they are problem documents.
struct Reply {
    unsigned status = 200;
    std::string_view summary;
    std::string_view schema = {};  // a name of api_schemas.hpp; empty: any
    std::string_view media = "application/json";
};

// What is known of a request beside the request itself, as long as it is answered.
struct Exchange {
    std::string_view endpoint = "none";  // its row's id, for metrics
    std::string cors_origin;             // the listed origin that may read the answer, or empty
    bool head = false;                   // HEAD: no body goes out
    bool unread_body = false;            // a body was announced that nobody reads: close behind it
};

struct Endpoint;
// A request that was let in. Handlers take what they need from it.
struct Asked {
    const Endpoint* endpoint = nullptr;
    HttpRequest request;
    Parameters path;
    Caller caller;
    Values values;
    Exchange exchange;
    std::size_t body_bytes = 0;  // of the body that is to be read before the handler is called
};

struct Endpoint {
    std::string_view method;
    std::string_view path;  // as in a route
    std::string_view id;    // its name in metrics and openapi.json
    std::string_view summary;
    Guard guard = Guard::anyone;
    std::vector<Field> fields = {};
    std::vector<Reply> replies = {};
    std::function<Answer(Asked&)> handler;

    // Whether a JSON body is read.
    [[nodiscard]] bool takes_body() const;
    // Whether its answer has no end, so that HEAD has no meaning.
    [[nodiscard]] bool streams() const;
};

}  // namespace chartroom::gateway
