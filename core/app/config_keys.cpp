#include "core/app/config_keys.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace chartroom::app {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kLogLevels = {"debug"sv, "info"sv, "warn"sv, "error"sv};
constexpr std::array kLogFormats = {"text"sv, "json"sv};
constexpr std::array kAnonymousNames = {"private"sv, "named"sv};
constexpr std::array kConversations = {"private"sv, "open"sv};
constexpr std::array kDurabilities = {"power_loss"sv, "process_crash"sv};
constexpr std::array kAuthModes = {"jwt"sv, "none"sv};
constexpr std::array kRouteAuths = {"none"sv, "optional"sv, "required"sv};
constexpr std::array kRouteDrains = {"auto"sv, "close"sv, "drop"sv};
constexpr std::array kStorageEngines = {"sqlite"sv, "memory"sv};

template <typename Enum>
Slot choice(Enum& value, std::span<const std::string_view> words) {
    return ChoiceSlot{words, [&value] { return static_cast<std::size_t>(value); },
                      [&value](std::size_t place) { value = static_cast<Enum>(place); }};
}

constexpr std::uint64_t kMiB = 1024 * 1024;

// Edit distance between two short words (Levenshtein, one row).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::vector<Key> section_keys(Config& c) {
    return {
        {"server", "listen", &c.server.listen},
        {"server", "tls_cert", PathSlot{&c.server.tls_cert, Anchor::file}},
        {"server", "tls_key", PathSlot{&c.server.tls_key, Anchor::file}},
        {"server", "engine_threads", IntegerSlot{&c.server.engine_threads, 1, 64}},
        {"server", "drain_seconds", IntegerSlot{&c.server.drain_seconds, 0, 3600}},
        {"server", "state_directory", PathSlot{&c.server.state_directory, Anchor::file}},
        {"server", "pages_directory", PathSlot{&c.server.pages_directory, Anchor::file}},
        {"server", "server_names", &c.server.server_names},
        {"server", "allowed_origins", &c.server.allowed_origins},
        {"server", "trusted_proxies", &c.server.trusted_proxies},
        {"server", "allow_null_origin", &c.server.allow_null_origin},
        {"server", "log_level", choice(c.server.log_level, kLogLevels)},
        {"server", "log_format", choice(c.server.log_format, kLogFormats)},

        {"access", "anonymous", choice(c.access.anonymous, kAnonymousNames)},
        {"access", "conversations", choice(c.access.conversations, kConversations)},
        {"access", "i_know_names_are_public", &c.access.i_know_names_are_public},
        {"access", "self_erase", &c.access.self_erase},

        {"limits", "frame_bytes", IntegerSlot{&c.limits.frame_bytes, 256, kMiB}},
        {"limits", "connections", IntegerSlot{&c.limits.connections, 1, 1'000'000}},
        {"limits", "connections_per_address",
         IntegerSlot{&c.limits.connections_per_address, 1, 1'000'000}},
        {"limits", "connections_per_user",
         IntegerSlot{&c.limits.connections_per_user, 1, 1'000'000}},
        {"limits", "in_flight", IntegerSlot{&c.limits.in_flight, 1, 4096}},
        {"limits", "sessions_per_connection",
         IntegerSlot{&c.limits.sessions_per_connection, 1, 4096}},
        {"limits", "messages_per_second", IntegerSlot{&c.limits.messages_per_second, 0, kMiB}},
        {"limits", "burst", IntegerSlot{&c.limits.burst, 1, kMiB}},
        {"limits", "user_messages_per_second",
         IntegerSlot{&c.limits.user_messages_per_second, 0, kMiB}},
        {"limits", "user_burst", IntegerSlot{&c.limits.user_burst, 1, kMiB}},
        {"limits", "address_messages_per_second",
         IntegerSlot{&c.limits.address_messages_per_second, 0, kMiB}},
        {"limits", "address_burst", IntegerSlot{&c.limits.address_burst, 1, kMiB}},
        {"limits", "open_turns_per_session",
         IntegerSlot{&c.limits.open_turns_per_session, 1, 10'000}},
        {"limits", "history_page", IntegerSlot{&c.limits.history_page, 1, 1'000}},
        {"limits", "idle_unload_seconds", IntegerSlot{&c.limits.idle_unload_seconds, 1, 86'400}},
        {"limits", "stall_seconds", IntegerSlot{&c.limits.stall_seconds, 1, 3600}},

        {"log", "path", PathSlot{&c.log.path, Anchor::state_directory}},
        {"log", "durability", choice(c.log.durability, kDurabilities)},

        {"storage", "engine", choice(c.storage.engine, kStorageEngines)},

        {"auth", "mode", choice(c.auth.mode, kAuthModes)},
        {"auth", "algorithm", &c.auth.algorithm},
        {"auth", "secret_file", PathSlot{&c.auth.secret_file, Anchor::file}},
        {"auth", "secret_env", &c.auth.secret_env},
        {"auth", "public_key_file", PathSlot{&c.auth.public_key_file, Anchor::file}},
        {"auth", "issuer", &c.auth.issuer},
        {"auth", "audience", &c.auth.audience},
        {"auth", "leeway_seconds", IntegerSlot{&c.auth.leeway_seconds, 0, 3600}},

        {"metrics", "listen", &c.metrics.listen},
        {"metrics", "admin_token_file", PathSlot{&c.metrics.admin_token_file, Anchor::file}},
        {"metrics", "admin_token_env", &c.metrics.admin_token_env},

        {"plugins", "directories", PathsSlot{&c.plugin_directories, Anchor::file}},
    };
}

std::vector<Key> route_keys(RouteSection& route) {
    return {
        {"", "path", &route.path},
        {"", "dialect", &route.dialect},
        {"", "auth", choice(route.auth, kRouteAuths)},
        {"", "drain", choice(route.drain, kRouteDrains)},
    };
}

std::vector<Key> plugin_keys(PluginSection& plugin) {
    return {
        {"", "enabled", &plugin.enabled},
        {"", "allowed_hosts", &plugin.allowed_hosts},
    };
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;  // farther is no misspelling
    for (const auto candidate : known) {
        const std::size_t away = distance(word, candidate);
        if (away < least) {
            least = away;
            best = candidate;
        }
    }
    return best;
}

}  // namespace chartroom::app
