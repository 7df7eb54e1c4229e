// What `chartroom check` looks at beyond the configuration's own text: everything that a start
// would refuse, tried without touching the state directory, the log or any port.
#pragma once

#include <string>
#include <vector>

#include "core/app/config.hpp"

namespace chartroom::app {

// Complete sentences, one a problem: a plugin that does not load or refuses its configuration, a
// secret that cannot be had, a certificate or a folder that cannot be read. Plugins are loaded for
// this, from copies in a temporary folder.
[[nodiscard]] std::vector<std::string> check_parts(const Config& config,
                                                   const Environment& environment);

}  // namespace chartroom::app
