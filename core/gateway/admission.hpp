// Admission: who may connect, from where and to which route, decided before anything is kept for
// the connection; and the one door that every token is judged at. Pure but for its counts; time
// comes from a clock. Gateway thread.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/gateway/auth_failures.hpp"
#include "core/gateway/counters.hpp"
#include "core/gateway/credentials.hpp"
#include "core/gateway/http.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/route_table.hpp"

namespace chartroom::gateway {

// What carries a connection's frames.
enum class Framing : std::uint8_t {
    websocket,  // each is a text frame
    bytes,      // each goes out as it stands: an HTTP response that does not end
};

// What is settled at the upgrade and handed on to the connection.
struct Admitted {
    const Route* route = nullptr;  // of the table, which outlives the connection
    Parameters path;
    Query query;  // without the credentials
    // Nothing: yet to be shown by a frame; or anonymous, yet to be named.
    std::optional<auth::Verified> verified;
    bool must_authenticate = false;
    bool anonymous_only = false;  // a page opened from a file: takes no token in a frame either
    Framing framing = Framing::websocket;
    std::string address_key;  // what its address counts as; empty: not counted
};

// Why not, as an answer and as a short stable reason for metrics.
struct Refusal {
    HttpResponse response;
    std::string_view reason;
};

// What admission stands on. All of it outlives it.
struct AdmissionWorld {
    const base::Clock& clock;
    Counters& counters;
    const Authenticate& authenticate;
    const RedeemTicket& redeem;
};

class Admission {
  public:
    // `routes` and `options` outlive it. `listening` are the hosts of the listeners.
    Admission(const Options& options, const RouteTable& routes, AdmissionWorld world,
              const std::vector<std::string>& listening);

    // Host and origin of any request. Nothing: they pass.
    [[nodiscard]] std::expected<void, Refusal> check_browser(const HttpRequest& request) const;

    // An upgrade to WebSocket. A ticket is used up, a failure is counted; the connection is not
    // yet.
    [[nodiscard]] std::expected<Admitted, Refusal> admit(const HttpRequest& request);

    // Whom `token` speaks for. A failure counts against the address (empty: it has no limits).
    // Errors: unauthenticated.
    [[nodiscard]] base::Result<auth::Verified> authenticate(std::string_view token,
                                                            const std::string& address_key);
    // The same of a ticket, which is used up.
    [[nodiscard]] base::Result<auth::Verified> redeem(std::string_view ticket,
                                                      const HttpRequest& request,
                                                      const std::string& address_key);
    // Whether one connection more is within the caps, and its address not refused.
    [[nodiscard]] std::expected<void, Refusal> check_caps(const std::string& address_key) const;
    // How long an address with too many failures is refused from now on; 0: it is not.
    [[nodiscard]] std::int64_t refused_for_us(const std::string& address_key) const;

    // Counts the connection in and out, in pairs.
    void entered(const std::string& address_key);
    void left(const std::string& address_key);

  private:
    [[nodiscard]] bool host_allowed(const HttpRequest& request) const;
    [[nodiscard]] bool origin_allowed(const HttpRequest& request) const;
    [[nodiscard]] bool is_null_origin_here(const HttpRequest& request) const;
    [[nodiscard]] std::expected<void, Refusal> identify(const HttpRequest& request,
                                                        Admitted& connection);
    [[nodiscard]] base::Result<auth::Verified> judged(Verdict verdict,
                                                      const std::string& address_key);

    const Options& options_;
    const RouteTable& routes_;
    AdmissionWorld world_;
    std::set<std::string, std::less<>> names_;
    std::set<std::string, std::less<>> origins_;
    bool any_address_ = false;  // listens on a wildcard: any literal address is a name of ours
    std::unordered_map<std::string, std::size_t> open_;  // by address
    std::size_t open_total_ = 0;
    AuthFailures failures_;
};

// What limits by address count a client as; empty for loopback, which has none.
[[nodiscard]] std::string limited_address(std::string_view address);

// Whether a client of this dialect can show its token in a frame instead of the upgrade.
[[nodiscard]] bool authenticates_in_frame(std::string_view dialect);

}  // namespace chartroom::gateway
