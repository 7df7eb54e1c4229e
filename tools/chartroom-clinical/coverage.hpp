// What the data has, counted: for a developer who adds to it.
#pragma once

#include <string>

#include "plugins/clinical/knowledge.hpp"

namespace clinical {

// Lines for a terminal: rows by file, published against graded, what nothing uses.
[[nodiscard]] std::string coverage(const Knowledge& knowledge);

}  // namespace clinical
