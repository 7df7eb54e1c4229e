#include "core/gateway/lws_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/gateway/address.hpp"

namespace chartroom::gateway {
namespace {

constexpr std::size_t kQueryMax = 32;  // arguments of a URL; the rest is ignored

std::string header(lws* wsi, lws_token_indexes token) {
    const int length = lws_hdr_total_length(wsi, token);
    if (length <= 0) return {};
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
    value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
    return value;
}

// Headers that libwebsockets has a place for; it keeps the others by name.
constexpr std::array<std::pair<std::string_view, lws_token_indexes>, 4> kKnownHeaders = {{
    {"content-type", WSI_TOKEN_HTTP_CONTENT_TYPE},
    {"content-length", WSI_TOKEN_HTTP_CONTENT_LENGTH},
    {"transfer-encoding", WSI_TOKEN_HTTP_TRANSFER_ENCODING},
    {"expect", WSI_TOKEN_HTTP_EXPECT},
}};

void read_header(lws* wsi, std::string_view name, HttpRequest& request) {
    const auto* const known = std::ranges::find(
        kKnownHeaders, name, &std::pair<std::string_view, lws_token_indexes>::first);
    if (known != kKnownHeaders.end()) {
        // One that was sent with nothing in it has a fragment of no bytes.
        if (lws_hdr_total_length(wsi, known->second) > 0) {
            request.headers.emplace(name, header(wsi, known->second));
        }
        return;
    }
    const std::string key = std::string(name) + ":";
    const int length = lws_hdr_custom_length(wsi, key.data(), static_cast<int>(key.size()));
    if (length < 0) return;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    const int copied = lws_hdr_custom_copy(wsi, value.data(), static_cast<int>(value.size()),
                                           key.data(), static_cast<int>(key.size()));
    value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
    request.headers.emplace(name, std::move(value));
}

constexpr std::array<std::pair<lws_token_indexes, const char*>, 7> kMethods = {{
    {WSI_TOKEN_GET_URI, "GET"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
    {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PUT_URI, "PUT"},
    {WSI_TOKEN_PATCH_URI, "PATCH"},
    {WSI_TOKEN_DELETE_URI, "DELETE"},
}};

void read_query(lws* wsi, Query& query) {
    const int bytes = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS);
    std::string argument(static_cast<std::size_t>(std::max(bytes, 0)) + 1, '\0');
    for (std::size_t i = 0; i < kQueryMax; ++i) {
        const int length =
            lws_hdr_copy_fragment(wsi, argument.data(), static_cast<int>(argument.size()),
                                  WSI_TOKEN_HTTP_URI_ARGS, static_cast<int>(i));
        if (length < 0) return;
        const std::string_view text(argument.data(), static_cast<std::size_t>(length));
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) {
            query.emplace(text, "");
        } else {
            query.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
}

// Of the URL and of the headers that libwebsockets has a place for.
std::size_t header_bytes(lws* wsi) {
    std::size_t bytes = 0;
    for (int token = 0; token < WSI_TOKEN_COUNT; ++token) {
        const int length = lws_hdr_total_length(wsi, static_cast<lws_token_indexes>(token));
        bytes += static_cast<std::size_t>(std::max(length, 0));
    }
    return bytes;
}

}  // namespace

HttpRequest read_request(lws* wsi, const std::string& address, bool on_loopback,
                         const Options& options) {
    HttpRequest request;
    request.header_bytes = header_bytes(wsi);
    for (const auto& [token, method] : kMethods) {
        if (lws_hdr_total_length(wsi, token) <= 0) continue;
        request.method = method;
        request.path = header(wsi, token);
        break;
    }
    read_query(wsi, request.query);
    request.host = header(wsi, WSI_TOKEN_HOST);
    request.origin = header(wsi, WSI_TOKEN_ORIGIN);
    request.authorization = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    request.address =
        client_address(address, options.trusted_proxies, header(wsi, WSI_TOKEN_X_FORWARDED_FOR),
                       header(wsi, WSI_TOKEN_HTTP_X_REAL_IP));
    request.on_loopback = on_loopback;
    for (const std::string_view name : kReadHeaders) read_header(wsi, name, request);
    return request;
}

bool subprotocol_fits(lws* wsi) {
    std::string offered = header(wsi, WSI_TOKEN_PROTOCOL);
    if (offered.empty()) return true;
    for (std::size_t from = 0; from <= offered.size();) {
        const std::size_t comma = std::min(offered.find(',', from), offered.size());
        std::string_view name = std::string_view(offered).substr(from, comma - from);
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (name == "chartroom.v1") return true;
        from = comma + 1;
    }
    return false;
}

}  // namespace chartroom::gateway
