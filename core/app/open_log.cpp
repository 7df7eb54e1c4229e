#include "core/app/open_log.hpp"

#include <filesystem>

#include "storage/memory/memory_event_log.hpp"
#include "storage/sqlite/sqlite_event_log.hpp"

namespace chartroom::app {
namespace {

using base::Code;
using base::fail;
using base::Result;

OpenedLog open_memory(base::Random& random) {
    OpenedLog opened;
    opened.disk = std::make_unique<storage::MemoryDisk>(random);
    opened.log = std::make_unique<storage::MemoryEventLog>(*opened.disk, random);
    return opened;
}

storage::SqliteOptions sqlite_options(const Config& config) {
    const bool power_loss = config.log.durability == Durability::power_loss;
    return {.path = config.log.path,
            .durability =
                power_loss ? storage::Durability::power_loss : storage::Durability::process_crash};
}

}  // namespace

Result<OpenedLog> open_log(const Config& config, base::Clock& clock, base::Random& random) {
    if (config.storage.engine == StorageEngine::memory) return open_memory(random);
    auto log = storage::SqliteEventLog::open(sqlite_options(config), random, clock);
    if (!log.has_value()) return std::unexpected(std::move(log.error()));
    return OpenedLog{.disk = nullptr, .log = *std::move(log)};
}

Result<std::unique_ptr<storage::EventLog>> open_log_for_reading(const Config& config,
                                                                base::Clock& clock,
                                                                base::Random& random) {
    if (config.storage.engine == StorageEngine::memory) {
        return fail(Code::bad_config,
                    "`storage.engine` is \"memory\": such a log is gone with its server");
    }
    std::error_code error;
    if (!std::filesystem::exists(config.log.path, error)) {
        return fail(Code::not_found, config.log.path + ": there is no log yet");
    }
    auto options = sqlite_options(config);
    options.read_only = true;
    auto log = storage::SqliteEventLog::open(std::move(options), random, clock);
    if (!log.has_value()) return std::unexpected(std::move(log.error()));
    return *std::move(log);
}

}  // namespace chartroom::app
