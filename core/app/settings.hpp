// From the configuration to what each part takes. Pure.
#pragma once

#include "core/app/config.hpp"
#include "core/engine/engine.hpp"
#include "core/gateway/options.hpp"

namespace chartroom::app {

[[nodiscard]] auth::AccessPolicy access_policy(const Config& config);
[[nodiscard]] engine::Limits engine_limits(const Config& config);
[[nodiscard]] gateway::Options gateway_options(const Config& config);

}  // namespace chartroom::app
