#include "core/app/config_check.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/app/config_keys.hpp"
#include "core/auth/jws.hpp"
#include "core/dialects/dialect.hpp"

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;

void anchor(std::string& path, const fs::path& base) {
    if (path.empty()) return;
    path =
        (fs::path(path).is_absolute() ? fs::path(path) : base / path).lexically_normal().string();
}

void make_paths_absolute(Config& config, const fs::path& file_folder) {
    for (const auto& key : section_keys(config)) {
        const auto base = [&](Anchor a) {
            return a == Anchor::file ? file_folder : fs::path(config.server.state_directory);
        };
        if (const auto* path = std::get_if<PathSlot>(&key.slot)) {
            anchor(*path->value, base(path->anchor));
        } else if (const auto* paths = std::get_if<PathsSlot>(&key.slot)) {
            for (auto& entry : *paths->value) anchor(entry, base(paths->anchor));
        }
    }
}

// `/ws/chat/{session_id}` as `/ws/chat/{}`: two routes that differ in a parameter's name are alike.
std::string shape(std::string_view path) {
    std::string out;
    bool inside = false;
    for (const char c : path) {
        if (c == '}') inside = false;
        if (!inside) out += c;
        if (c == '{') inside = true;
    }
    return out;
}

void check_routes(const Config& config, std::vector<std::string>& problems) {
    const auto dialects = dialects::dialect_names();
    std::set<std::string> shapes;
    for (const auto& route : config.routes) {
        if (!route.path.starts_with('/')) {
            problems.push_back("route `" + route.path + "`: a path begins with /");
        }
        if (!shapes.insert(shape(route.path)).second) {
            problems.push_back("route `" + route.path + "` stands twice");
        }
        if (std::ranges::find(dialects, route.dialect) == dialects.end()) {
            std::string text =
                "route `" + route.path + "`: there is no dialect `" + route.dialect + "`";
            if (const auto near = nearest(route.dialect, dialects); !near.empty()) {
                text += "; did you mean `" + std::string(near) + "`?";
            }
            problems.push_back(std::move(text));
        }
    }
}

void check_listen(const Config& config, std::vector<std::string>& problems) {
    bool public_address = false;
    for (const auto& text : config.server.listen) {
        const auto address = parse_listen(text);
        if (!address) {
            problems.push_back("`server.listen`: `" + text +
                               "` is neither ADDRESS:PORT nor unix:PATH");
        } else if (!address->loopback) {
            public_address = true;
        }
    }
    if (config.server.listen.empty()) problems.push_back("`server.listen` is empty");
    const std::string& metrics = config.metrics.listen;
    if (!metrics.empty() && !parse_listen(metrics)) {
        problems.push_back("`metrics.listen`: `" + metrics +
                           "` is neither ADDRESS:PORT nor unix:PATH");
    }
    if (std::ranges::find(config.server.listen, metrics) != config.server.listen.end()) {
        problems.push_back("`metrics.listen`: `" + metrics +
                           "` stands in `server.listen` too: leave it empty to have metrics there");
    }
    const bool named = config.access.anonymous == auth::AnonymousNames::named;
    if (public_address && named && !config.access.i_know_names_are_public) {
        problems.push_back(
            "names of anonymous clients are rooms shared by all who say them (`access.anonymous = "
            "\"named\"`, or `auth.mode = \"none\"`), and the server listens on more than loopback: "
            "listen on 127.0.0.1, or set `access.i_know_names_are_public = true`");
    }
}

void check_token_key(const AuthSection& auth, std::vector<std::string>& problems) {
    const auto algorithm = auth::algorithm_named(auth.algorithm);
    if (!algorithm) {
        problems.push_back("`auth.algorithm`: " + algorithm.error().message);
        return;
    }
    const bool has_secret = !auth.secret_file.empty() || !auth.secret_env.empty();
    if (!auth.secret_file.empty() && !auth.secret_env.empty()) {
        problems.push_back("`auth.secret_file` and `auth.secret_env` are both given: choose one");
    }
    if (*algorithm == auth::Algorithm::hs256 && !auth.public_key_file.empty()) {
        problems.push_back(
            "`auth.public_key_file`: HS256 has no public key; choose RS256 or ES256, "
            "or name a secret");
    }
    if (*algorithm != auth::Algorithm::hs256 && auth.public_key_file.empty()) {
        problems.push_back("`auth.public_key_file` is missing: " + auth.algorithm + " needs it");
    }
    if (*algorithm != auth::Algorithm::hs256 && has_secret) {
        problems.push_back("`auth.secret_file` and `auth.secret_env` are for HS256 only");
    }
}

void check_secrets(const Config& config, std::vector<std::string>& problems) {
    check_token_key(config.auth, problems);
    if (!config.metrics.admin_token_file.empty() && !config.metrics.admin_token_env.empty()) {
        problems.push_back(
            "`metrics.admin_token_file` and `metrics.admin_token_env` are both given: choose one");
    }
    if (config.server.tls_cert.empty() != config.server.tls_key.empty()) {
        problems.push_back("`server.tls_cert` and `server.tls_key` go together: one is missing");
    }
}

}  // namespace

std::optional<ListenAddress> parse_listen(std::string_view text) {
    if (text.starts_with("unix:/")) {
        return ListenAddress{.host = std::string(text), .port = 0, .loopback = true};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    ListenAddress out;
    out.host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
    if (out.host.starts_with('[') && out.host.ends_with(']')) {
        out.host = out.host.substr(1, out.host.size() - 2);
    }
    in6_addr six{};
    in_addr four{};
    if (inet_pton(AF_INET, out.host.c_str(), &four) == 1) {
        out.loopback = (ntohl(four.s_addr) >> 24) == 127;
    } else if (inet_pton(AF_INET6, out.host.c_str(), &six) == 1) {
        out.loopback = IN6_IS_ADDR_LOOPBACK(&six);
    } else if (out.host == "localhost") {
        out.loopback = true;
    } else {
        return std::nullopt;  // names are not looked up: the bind would depend on the resolver
    }
    return out;
}

void finish_config(Config& config, const Environment& environment,
                   std::vector<std::string>& problems) {
    std::error_code error;
    const fs::path file = fs::absolute(config.file, error);
    if (config.server.state_directory.empty()) {
        config.server.state_directory = default_state_directory(environment).string();
    }
    // The state directory first: other paths are relative to it.
    anchor(config.server.state_directory, file.parent_path());
    make_paths_absolute(config, file.parent_path());
    if (config.server.pages_directory.empty()) {
        config.server.pages_directory = installation_path("share/chartroom/pages").string();
    }
    if (config.plugin_directories.empty()) {
        config.plugin_directories = {installation_path("lib/chartroom/plugins").string()};
    }
    if (config.routes.empty()) config.routes = default_routes();
    if (config.auth.mode == AuthMode::none) config.access.anonymous = auth::AnonymousNames::named;

    check_listen(config, problems);
    check_routes(config, problems);
    check_secrets(config, problems);
}

std::vector<RouteSection> default_routes() {
    return {
        {.path = "/v1/session", .dialect = "native"},
        {.path = "/ws", .dialect = "plain"},
        {.path = "/ws/chat", .dialect = "question"},
        {.path = "/ws/chat/{session_id}", .dialect = "question"},
        {.path = "/ws/broadcast", .dialect = "broadcast"},
        {.path = "/ws/{user_id}", .dialect = "clinical"},
        {.path = "/api/v1/ws/chat", .dialect = "stream"},
        {.path = "/api/v1/ws/chat/{user_id}", .dialect = "stream"},
        {.path = "/api/v1/chat/ws", .dialect = "conversation", .auth = RouteAuth::required},
    };
}

fs::path default_state_directory(const Environment& environment) {
    if (const auto found = environment.find("STATE_DIRECTORY");
        found != environment.end() && !found->second.empty()) {
        return found->second.substr(0, found->second.find(':'));
    }
    std::error_code error;
    return fs::current_path(error) / "state";
}

fs::path installation_path(std::string_view relative) {
    std::error_code error;
    const fs::path binary = fs::read_symlink("/proc/self/exe", error);
    return binary.parent_path().parent_path() / relative;
}

}  // namespace chartroom::app
