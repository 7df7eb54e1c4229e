// Two doors: a token that is the input itself, which must never be accepted, since the fuzzer does
// not have the secret; and claims that are the input, signed properly, which may be, and then hold
// what the server asks of every token.
#include <string>

#include "core/auth/jwt.hpp"
#include "core/base/base64.hpp"
#include "core/base/check.hpp"
#include "core/base/sha256.hpp"

namespace {

using namespace chartroom;

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

std::string sign(std::string_view header, std::string_view claims, const std::string& secret) {
    const std::string part = base::to_base64(header, base::Base64::url) + "." +
                             base::to_base64(claims, base::Base64::url);
    const auto mac = base::hmac_sha256(secret, part);
    return part + "." +
           base::to_base64({reinterpret_cast<const char*>(mac.data()), mac.size()},
                           base::Base64::url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auth::TokenSettings settings{.secret = std::string(32, 's')};
    CHECK(!auth::verify(settings, text, kNowUs));
    CHECK(!auth::verify(settings, sign(text, R"({"sub":"a"})", settings.secret), kNowUs));
    const auto verified =
        auth::verify(settings, sign(R"({"alg":"HS256"})", text, settings.secret), kNowUs);
    if (verified) {
        CHECK(verified->principal.who == auth::Who::user);
        CHECK(!verified->principal.id.empty());
        CHECK(verified->principal.id.size() <= auth::kSubBytesMax);
        CHECK(verified->principal.sessions.size() <= auth::kClaimedNamesMax);
        CHECK(verified->expires_us > kNowUs);
    }
    return 0;
}
