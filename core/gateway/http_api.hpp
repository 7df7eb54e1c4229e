// The HTTP API: sessions, events, messages, streams and tickets as rows of the endpoint table. Each
// handler turns a request into one call of the engine; who may do what, the engine asks access.
// Gateway thread.
#pragma once

#include <functional>
#include <string>

#include "core/auth/access.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/gateway/endpoint.hpp"
#include "core/gateway/endpoints.hpp"
#include "core/gateway/http_calls.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/sockets.hpp"
#include "core/gateway/tickets.hpp"

namespace chartroom::gateway {

// What the API stands on. All of it outlives the API.
struct HttpApiWorld {
    const Options& options;
    base::Clock& clock;
    base::Random& random;
    EnginePort& engine;
    HttpCalls& calls;
    Tickets& tickets;
    // Milliseconds until this user at this address may send again; 0: now, and it counts.
    std::function<std::uint32_t(const auth::Principal&, std::string_view address)> rate_limit;
    // Whether new messages and streams are refused, since the server is ending.
    std::function<bool()> draining;
};

class HttpApi {
  public:
    static constexpr std::size_t kIdBytesMax = 64;     // of an Idempotency-Key
    static constexpr std::size_t kNameBytesMax = 512;  // of a session's name, or an id
    static constexpr std::size_t kPageDefault = 100;

    explicit HttpApi(HttpApiWorld world);
    // Adds its rows. The API outlives the table.
    void add_to(Endpoints& table);

  private:
    [[nodiscard]] Answer sessions(Asked& asked);
    [[nodiscard]] Answer events(Asked& asked);
    [[nodiscard]] Answer message(Asked& asked);
    [[nodiscard]] Answer stream(Asked& asked);
    [[nodiscard]] Answer ticket(Asked& asked);
    [[nodiscard]] Answer erase(Asked& asked);

    [[nodiscard]] base::Result<auth::Resolved> resolve(const Asked& asked, std::string_view name);
    // Begins a call, and hands its number to `ask`, which says whether the engine took it.
    [[nodiscard]] Answer ask(HttpCalls::Finish finish,
                             const std::function<bool(base::ConnectionId)>& ask);

    HttpApiWorld world_;
    Route stream_route_;
};

}  // namespace chartroom::gateway
