// Admission: who may connect, from where and to which route, decided before anything is kept for
// the connection. Pure but for its counts. Gateway thread.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/auth/principal.hpp"
#include "core/base/error.hpp"
#include "core/gateway/http.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

using Authenticate = std::function<base::Result<auth::Principal>(std::string_view token)>;

// What is settled at the upgrade and handed on to the connection.
struct Admitted {
    const Route* route = nullptr;  // of the table, which outlives the connection
    Parameters path;
    Query query;  // without the token
    auth::PrincipalPtr
        principal;  // null: yet to be shown by a frame; or anonymous, yet to be named
    bool must_authenticate = false;
    std::string address_key;  // what its address counts as; empty: not counted
};

// Why not, as an answer and as a short stable reason for metrics.
struct Refusal {
    HttpResponse response;
    std::string_view reason;
};

class Admission {
  public:
    // `routes`, `options` and `authenticate` outlive it. `listening` are the hosts of the
    // listeners.
    Admission(const Options& options, const RouteTable& routes, const Authenticate& authenticate,
              const std::vector<std::string>& listening);

    // Host and origin of any request. Nothing: they pass.
    [[nodiscard]] std::expected<void, Refusal> check_browser(const HttpRequest& request) const;

    // An upgrade to WebSocket. Nothing is counted yet.
    [[nodiscard]] std::expected<Admitted, Refusal> admit(const HttpRequest& request) const;

    // Counts the connection in and out. entered() and left() come in pairs; authenticated() at most
    // once between them, if must_authenticate.
    void entered(const Admitted& connection);
    void authenticated(const std::string& address_key);
    void left(const std::string& address_key, bool was_authenticated);

  private:
    struct Counts {
        std::size_t open = 0;
        std::size_t pending = 0;  // of them, those that have yet to authenticate
    };

    [[nodiscard]] bool host_allowed(const HttpRequest& request) const;
    [[nodiscard]] bool origin_allowed(const HttpRequest& request) const;
    [[nodiscard]] bool is_null_origin_here(const HttpRequest& request) const;
    [[nodiscard]] std::expected<void, Refusal> check_caps(const Admitted& connection) const;
    [[nodiscard]] std::expected<void, Refusal> identify(const HttpRequest& request,
                                                        Admitted& connection) const;

    const Options& options_;
    const RouteTable& routes_;
    const Authenticate& authenticate_;
    std::set<std::string, std::less<>> names_;
    std::set<std::string, std::less<>> origins_;
    bool any_address_ = false;  // listens on a wildcard: any literal address is a name of ours
    std::unordered_map<std::string, Counts> by_address_;
    Counts total_;
};

// Whether a client of this dialect can show its token in a frame instead of the upgrade.
[[nodiscard]] bool authenticates_in_frame(std::string_view dialect);

}  // namespace chartroom::gateway
