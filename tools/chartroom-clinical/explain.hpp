// Why a case came out as it did, for whoever works on the data: the leading conditions and the
// expected one, each with its prior and its reasons.
#pragma once

#include <string>

#include "tools/chartroom-clinical/case_file.hpp"

namespace clinical {

[[nodiscard]] std::string explain(const Knowledge& knowledge, const Case& one, double temperature);

}  // namespace clinical
