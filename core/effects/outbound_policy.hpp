// Which requests may leave: allowed hosts, allowed addresses, and which secret goes where. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/effects/address.hpp"

namespace chartroom::effects {

// The scheme, host and port of a URL, as libcurl will understand them: lower case, the port always
// there, an IPv6 host without brackets.
struct Origin {
    std::string scheme;
    std::string host;
    std::uint16_t port = 0;

    // Errors: validation_error: not a URL, neither http nor https, or with a user or password in
    // it.
    [[nodiscard]] static base::Result<Origin> of(std::string_view url);
    [[nodiscard]] std::string text() const;  // https://host:443
    bool operator==(const Origin&) const = default;
};

// A list of hosts as a manifest or an operator writes it. An entry is
//     example.com            this host          example.com:8443   this host, this port
//     *.example.com          any host below it  *                  any host
//     10.0.0.5  [::1]:8080   this address       10.0.0.0/8         the addresses of this block
//     localhost              this host, and the loopback addresses
class HostList {
  public:
    HostList() = default;
    // Errors: bad_config, naming the entry that is none.
    [[nodiscard]] static base::Result<HostList> parse(const std::vector<std::string>& entries);

    // Whether a request to `origin` may be tried.
    [[nodiscard]] bool allows(const Origin& origin) const;
    // Whether `address` itself stands in the list; a name or `*` does not list an address, since
    // whoever answers for the name decides where it leads.
    [[nodiscard]] bool lists(const Address& address) const;
    [[nodiscard]] bool lists_addresses() const { return !blocks_.empty() || !meant_.empty(); }

  private:
    struct Entry {
        std::string host;        // empty: any
        bool below = false;      // any host that ends in `.host`
        std::uint16_t port = 0;  // 0: any
    };
    base::Result<void> add(std::string_view entry);

    std::vector<Entry> entries_;
    std::vector<AddressRange> blocks_;  // addresses and blocks, as hosts of any port
    std::vector<AddressRange> meant_;   // where `localhost` and `address:port` lead
};

// A value that only the host knows. A plugin writes {{secret:NAME}} where it belongs.
struct Secret {
    std::string name;
    std::string value;
    Origin origin;  // the only one that it is sent to
};

// What one plugin may ask of the network.
struct Grant {
    HostList manifest;         // what the plugin says it needs
    HostList operator_allows;  // what the operator lets it have
    std::vector<Secret> secrets;
};

// The origin of `url`, if both lists allow it. Errors: forbidden, validation_error; messages name
// the host, never the rest of the URL.
[[nodiscard]] base::Result<Origin> authorize(const Grant& grant, std::string_view url);

// Whether a connection to `address` may be opened: it is global, or the operator lists it. Asked
// for the address that a socket is really opened to, after name resolution.
[[nodiscard]] base::Result<void> may_connect(const Grant& grant, const Address& address);

// A header with its placeholders filled in. Errors: forbidden: no such secret, or one of another
// origin; validation_error: a name or value that is no header.
[[nodiscard]] base::Result<std::string> make_header(const Grant& grant, const Origin& origin,
                                                    std::string_view name, std::string_view value);

}  // namespace chartroom::effects
