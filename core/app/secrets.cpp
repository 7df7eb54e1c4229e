#include "core/app/secrets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;

// Writes a new secret beside `file` and links it into place, so that it is there whole or not at
// all, and the first of two who do it wins.
base::Result<void> make_secret(const fs::path& file, base::Random& random) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) {
        return fail(Code::io, file.parent_path().string() + ": cannot be made: " + error.message());
    }
    const fs::path draft = file.string() + "." + std::to_string(getpid());
    const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(Code::io, draft.string() + ": cannot be written: " + std::strerror(errno));
    }
    std::uint8_t bytes[32];
    random.fill(bytes);
    const std::string text = base::to_hex(bytes) + "\n";
    const bool written =
        write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
    const int write_errno = errno;
    close(fd);
    const bool linked = written && (link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST);
    const int reason = written ? errno : write_errno;
    unlink(draft.c_str());
    if (!linked) return fail(Code::io, file.string() + ": " + std::strerror(reason));
    return {};
}

// The key itself, or what is wrong with the text at `where`.
base::Result<auth::JwsKey> named(base::Result<auth::JwsKey> key, const std::string& where) {
    if (!key.has_value()) key.error().message = where + ": " + key.error().message;
    return key;
}

base::Result<auth::JwsKey> public_key(const Config& config, auth::Algorithm algorithm) {
    const auto pem = secret_from_file(config.auth.public_key_file);
    if (!pem.has_value()) return std::unexpected(pem.error());
    return named(auth::JwsKey::from_public_pem(algorithm, *pem), config.auth.public_key_file);
}

base::Result<auth::JwsKey> secret_key(const Config& config, const Environment& environment,
                                      base::Random& random) {
    if (!config.auth.secret_env.empty()) {
        const auto secret = secret_from_environment(config.auth.secret_env, environment);
        if (!secret.has_value()) return std::unexpected(secret.error());
        return named(auth::JwsKey::from_secret(*secret),
                     "the environment variable " + config.auth.secret_env);
    }
    fs::path file = fs::path(config.server.state_directory) / "jwt.secret";
    if (!config.auth.secret_file.empty()) file = config.auth.secret_file;
    std::error_code error;
    if (config.auth.secret_file.empty() && !fs::exists(file, error)) {
        if (auto made = make_secret(file, random); !made.has_value()) {
            return std::unexpected(made.error());
        }
    }
    const auto secret = secret_from_file(file);
    if (!secret.has_value()) return std::unexpected(secret.error());
    return named(auth::JwsKey::from_secret(*secret), file.string());
}

}  // namespace

base::Result<std::string> secret_from_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) {
        return fail(Code::bad_config, file.string() + ": empty, or cannot be read");
    }
    std::string secret = text.str();
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
    if (secret.empty()) return fail(Code::bad_config, file.string() + ": is empty");
    return secret;
}

base::Result<std::string> secret_from_environment(const std::string& variable,
                                                  const Environment& environment) {
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) {
        return fail(Code::bad_config, "the environment variable " + variable + " is not set");
    }
    return found->second;
}

base::Result<auth::TokenSettings> token_settings(const Config& config,
                                                 const Environment& environment,
                                                 base::Random& random) {
    const auto algorithm = auth::algorithm_named(config.auth.algorithm);
    if (!algorithm.has_value()) return std::unexpected(algorithm.error());
    auto key = *algorithm == auth::Algorithm::hs256 ? secret_key(config, environment, random)
                                                    : public_key(config, *algorithm);
    if (!key.has_value()) return std::unexpected(std::move(key.error()));
    return auth::TokenSettings{.key = *std::move(key),
                               .issuer = config.auth.issuer,
                               .audience = config.auth.audience,
                               .leeway_s = static_cast<std::int64_t>(config.auth.leeway_seconds)};
}

base::Result<std::string> admin_token(const Config& config, const Environment& environment) {
    const MetricsSection& named = config.metrics;
    if (named.admin_token_file.empty() && named.admin_token_env.empty()) return std::string();
    auto token = named.admin_token_env.empty()
                     ? secret_from_file(named.admin_token_file)
                     : secret_from_environment(named.admin_token_env, environment);
    if (token && token->size() < kAdminTokenBytesMin) {
        return fail(Code::bad_config, "the admin's token is shorter than " +
                                          std::to_string(kAdminTokenBytesMin) + " bytes");
    }
    return token;
}

}  // namespace chartroom::app
