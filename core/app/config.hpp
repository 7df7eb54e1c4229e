// The configuration: one TOML file, overridden by the environment, checked whole before anything
// starts. The structs below are what the rest of the server sees; each member's initialiser is the
// documented default of its key (config/chartroom.toml, which a test holds to it). Secrets never
// stand here: keys name the file or the environment variable that holds one.
//
// Only config_*.cpp know that the file is TOML. Thread: before any other starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/access.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace chartroom::app {

enum class Durability : std::uint8_t { power_loss, process_crash };
enum class StorageEngine : std::uint8_t { sqlite, memory };
enum class AuthMode : std::uint8_t { jwt, none };
enum class RouteAuth : std::uint8_t { none, optional, required };
enum class RouteDrain : std::uint8_t { automatic, close, drop };

struct ServerSection {
    std::vector<std::string> listen{"127.0.0.1:8000"};  // address:port, or unix:PATH
    std::string tls_cert;                               // PEM; empty: no TLS
    std::string tls_key;
    std::uint64_t engine_threads = 1;
    std::uint64_t drain_seconds = 10;
    std::string state_directory;               // empty in the file: see default_state_directory()
    std::string pages_directory;               // empty in the file: see installation_path()
    std::vector<std::string> server_names;     // empty: loopback names and what it listens on
    std::vector<std::string> allowed_origins;  // empty: the same host only
    std::vector<std::string> trusted_proxies;
    bool allow_null_origin = true;
    base::LogLevel log_level = base::LogLevel::info;
    base::LogFormat log_format = base::LogFormat::text;
};

struct AccessSection {
    auth::AnonymousNames anonymous = auth::AnonymousNames::secret;  // spelled "private"
    auth::Conversations conversations = auth::Conversations::closed;
    bool i_know_names_are_public = false;
    bool self_erase = false;
};

struct LimitsSection {
    std::uint64_t frame_bytes = 64 * 1024;
    std::uint64_t connections = 10'000;
    std::uint64_t connections_per_address = 256;
    std::uint64_t connections_per_user = 256;
    std::uint64_t in_flight = 64;
    std::uint64_t sessions_per_connection = 64;
    std::uint64_t messages_per_second = 100;
    std::uint64_t burst = 200;
    std::uint64_t user_messages_per_second = 300;
    std::uint64_t user_burst = 600;
    std::uint64_t address_messages_per_second = 1'000;
    std::uint64_t address_burst = 2'000;
    std::uint64_t open_turns_per_session = 64;
    std::uint64_t history_page = 1'000;
    std::uint64_t idle_unload_seconds = 60;
    std::uint64_t stall_seconds = 30;
};

struct LogSection {
    std::string path = "chartroom.db";
    Durability durability = Durability::power_loss;
};

struct AuthSection {
    AuthMode mode = AuthMode::jwt;
    std::string algorithm = "HS256";
    std::string secret_file;  // empty, and secret_env too: jwt.secret of the state directory
    std::string secret_env;
    std::string public_key_file;  // PEM, for RS256 and ES256
    std::string issuer;           // empty: not checked
    std::string audience;         // empty: not checked
    std::uint64_t leeway_seconds = 30;
};

struct MetricsSection {
    std::string listen;            // address:port, or unix:PATH; empty: with everything else
    std::string admin_token_file;  // with neither, the HTTP API has no admin
    std::string admin_token_env;
};

struct RouteSection {
    std::string path;
    std::string dialect;
    RouteAuth auth = RouteAuth::optional;
    RouteDrain drain = RouteDrain::automatic;
};

struct PluginSection {
    bool enabled = true;
    std::vector<std::string> allowed_hosts;  // for outbound HTTP; the manifest must allow them too
    std::string config_json = "{}";          // [plugins.NAME.config] as JSON text
};

struct StorageSection {
    StorageEngine engine = StorageEngine::sqlite;
};

struct Config {
    std::filesystem::path file;  // where it was read from; empty: defaults only
    ServerSection server;
    AccessSection access;
    LimitsSection limits;
    LogSection log;
    AuthSection auth;
    MetricsSection metrics;
    StorageSection storage;
    std::vector<std::string> plugin_directories;   // empty in the file: see installation_path()
    std::map<std::string, PluginSection> plugins;  // by name; not named: on, with its defaults
    std::vector<RouteSection> routes;              // never empty after reading
};

// The environment as the reader sees it; a test gives its own.
using Environment = std::map<std::string, std::string>;
[[nodiscard]] Environment process_environment();

// Reads `file` and lays the overrides of `environment` (CHARTROOM_SECTION__KEY) over it, makes
// paths absolute and checks every value. Each problem found is one error of the list, with file,
// line and column where it has them; any problem refuses the whole.
struct ConfigErrors {
    std::vector<std::string> problems;  // for a person, complete sentences
};
[[nodiscard]] std::expected<Config, ConfigErrors> read_config(const std::filesystem::path& file,
                                                              const Environment& environment);
// The same from a text; `file` names it in messages and anchors relative paths.
[[nodiscard]] std::expected<Config, ConfigErrors> parse_config(std::string_view text,
                                                               const std::filesystem::path& file,
                                                               const Environment& environment);

// The configuration in effect as a TOML text that reads back as the same configuration. Values of
// plugin configuration keys that look like secrets are shown as "(redacted)".
[[nodiscard]] std::string print_config(const Config& config);

// The routes that stand where the file has no [[route]].
[[nodiscard]] std::vector<RouteSection> default_routes();

// $STATE_DIRECTORY (systemd; its first entry) of `environment`, else `state` in the working
// directory.
[[nodiscard]] std::filesystem::path default_state_directory(const Environment& environment);

// `<prefix>/relative` of the installation or build tree that the running binary stands in.
[[nodiscard]] std::filesystem::path installation_path(std::string_view relative);

}  // namespace chartroom::app
