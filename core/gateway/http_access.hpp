// Who asks over HTTP, and which pages may read the answers. Host and Origin are admission's rules;
// tokens, tickets and the admin's token are told apart here. Gateway thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/random.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/endpoint.hpp"

namespace chartroom::gateway {

class HttpAccess {
  public:
    // All of them outlive it.
    // `asks`: somebody is asked for a token at all.
    HttpAccess(const Options& options, Admission& admission, bool asks, base::Random& random)
        : options_(options), admission_(admission), asks_(asks), random_(random) {}

    // Host and origin of any request. Nothing: they pass.
    [[nodiscard]] std::expected<void, Refusal> check_browser(const HttpRequest& request) const {
        return admission_.check_browser(request);
    }

    // Whom the request speaks for. A ticket is used up by this. Where the server has no
    // authentication, an anonymous participant: that of `?participant=`, or of the Idempotency-Key,
    // so that a message that is sent again finds the first, or a new one.
    // Errors: unauthenticated, rate_limited (an address that failed too often), forbidden (the
    // admin's token from another site's page), validation_error.
    [[nodiscard]] base::Result<Caller> identify(const HttpRequest& request, Guard guard);
    // Whether one more stream is within the caps of connections.
    [[nodiscard]] std::expected<void, Refusal> check_room(const HttpRequest& request) const {
        return admission_.check_caps(limited_address(request.address));
    }

    // Whether the request shows the admin's token.
    [[nodiscard]] bool is_admin(const HttpRequest& request) const;

    // The origin, where it is one of the listed; else nothing, and no page elsewhere can read the
    // answer.
    [[nodiscard]] std::string cors_origin(const HttpRequest& request) const;
    // Adds what a preflight from a listed origin asks for.
    void answer_preflight(const HttpRequest& request, HttpResponse& response) const;

  private:
    [[nodiscard]] base::Result<Caller> anonymous(const HttpRequest& request);

    const Options& options_;
    Admission& admission_;
    bool asks_;
    base::Random& random_;
};

}  // namespace chartroom::gateway
