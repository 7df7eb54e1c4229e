// Opens the event log that the configuration names. The one place that knows the stores.
#pragma once

#include <memory>

#include "core/app/config.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "storage/memory/memory_disk.hpp"

namespace chartroom::app {

struct OpenedLog {
    std::unique_ptr<storage::MemoryDisk> disk;  // what a memory store keeps things on; else null
    std::unique_ptr<storage::EventLog> log;     // goes first
};

// The log, ready for a server to write. The memory store is empty and forgets everything.
// Errors: what the store says of the file (locked, not_a_log, newer_format, corrupt, read_only,
// io, disk_full), with the file's name and what to do. Clock and random outlive the log.
[[nodiscard]] base::Result<OpenedLog> open_log(const Config& config, base::Clock& clock,
                                               base::Random& random);

// The log to look at, beside a server that may be running: nothing is written, and writing calls
// fail. Errors: the same; not_found (there is no log yet); bad_config for the memory store.
[[nodiscard]] base::Result<std::unique_ptr<storage::EventLog>> open_log_for_reading(
    const Config& config, base::Clock& clock, base::Random& random);

}  // namespace chartroom::app
