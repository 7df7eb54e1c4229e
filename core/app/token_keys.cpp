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
    std::unique_lock lock(mutex_);
    const auto settings = settings_;
    lock.unlock();
    return auth::verify(*settings, token, now_us);
}

base::Result<void> TokenKeys::reload() {
    auto settings = token_settings(config_, environment_, random_);
    if (!settings.has_value()) return std::unexpected(std::move(settings.error()));
    auto shared = std::make_shared<const auth::TokenSettings>(*std::move(settings));
    const std::lock_guard lock(mutex_);
    settings_ = std::move(shared);
    return {};
}

}  // namespace chartroom::app
