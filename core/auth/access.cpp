// The shapes of ids, and the two questions asked of them. A session id is one of
//   open/<uuid>   user/<encoded sub>/<name>   shared/<name>   room/<route key>/<name>
// Names hold no '/', and a sub is percent-encoded, so each id reads in one way only.
#include "core/auth/access.hpp"

#include <algorithm>
#include <optional>

namespace chartroom::auth {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::string_view kMainRoom = "main";
constexpr std::string_view kConversation = "conversation:";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view("._@:-").contains(c);
    });
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) {
            return false;
        }
    }
    return true;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return result;
}

// RFC 3986: everything but unreserved characters.
std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (is_alphanumeric(c) || std::string_view("-._~").contains(c)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return result;
}

// `kind:*` covers every name that begins with `kind:`; anything else covers itself.
bool covers(std::string_view claim, std::string_view name) {
    if (claim.ends_with(":*")) {
        const std::string_view prefix = claim.substr(0, claim.size() - 1);
        return prefix.size() > 1 && name.size() > prefix.size() && name.starts_with(prefix);
    }
    return claim == name;
}

bool covered(const std::vector<std::string>& claims, std::string_view name) {
    return std::ranges::any_of(claims, [&](const auto& claim) { return covers(claim, name); });
}

bool is_open_conversation(const AccessPolicy& policy, std::string_view name) {
    return policy.conversations == Conversations::open && name.size() > kConversation.size() &&
           name.starts_with(kConversation);
}

enum class Space : std::uint8_t { open, user, shared, room };

struct Place {
    Space space = Space::open;
    std::string_view owner;  // user: the encoded sub; room: the route
    std::string_view name;
};

// Nothing: no session can have this id.
std::optional<Place> parse(std::string_view id) {
    const auto take = [&](std::string_view prefix) {
        const bool found = id.starts_with(prefix);
        id.remove_prefix(found ? prefix.size() : 0);
        return found;
    };
    if (take("open/")) {
        return is_uuid(id) ? std::optional(Place{Space::open, {}, id}) : std::nullopt;
    }
    if (take("shared/")) {
        return is_name(id) ? std::optional(Place{Space::shared, {}, id}) : std::nullopt;
    }
    const bool user = take("user/");
    if (!user && !take("room/")) {
        return std::nullopt;
    }
    const std::size_t slash = id.find('/');
    if (slash == std::string_view::npos || slash == 0 || !is_name(id.substr(slash + 1))) {
        return std::nullopt;
    }
    return Place{user ? Space::user : Space::room, id.substr(0, slash), id.substr(slash + 1)};
}

Resolved fresh_open(base::Random& random) {
    std::string uuid = base::make_uuid(random);
    return {.id = {"open/" + uuid}, .name = std::move(uuid), .fresh = true};
}

Resolved room(const RouteIdentity& route, std::string_view name) {
    return {.id = {"room/" + route.key + "/" + std::string(name)},
            .name = std::string(name),
            .fresh = false};
}

std::string id_for_user(const AccessPolicy& policy, const Principal& user, std::string_view name) {
    const bool shared = covered(user.sessions, name) || covered(user.sessions_read, name) ||
                        is_open_conversation(policy, name);
    return (shared ? "shared/" : sessions_of_user(user.id)) + std::string(name);
}

base::Result<Resolved> resolve_user(const AccessPolicy& policy, const Principal& user,
                                    std::string_view name, base::Random& random) {
    if (name.empty()) {
        std::string uuid = base::make_uuid(random);
        return Resolved{
            .id = {sessions_of_user(user.id) + uuid}, .name = std::move(uuid), .fresh = true};
    }
    return Resolved{
        .id = {id_for_user(policy, user, name)}, .name = std::string(name), .fresh = false};
}

// An admin reads ids in listings and says them back; it has no sessions of its own.
base::Result<Resolved> resolve_admin(std::string_view id) {
    if (!parse(id)) {
        return base::fail(base::Code::forbidden, "there is no such session");
    }
    return Resolved{.id = {std::string(id)}, .name = std::string(id), .fresh = false};
}

bool may_share(const AccessPolicy& policy, const Principal& user, Action action,
               std::string_view name) {
    if (covered(user.sessions, name) || is_open_conversation(policy, name)) {
        return true;
    }
    return (action == Action::follow || action == Action::history) &&
           covered(user.sessions_read, name);
}

bool may_as_admin(Action action) {
    return action != Action::write;
}

}  // namespace

base::Result<Resolved> resolve(const AccessPolicy& policy, const Principal& principal,
                               const RouteIdentity& route, std::string_view name,
                               base::Random& random) {
    if (principal.who == Who::admin) {
        return resolve_admin(name);
    }
    if (const base::SessionId& only = principal.only_session; name.empty() && !only.value.empty()) {
        return Resolved{.id = only,
                        .name = name_of(policy, principal, only).value_or(std::string()),
                        .fresh = false};
    }
    if (!name.empty() && !is_name(name)) {
        return base::fail(base::Code::validation_error,
                          "a session's name is 1 to 128 of A-Z a-z 0-9 . _ @ : -", "session");
    }
    if (route.is_room) {
        return room(route, name.empty() ? kMainRoom : name);
    }
    if (principal.who == Who::user) {
        return resolve_user(policy, principal, name, random);
    }
    if (is_uuid(name)) {
        std::string uuid = lower(name);
        return Resolved{.id = {"open/" + uuid}, .name = std::move(uuid), .fresh = false};
    }
    if (!name.empty() && policy.anonymous == AnonymousNames::named) {
        return room(route, name);
    }
    return fresh_open(random);
}

bool is_session_claim(std::string_view text) {
    if (text.ends_with(":*")) {
        text.remove_suffix(1);
        return text.size() > 1 && is_name(text);
    }
    return is_name(text);
}

bool may(const AccessPolicy& policy, const Principal& principal, Action action,
         const base::SessionId& session, bool own) {
    const auto place = parse(session.value);
    if (!place) {
        return false;
    }
    if (!principal.only_session.value.empty() && principal.only_session != session) {
        return false;
    }
    if (principal.who == Who::admin) {
        return may_as_admin(action);
    }
    const bool owner = principal.who == Who::user && place->space == Space::user &&
                       place->owner == percent_encode(principal.id);
    if (action == Action::erase) {
        return owner && policy.self_erase;
    }
    if (action == Action::export_ || (action == Action::cancel && !own)) {
        return false;
    }
    switch (place->space) {
        case Space::open:
            return true;
        case Space::user:
            return owner;
        case Space::shared:
            return principal.who == Who::user && may_share(policy, principal, action, place->name);
        case Space::room:
            return action != Action::history || policy.anonymous == AnonymousNames::named;
    }
    return false;
}

bool may_erase_person(const AccessPolicy& policy, const Principal& principal,
                      std::string_view sub) {
    return principal.who == Who::admin ||
           (policy.self_erase && principal.who == Who::user && principal.id == sub);
}

std::string sessions_of_user(std::string_view sub) {
    return "user/" + percent_encode(sub) + "/";
}

base::Result<base::SessionId> own_session(std::string_view party, std::string_view name) {
    if (!is_name(name)) {
        return base::fail(base::Code::validation_error, "no session has this name", "session");
    }
    if (!party.starts_with(kUserParty) || party.size() == kUserParty.size()) {
        return base::fail(base::Code::validation_error, "only users have sessions by name",
                          "owner");
    }
    return base::SessionId{sessions_of_user(party.substr(kUserParty.size())) + std::string(name)};
}

bool visible(const AccessPolicy& policy, const events::Event& event, const Principal& principal,
             std::uint64_t party) {
    if (principal.who == Who::admin) {
        return true;
    }
    if (event.kind != events::Kind::out) {
        return false;
    }
    switch (event.audience.scope) {
        case events::Scope::everyone:
            return true;
        case events::Scope::only:
            return party != 0 && event.audience.party == party;
        case events::Scope::all_but:
            return event.audience.party != party;
        case events::Scope::followers_of: {
            const std::string_view name = event.audience.name;
            return name.starts_with(events::kSessionParty) &&
                   may(policy, principal, Action::follow,
                       {std::string(name.substr(events::kSessionParty.size()))});
        }
    }
    return false;
}

std::vector<IdRange> listed(const Principal& principal) {
    std::vector<IdRange> ranges;
    if (principal.who == Who::admin) {
        return {{"room/", true}, {"shared/", true}, {"user/", true}};
    }
    if (principal.who != Who::user) {
        return ranges;
    }
    ranges.push_back({sessions_of_user(principal.id), true});
    for (const auto* claims : {&principal.sessions, &principal.sessions_read}) {
        for (const std::string& claim : *claims) {
            const bool prefix = claim.ends_with(":*") && claim.size() > 2;
            ranges.push_back(
                {"shared/" + claim.substr(0, claim.size() - (prefix ? 1 : 0)), prefix});
        }
    }
    std::ranges::sort(ranges, [](const IdRange& a, const IdRange& b) {
        return a.id != b.id ? a.id < b.id : a.prefix > b.prefix;
    });
    std::vector<IdRange> apart;
    for (IdRange& range : ranges) {
        const bool within =
            !apart.empty() && (apart.back().prefix ? range.id.starts_with(apart.back().id)
                                                   : range.id == apart.back().id);
        if (!within) {
            apart.push_back(std::move(range));
        }
    }
    return apart;
}

std::optional<std::string> name_of(const AccessPolicy& policy, const Principal& principal,
                                   const base::SessionId& session) {
    const auto place = parse(session.value);
    if (!place) {
        return std::nullopt;
    }
    if (principal.who == Who::admin) {
        return session.value;
    }
    const bool reached =
        principal.who == Who::user && id_for_user(policy, principal, place->name) == session.value;
    return reached ? std::optional<std::string>(place->name) : std::nullopt;
}

bool client_ids_are_shared(const base::SessionId& session) {
    return session.value.starts_with("open/");
}

}  // namespace chartroom::auth
