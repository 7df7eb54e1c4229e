#include "core/effects/outbound_policy.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

namespace chartroom::effects {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kOpen = "{{secret:";
constexpr std::string_view kClose = "}}";
// Set by the transfer itself, or able to change where the message ends.
constexpr std::array<std::string_view, 9> kOwnHeaders{
    "host", "content-length", "transfer-encoding", "connection", "upgrade",
    "te",   "expect",         "idempotency-key",   "traceparent"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// A part of a parsed URL, or empty.
std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
    std::string result(text);
    curl_free(text);
    return result;
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0)
        return std::nullopt;
    return port;
}

bool contained(const std::vector<AddressRange>& ranges, const Address& address) {
    return std::ranges::any_of(ranges, [&](const auto& range) { return range.contains(address); });
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && host.front() != '.' &&
           std::ranges::all_of(host, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                      c == '_';
           });
}

bool is_token(std::string_view name) {
    constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kPunctuation.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

}  // namespace

base::Result<Origin> Origin::of(std::string_view text) {
    const Url url(curl_url());
    if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
        return fail(Code::validation_error, "not a URL", "url");
    Origin origin;
    origin.scheme = part(url, CURLUPART_SCHEME);
    if (origin.scheme != "http" && origin.scheme != "https")
        return fail(Code::validation_error, "only http and https URLs are called", "url");
    if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty())
        return fail(Code::validation_error, "a URL with a user or password is not called", "url");
    origin.host = lower(part(url, CURLUPART_HOST));
    if (origin.host.starts_with('[')) origin.host = origin.host.substr(1, origin.host.size() - 2);
    const auto port = port_of(part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT));
    if (origin.host.empty() || !port)
        return fail(Code::validation_error, "a URL without a usable host and port", "url");
    origin.port = *port;
    return origin;
}

std::string Origin::text() const {
    const bool six = host.find(':') != std::string::npos;
    return scheme + "://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

base::Result<HostList> HostList::parse(const std::vector<std::string>& entries) {
    HostList list;
    for (const std::string& entry : entries)
        if (auto added = list.add(entry); !added) return std::unexpected(added.error());
    return list;
}

base::Result<void> HostList::add(std::string_view text) {
    const auto refuse = [&] {
        return fail(Code::bad_config, "`" + std::string(text) +
                                          "` is no host, host:port, "
                                          "*.domain, *, address or address block");
    };
    if (text == "*") {
        entries_.push_back({});
        return {};
    }
    if (const auto range = AddressRange::parse(text)) {
        blocks_.push_back(*range);
        return {};
    }
    std::string host = lower(text);
    Entry entry;
    if (const std::size_t colon = host.rfind(':'); colon != std::string::npos) {
        const auto port = port_of(std::string_view(host).substr(colon + 1));
        if (!port) return refuse();
        entry.port = *port;
        host.resize(colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (const auto address = Address::parse(host)) {
        meant_.push_back({*address, 128});
        entry.host = address->text();
        entries_.push_back(std::move(entry));
        return {};
    }
    if (host.starts_with("*.")) {
        entry.below = true;
        host.erase(0, 2);
    }
    if (!is_host_name(host)) return refuse();
    if (host == "localhost") {
        meant_.push_back(*AddressRange::parse("127.0.0.0/8"));
        meant_.push_back(*AddressRange::parse("::1"));
    }
    entry.host = std::move(host);
    entries_.push_back(std::move(entry));
    return {};
}

bool HostList::allows(const Origin& origin) const {
    const auto address = Address::parse(origin.host);
    const std::string host = address ? address->text() : origin.host;
    const bool named = std::ranges::any_of(entries_, [&](const Entry& entry) {
        if (entry.port != 0 && entry.port != origin.port) return false;
        if (entry.host.empty()) return true;
        return entry.below ? host.ends_with("." + entry.host) : host == entry.host;
    });
    return named || (address && contained(blocks_, *address));
}

bool HostList::lists(const Address& address) const {
    const Address end = unwrap(address);
    return contained(blocks_, address) || contained(blocks_, end) || contained(meant_, address) ||
           contained(meant_, end);
}

base::Result<Origin> authorize(const Grant& grant, std::string_view url) {
    auto origin = Origin::of(url);
    if (!origin) return origin;
    if (!grant.manifest.allows(*origin))
        return fail(Code::forbidden, "the plugin's manifest does not name " + origin->host);
    if (!grant.operator_allows.allows(*origin))
        return fail(Code::forbidden, "the operator has not allowed " + origin->host + ", port " +
                                         std::to_string(origin->port));
    return origin;
}

base::Result<void> may_connect(const Grant& grant, const Address& address) {
    const Reach reach = reach_of(address);
    if (reach == Reach::global || grant.operator_allows.lists(address)) return {};
    return fail(Code::forbidden, address.text() + " is a " + std::string(name(reach)) +
                                     " address that the operator has not listed");
}

base::Result<std::string> make_header(const Grant& grant, const Origin& origin,
                                      std::string_view name, std::string_view value) {
    if (!is_token(name)) return fail(Code::validation_error, "a header name that is none");
    if (std::ranges::find(kOwnHeaders, lower(name)) != kOwnHeaders.end())
        return fail(Code::validation_error,
                    "the header " + std::string(name) + " is not a plugin's to set");
    std::string filled;
    while (!value.empty()) {
        const std::size_t open = value.find(kOpen);
        filled += value.substr(0, open);
        if (open == std::string_view::npos) break;
        value.remove_prefix(open + kOpen.size());
        const std::size_t close = value.find(kClose);
        const std::string_view wanted = value.substr(0, close);
        const auto secret = std::ranges::find(grant.secrets, wanted, &Secret::name);
        if (close == std::string_view::npos || secret == grant.secrets.end())
            return fail(Code::forbidden, "a header asks for a secret that is not configured");
        if (secret->origin != origin)
            return fail(Code::forbidden, "the secret " + secret->name + " is for " +
                                             secret->origin.text() + " only");
        filled += secret->value;
        value.remove_prefix(close + kClose.size());
    }
    if (!is_field_value(filled)) return fail(Code::validation_error, "a header value that is none");
    // libcurl's spellings: "Name:" would remove a header, "Name;" sends an empty one.
    return filled.empty() ? std::string(name) + ";" : std::string(name) + ": " + filled;
}

}  // namespace chartroom::effects
