// Credentials: what a request shows to say who it comes from, and the ports that judge it. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string_view>

#include "core/auth/jwt.hpp"
#include "core/gateway/http.hpp"

namespace chartroom::gateway {

using Verdict = std::expected<auth::Verified, auth::TokenRefusal>;
// Whom a token speaks for, and until when. An empty function: every token is refused.
using Authenticate = std::function<Verdict(std::string_view token)>;
// The same of a ticket, which this uses up; the request says what it is shown for. An empty
// function: every ticket is refused.
using RedeemTicket = std::function<Verdict(std::string_view ticket, const HttpRequest& request)>;

struct Credentials {
    enum class Kind : std::uint8_t { none, token, ticket };
    Kind kind = Kind::none;
    std::string_view text;  // of the request
};

// Of `Authorization: Bearer`, else `?token=`, else `?ticket=`. Another Authorization is an empty
// token, which is refused: it must not pass as none.
[[nodiscard]] Credentials credentials_of(const HttpRequest& request);

// Takes them out of a query, so that they go no further.
void remove_credentials(Query& query);

}  // namespace chartroom::gateway
