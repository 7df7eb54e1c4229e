// A plugin's configuration against the JSON Schema of its manifest. The only user of valijson.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace chartroom::plugin_host {

inline constexpr std::string_view kRedacted = "(redacted)";

struct CheckedConfig {
    std::string effective;  // JSON object with the schema's defaults filled in: what create() gets
    std::string redacted;   // the same with every x-secret value replaced by kRedacted
};

// Checks `config` (JSON text of an object) against `schema` (JSON text; empty: nothing may be
// configured). `plugin` is for messages. Errors: bad_config, naming each key that is refused and
// why; plugin_load if the schema itself is none.
[[nodiscard]] base::Result<CheckedConfig> check_config(std::string_view plugin,
                                                       std::string_view schema,
                                                       std::string_view config);

// `config` with each kRedacted value replaced by what stands at the same place in `current`: how a
// recorded configuration is made usable again.
[[nodiscard]] base::Result<std::string> restore_secrets(std::string_view config,
                                                        std::string_view current);

}  // namespace chartroom::plugin_host
