// Two doors: a token that is the input itself, which must never be accepted, since the fuzzer does
// not have the secret; and claims that are the input, signed properly, which may be, and then hold
// what the server asks of every token.
#include <string>

#include "core/auth/jwt.hpp"
#include "core/base/check.hpp"
#include "tests/fakes/auth/forger.hpp"

namespace {

using namespace chartroom;

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const std::string secret(32, 's');
    static const auth::TokenSettings settings{.key = *auth::JwsKey::from_secret(secret)};
    CHECK(!auth::verify(settings, text, kNowUs));
    CHECK(!auth::verify(settings, fakes::hmac_token(text, R"({"sub":"a"})", secret), kNowUs));
    const auto verified =
        auth::verify(settings, fakes::hmac_token(R"({"alg":"HS256"})", text, secret), kNowUs);
    if (verified) {
        CHECK(verified->principal.who == auth::Who::user);
        CHECK(!verified->principal.id.empty());
        CHECK(verified->principal.id.size() <= auth::kSubBytesMax);
        CHECK(verified->principal.sessions.size() <= auth::kClaimedNamesMax);
        CHECK(verified->expires_us > kNowUs);
    }
    return 0;
}
