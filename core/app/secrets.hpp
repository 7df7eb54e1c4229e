// Where secrets come from: a file or an environment variable that the configuration names, or, for
// the signing secret, a file that is made at the first start.
#pragma once

#include "core/app/config.hpp"
#include "core/auth/jwt.hpp"
#include "core/base/random.hpp"

namespace chartroom::app {

// What tokens are held to: the key of `auth.algorithm`, issuer, audience, leeway. RS256 and ES256
// take `public_key_file`, HS256 a secret. With neither `secret_file` nor `secret_env` that is
// jwt.secret of the state directory, made (0600, 64 hex digits) where it is missing, with the
// directory. Two processes that make it at once end up with the same one. Errors: bad_config
// (missing, empty variable, not a key of the algorithm; the message names the file or variable and
// quotes nothing of it), io.
[[nodiscard]] base::Result<auth::TokenSettings> token_settings(const Config& config,
                                                               const Environment& environment,
                                                               base::Random& random);

// The token that makes an HTTP request the admin's; empty where the configuration names none.
// Errors: bad_config (missing, empty, shorter than kAdminTokenBytesMin).
inline constexpr std::size_t kAdminTokenBytesMin = 16;
[[nodiscard]] base::Result<std::string> admin_token(const Config& config,
                                                    const Environment& environment);

// A secret's text from a file (without the line end that editors leave) or from a variable.
// Errors: bad_config (cannot be read, empty, not set).
[[nodiscard]] base::Result<std::string> secret_from_file(const std::filesystem::path& file);
[[nodiscard]] base::Result<std::string> secret_from_environment(const std::string& variable,
                                                                const Environment& environment);

}  // namespace chartroom::app
