#include "core/gateway/credentials.hpp"

#include <algorithm>

namespace chartroom::gateway {
namespace {

constexpr std::string_view kToken = "token";
constexpr std::string_view kTicket = "ticket";

std::string_view bearer_of(std::string_view authorization) {
    constexpr std::string_view kBearer = "bearer ";
    const bool bearer = std::ranges::equal(
        authorization.substr(0, kBearer.size()), kBearer,
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
    return bearer ? authorization.substr(kBearer.size()) : std::string_view();
}

}  // namespace

Credentials credentials_of(const HttpRequest& request) {
    using Kind = Credentials::Kind;
    if (!request.authorization.empty()) return {Kind::token, bearer_of(request.authorization)};
    if (const auto found = request.query.find(kToken); found != request.query.end()) {
        return {Kind::token, found->second};
    }
    if (const auto found = request.query.find(kTicket); found != request.query.end()) {
        return {Kind::ticket, found->second};
    }
    return {};
}

void remove_credentials(Query& query) {
    for (const std::string_view name : {kToken, kTicket}) {
        if (const auto found = query.find(name); found != query.end()) query.erase(found);
    }
}

}  // namespace chartroom::gateway
