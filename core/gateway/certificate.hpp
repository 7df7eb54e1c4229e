// The certificate and key of the TLS listeners, as files.
#pragma once

#include <string>

#include "core/base/error.hpp"

namespace chartroom::gateway {

// Whether the two files can be served with. Reads them; any thread.
// Errors: bad_config, naming the file and what is wrong.
[[nodiscard]] base::Result<void> check_certificate_files(const std::string& chain_file,
                                                         const std::string& key_file);

}  // namespace chartroom::gateway
