#include "core/auth/principal.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/base/check.hpp"
#include "core/base/sha256.hpp"

namespace chartroom::auth {
namespace {

constexpr std::size_t kKeyBytes = 16;

bool is_lower_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string Principal::party() const {
    switch (who) {
        case Who::anonymous:
            return "anon/" + id;
        case Who::user:
            return std::string(kUserParty) + id;
        case Who::admin:
            return "admin/" + id;
    }
    CHECK(false);
}

std::string make_participant_key(base::Random& random) {
    std::array<std::uint8_t, kKeyBytes> bytes{};
    random.fill(bytes);
    return base::to_hex(bytes);
}

base::Result<Principal> anonymous_participant(std::string_view key) {
    if (key.size() != 2 * kKeyBytes || !std::ranges::all_of(key, is_lower_hex)) {
        return base::fail(base::Code::validation_error,
                          "participant must be the key that session.opened gave", "participant");
    }
    const base::Digest digest = base::sha256("chartroom participant " + std::string(key));
    return Principal{.who = Who::anonymous,
                     .id = base::to_hex(std::span(digest).first(kKeyBytes)),
                     .sessions = {},
                     .sessions_read = {}};
}

}  // namespace chartroom::auth
