// What has to hold between configuration values once each is read, and the paths that follow from
// others. Internal to core/app.
#pragma once

#include <string>
#include <vector>

#include "core/app/config.hpp"

namespace chartroom::app {

// Fills what is empty by default (routes, folders), makes paths absolute and checks what no single
// key can. Adds to `problems`, in complete sentences.
void finish_config(Config& config, const Environment& environment,
                   std::vector<std::string>& problems);

// An address of `server.listen`, taken apart.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    bool loopback = false;
};
// `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000` (the port may be 0: any free one), `unix:/PATH`
// (which counts as loopback).
[[nodiscard]] std::optional<ListenAddress> parse_listen(std::string_view text);

}  // namespace chartroom::app
