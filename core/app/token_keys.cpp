#include "core/app/token_keys.hpp"

#include <utility>

#include "core/app/secrets.hpp"

namespace chartroom::app {

base::Result<std::unique_ptr<TokenKeys>> TokenKeys::open(const Config& config,
                                                         const Environment& environment,
                                                         base::Random& random) {
    std::unique_ptr<TokenKeys> keys(new TokenKeys(config, environment, random));
    if (auto read = keys->reload(); !read.has_value()) return std::unexpected(read.error());
    return keys;
}

std::expected<auth::Verified, auth::TokenRefusal> TokenKeys::verify(std::string_view token,
                                                                    std::int64_t now_us) const {
    return auth::verify(*settings_.load(), token, now_us);
}

base::Result<void> TokenKeys::reload() {
    auto settings = token_settings(config_, environment_, random_);
    if (!settings.has_value()) return std::unexpected(std::move(settings.error()));
    settings_.store(std::make_shared<const auth::TokenSettings>(*std::move(settings)));
    return {};
}

}  // namespace chartroom::app
