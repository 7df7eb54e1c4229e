// The schema of storage/FORMAT.md, its versions, and the steps from one to the next.
#pragma once

#include <cstdint>

#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

inline constexpr std::int64_t kApplicationId = 0x43485254;  // "CHRT"
inline constexpr std::int64_t kFormatVersion = 2;

// Whether the file is a log that this program may open. Throws not_a_log, newer_format, or what
// reading met. True: a log; false: an empty file, to be made one. Reads only.
[[nodiscard]] bool check_format(Db& db);

// Brings the file to kFormatVersion, step by step, each in a transaction of its own; an empty file
// becomes an empty log. Call after check_format.
void migrate(Db& db);

}  // namespace chartroom::storage
