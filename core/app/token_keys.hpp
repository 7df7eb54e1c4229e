// What the server holds tokens to, and its replacement while the server runs: the key's file may
// change, and SIGHUP has it read again. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>

#include "core/app/config.hpp"
#include "core/auth/jwt.hpp"
#include "core/base/random.hpp"

namespace chartroom::app {

class TokenKeys {
  public:
    // `config`, `environment` and `random` outlive it. Errors: of token_settings().
    [[nodiscard]] static base::Result<std::unique_ptr<TokenKeys>> open(
        const Config& config, const Environment& environment, base::Random& random);

    [[nodiscard]] std::expected<auth::Verified, auth::TokenRefusal> verify(
        std::string_view token, std::int64_t now_us) const;

    // Reads the key again; tokens of the old one are refused from then on. Errors: of
    // token_settings(); then the old key stays.
    [[nodiscard]] base::Result<void> reload();

  private:
    TokenKeys(const Config& config, const Environment& environment, base::Random& random)
        : config_(config), environment_(environment), random_(random) {}

    const Config& config_;
    const Environment& environment_;
    base::Random& random_;
    // Shared with a verification that is under way on another thread while the key is replaced. Not
    // an atomic<shared_ptr>: g++ 12's load() is a data race.
    mutable std::mutex mutex_;
    std::shared_ptr<const auth::TokenSettings> settings_;
};

}  // namespace chartroom::app
