// The two tables of access: which session a name means, and who may do what in it.
#include "core/auth/access.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chartroom::auth {
namespace {

constexpr const char* kUuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

Principal anonymous() {
    return {.who = Who::anonymous, .id = "aa", .sessions = {}, .sessions_read = {}};
}
Principal user(std::string sub, std::vector<std::string> sessions = {},
               std::vector<std::string> read = {}) {
    return {.who = Who::user,
            .id = std::move(sub),
            .sessions = std::move(sessions),
            .sessions_read = std::move(read)};
}
Principal admin() {
    return {.who = Who::admin, .id = "ops", .sessions = {}, .sessions_read = {}};
}

const AccessPolicy kPrivate{};
const AccessPolicy kNamed{.anonymous = AnonymousNames::named,
                          .conversations = Conversations::closed,
                          .self_erase = false};
const AccessPolicy kOpenConversations{
    .anonymous = AnonymousNames::secret, .conversations = Conversations::open, .self_erase = false};
const RouteIdentity kNative{.key = "native", .is_room = false};
const RouteIdentity kBroadcast{.key = "broadcast", .is_room = true};

std::string id_of(const AccessPolicy& policy, const Principal& principal,
                  const RouteIdentity& route, std::string_view name) {
    base::SeededRandom random(7);
    const auto resolved = resolve(policy, principal, route, name, random);
    if (!resolved) {
        return std::string(base::info(resolved.error().code).name);
    }
    if (resolved->fresh) {
        EXPECT_TRUE(resolved->id.value.ends_with("/" + resolved->name));
        return resolved->id.value.substr(0, resolved->id.value.size() - resolved->name.size()) +
               "<new>";
    }
    return resolved->id.value;
}

struct ResolveRow {
    const char* why;
    AccessPolicy policy;
    Principal principal;
    RouteIdentity route;
    std::string name;
    std::string id;
};

TEST(Resolve, TheTable) {
    const std::string uuid = kUuid;
    const ResolveRow rows[] = {
        {"no name: a new one", kPrivate, anonymous(), kNative, "", "open/<new>"},
        {"a uuid is a key", kPrivate, anonymous(), kNative, uuid, "open/" + uuid},
        {"in either case", kPrivate, anonymous(), kNative, "0F8FAD5B-d9cb-469f-a165-70867728950e",
         "open/" + uuid},
        {"a name is only a label", kPrivate, anonymous(), kNative, "patient:7", "open/<new>"},
        {"home is a name too", kPrivate, anonymous(), kNative, "home", "open/<new>"},
        {"named: a room for all who say it", kNamed, anonymous(), kNative, "patient:7",
         "room/native/patient:7"},
        {"named: a uuid stays a key", kNamed, anonymous(), kNative, uuid, "open/" + uuid},
        {"named: no name is still new", kNamed, anonymous(), kNative, "", "open/<new>"},
        {"open conversations are for users", kOpenConversations, anonymous(), kNative,
         "conversation:1", "open/<new>"},
        {"a user's own", kPrivate, user("ann"), kNative, "conversation:1",
         "user/ann/conversation:1"},
        {"a user's new one", kPrivate, user("ann"), kNative, "", "user/ann/<new>"},
        {"a user's uuid is a name", kPrivate, user("ann"), kNative, uuid, "user/ann/" + uuid},
        {"a sub is encoded", kPrivate, user("a/b%c é"), kNative, "home",
         "user/a%2Fb%25c%20%C3%A9/home"},
        {"a claim shares", kPrivate, user("ann", {"conversation:1"}), kNative, "conversation:1",
         "shared/conversation:1"},
        {"another name is private", kPrivate, user("ann", {"conversation:1"}), kNative,
         "conversation:12", "user/ann/conversation:12"},
        {"a star covers its kind", kPrivate, user("ann", {"patient:*"}), kNative, "patient:7",
         "shared/patient:7"},
        {"and no other", kPrivate, user("ann", {"patient:*"}), kNative, "patients:7",
         "user/ann/patients:7"},
        {"a bare star covers nothing", kPrivate, user("ann", {"*"}), kNative, "home",
         "user/ann/home"},
        {"nor does one in a kind", kPrivate, user("ann", {"pat*"}), kNative, "patient:7",
         "user/ann/patient:7"},
        {"nor one without a kind", kPrivate, user("ann", {":*"}), kNative, ":x", "user/ann/:x"},
        {"a read claim names the shared one", kPrivate, user("ann", {}, {"patient:*"}), kNative,
         "patient:7", "shared/patient:7"},
        {"open conversations", kOpenConversations, user("ann"), kNative, "conversation:1",
         "shared/conversation:1"},
        {"only conversations", kOpenConversations, user("ann"), kNative, "home", "user/ann/home"},
        {"the room", kPrivate, anonymous(), kBroadcast, "", "room/broadcast/main"},
        {"the room for users", kPrivate, user("ann", {"*"}), kBroadcast, "", "room/broadcast/main"},
        {"a slash is no name", kPrivate, anonymous(), kNative, "user/ann", "validation_error"},
        {"nor is a space", kPrivate, user("ann"), kNative, "a b", "validation_error"},
        {"nor beyond ascii", kPrivate, user("ann"), kNative, "é", "validation_error"},
        {"nor a zero byte", kPrivate, user("ann"), kNative, std::string("a\0b", 3),
         "validation_error"},
        {"128 bytes", kPrivate, user("ann"), kNative, std::string(128, 'x'),
         "user/ann/" + std::string(128, 'x')},
        {"129 bytes", kPrivate, user("ann"), kNative, std::string(129, 'x'), "validation_error"},
        {"an admin says ids", kPrivate, admin(), kNative, "user/ann/home", "user/ann/home"},
        {"and nothing else", kPrivate, admin(), kNative, "home", "forbidden"},
        {"an admin's no name", kPrivate, admin(), kNative, "", "forbidden"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(id_of(row.policy, row.principal, row.route, row.name), row.id) << row.why;
    }
}

TEST(Resolve, ANewSessionIsNeverTheSameTwice) {
    base::SeededRandom random(7);
    const auto a = resolve(kPrivate, anonymous(), kNative, "", random);
    const auto b = resolve(kPrivate, anonymous(), kNative, "", random);
    EXPECT_NE(a->id, b->id);
}

TEST(Resolve, ComingBackByTheNameThatWasShownIsTheSameSession) {
    base::SeededRandom random(7);
    for (const auto& who : {anonymous(), user("ann"), user("ann", {"patient:*"})}) {
        for (const char* name : {"", "patient:7", kUuid}) {
            const auto first = resolve(kPrivate, who, kNative, name, random);
            const auto again = resolve(kPrivate, who, kNative, first->name, random);
            EXPECT_EQ(first->id, again->id) << name;
            EXPECT_FALSE(again->fresh);
        }
    }
}

// Letters of what is allowed: f follow, h history, w write, c cancel own, C cancel another's,
// x export, e erase.
std::string rights(const AccessPolicy& policy, const Principal& principal, const char* session) {
    const base::SessionId id{session};
    std::string letters;
    const auto ask = [&](char letter, Action action, bool own) {
        if (may(policy, principal, action, id, own)) {
            letters += letter;
        }
    };
    ask('f', Action::follow, true);
    ask('h', Action::history, true);
    ask('w', Action::write, true);
    ask('c', Action::cancel, true);
    ask('C', Action::cancel, false);
    ask('x', Action::export_, true);
    ask('e', Action::erase, true);
    return letters;
}

struct MayRow {
    const char* why;
    AccessPolicy policy;
    Principal principal;
    const char* session;
    const char* rights;
};

TEST(May, TheTable) {
    const char* open = "open/0f8fad5b-d9cb-469f-a165-70867728950e";
    const AccessPolicy self_erase{.anonymous = AnonymousNames::secret,
                                  .conversations = Conversations::closed,
                                  .self_erase = true};
    const MayRow rows[] = {
        {"anonymous, held", kPrivate, anonymous(), open, "fhwc"},
        {"user, held", kPrivate, user("ann"), open, "fhwc"},
        {"admin reads, never writes", kPrivate, admin(), open, "fhcCxe"},
        {"own", kPrivate, user("ann"), "user/ann/home", "fhwc"},
        {"another's", kPrivate, user("bob"), "user/ann/home", ""},
        {"a prefix of a sub is another", kPrivate, user("an"), "user/ann/home", ""},
        {"an encoded sub is not its text", kPrivate, user("a%2Fb"), "user/a%2Fb/home", ""},
        {"but the encoded one", kPrivate, user("a/b"), "user/a%2Fb/home", "fhwc"},
        {"anonymous of a user", kPrivate, anonymous(), "user/aa/home", ""},
        {"a claim does not open another's own", kPrivate, user("bob", {"home"}), "user/ann/home",
         ""},
        {"admin everywhere", kPrivate, admin(), "user/ann/home", "fhcCxe"},
        {"self erase", self_erase, user("ann"), "user/ann/home", "fhwce"},
        {"only of one's own", self_erase, user("bob"), "user/ann/home", ""},
        {"not of a shared one", self_erase, user("ann", {"patient:*"}), "shared/patient:7", "fhwc"},
        {"not of an open one", self_erase, user("ann"), open, "fhwc"},
        {"shared by claim", kPrivate, user("ann", {"patient:7"}), "shared/patient:7", "fhwc"},
        {"shared by star", kPrivate, user("ann", {"patient:*"}), "shared/patient:7", "fhwc"},
        {"shared to read", kPrivate, user("ann", {}, {"patient:*"}), "shared/patient:7", "fh"},
        {"shared, no claim", kPrivate, user("ann", {"patient:8"}), "shared/patient:7", ""},
        {"shared, anonymous", kPrivate, anonymous(), "shared/patient:7", ""},
        {"open conversations", kOpenConversations, user("ann"), "shared/conversation:1", "fhwc"},
        {"closed again", kPrivate, user("ann"), "shared/conversation:1", ""},
        {"not anonymous", kOpenConversations, anonymous(), "shared/conversation:1", ""},
        {"room", kPrivate, anonymous(), "room/broadcast/main", "fwc"},
        {"room, user", kPrivate, user("ann"), "room/broadcast/main", "fwc"},
        {"room, named", kNamed, anonymous(), "room/plain/patient:7", "fhwc"},
        {"no such id", kPrivate, admin(), "conversation:1", ""},
        {"no such kind", kPrivate, user("ann"), "secret/ann/home", ""},
        {"an open name that is no uuid", kPrivate, anonymous(), "open/home", ""},
        {"empty", kPrivate, anonymous(), "", ""},
        {"no name", kPrivate, user("ann"), "user/ann/", ""},
        {"a slash too many", kPrivate, user("ann"), "user/ann/a/b", ""},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(rights(row.policy, row.principal, row.session), row.rights) << row.why;
    }
}

events::Event event(events::Kind kind, events::Scope scope, std::uint64_t party) {
    events::Event event;
    event.kind = kind;
    event.audience = {.scope = scope, .party = party};
    return event;
}

TEST(Visible, AudiencesNameParticipants) {
    using events::Kind;
    using events::Scope;
    EXPECT_TRUE(visible(kPrivate, event(Kind::out, Scope::everyone, 0), anonymous(), 5));
    EXPECT_TRUE(visible(kPrivate, event(Kind::out, Scope::only, 5), anonymous(), 5));
    EXPECT_FALSE(visible(kPrivate, event(Kind::out, Scope::only, 5), anonymous(), 6));
    EXPECT_FALSE(visible(kPrivate, event(Kind::out, Scope::only, 0), anonymous(), 0));
    EXPECT_FALSE(visible(kPrivate, event(Kind::out, Scope::all_but, 5), anonymous(), 5));
    EXPECT_TRUE(visible(kPrivate, event(Kind::out, Scope::all_but, 5), anonymous(), 6));
    EXPECT_TRUE(visible(kPrivate, event(Kind::out, Scope::all_but, 5), anonymous(), 0));
}

TEST(Visible, WhatIsForTheFollowersOfASessionIsAskedOfAccess) {
    events::Event update = event(events::Kind::out, events::Scope::followers_of, 9);
    update.audience.name = "session/shared/conversation:1";
    EXPECT_TRUE(visible(kPrivate, update, user("ann", {"conversation:1"}), 5));
    EXPECT_TRUE(visible(kPrivate, update, user("ann", {}, {"conversation:*"}), 5));
    EXPECT_FALSE(visible(kPrivate, update, user("ann"), 5));
    EXPECT_TRUE(visible(kOpenConversations, update, user("ann"), 5));
    EXPECT_FALSE(visible(kOpenConversations, update, anonymous(), 5));
    EXPECT_TRUE(visible(kPrivate, update, admin(), 5));
    update.audience.name = "session/user/ann/conversation:1";
    EXPECT_TRUE(visible(kPrivate, update, user("ann"), 5));
    EXPECT_FALSE(visible(kPrivate, update, user("bob"), 5));
    for (const char* name : {"", "user/ann", "session/", "session/conversation:1"}) {
        update.audience.name = name;
        EXPECT_FALSE(visible(kOpenConversations, update, user("ann"), 5)) << name;
    }
}

TEST(OwnSession, IsTheOneThatItsUserMeansByTheName) {
    EXPECT_EQ(own_session("user/ann", "home")->value, "user/ann/home");
    EXPECT_EQ(own_session("user/a/b c", "home")->value, "user/a%2Fb%20c/home");
    const auto resolved = [](const char* sub) {
        base::SeededRandom random(1);
        return resolve(kPrivate, user(sub), kNative, "home", random)->id;
    };
    EXPECT_EQ(*own_session("user/a/b c", "home"), resolved("a/b c"));
    EXPECT_EQ(own_session("anon/0123", "home").error().field, "owner");
    EXPECT_EQ(own_session("user/", "home").error().field, "owner");
    EXPECT_EQ(own_session("user/ann", "../x").error().field, "session");
}

TEST(Visible, WhatIsNotForClientsIsForAdmins) {
    using events::Kind;
    for (const Kind kind : {Kind::in, Kind::command, Kind::effect, Kind::note}) {
        EXPECT_FALSE(visible(kPrivate, event(kind, events::Scope::everyone, 0), user("ann"), 5));
        EXPECT_TRUE(visible(kPrivate, event(kind, events::Scope::everyone, 0), admin(), 5));
    }
}

TEST(ClientIds, MeetInOpenSessionsOnly) {
    EXPECT_TRUE(client_ids_are_shared({std::string("open/") + kUuid}));
    EXPECT_FALSE(client_ids_are_shared({"user/ann/home"}));
    EXPECT_FALSE(client_ids_are_shared({"shared/conversation:1"}));
    EXPECT_FALSE(client_ids_are_shared({"room/broadcast/main"}));
}

TEST(Access, AListingIsOnesOwnAndClaimedSessionsApartAndRising) {
    const Principal someone =
        user("a b", {"patient:*", "patient:7", "room-1", "patient:*"}, {"conversation:5"});
    EXPECT_EQ(listed(someone), (std::vector<IdRange>{{"shared/conversation:5", false},
                                                     {"shared/patient:", true},
                                                     {"shared/room-1", false},
                                                     {"user/a%20b/", true}}));
    EXPECT_TRUE(listed(anonymous()).empty());
    for (const IdRange& range : listed(admin())) {
        EXPECT_FALSE(range.id.starts_with("open/"));
    }
}

TEST(Access, ANameOfASessionLeadsBackToIt) {
    const Principal someone = user("ann", {"patient:*"});
    EXPECT_EQ(name_of(kPrivate, someone, {"user/ann/home"}), "home");
    EXPECT_EQ(name_of(kPrivate, someone, {"shared/patient:7"}), "patient:7");
    // A claim covers the name by now: saying it leads to the shared session.
    EXPECT_EQ(name_of(kPrivate, someone, {"user/ann/patient:7"}), std::nullopt);
    EXPECT_EQ(name_of(kPrivate, someone, {"user/bob/home"}), std::nullopt);
    EXPECT_EQ(name_of(kPrivate, admin(), {"user/bob/home"}), "user/bob/home");
    EXPECT_EQ(name_of(kPrivate, someone, {"nothing"}), std::nullopt);
}

TEST(Access, ATicketIsForItsSessionOnly) {
    Principal held = user("ann", {"patient:*"});
    held.only_session = {"shared/patient:7"};
    EXPECT_EQ(id_of(kPrivate, held, kNative, ""), "shared/patient:7");
    for (const Action action : {Action::follow, Action::history, Action::write, Action::cancel}) {
        EXPECT_TRUE(may(kPrivate, held, action, {"shared/patient:7"}));
        EXPECT_FALSE(may(kPrivate, held, action, {"shared/patient:8"}));
        EXPECT_FALSE(may(kPrivate, held, action, {"user/ann/home"}));
        EXPECT_FALSE(may(kPrivate, held, action, {"room/broadcast/main"}));
    }
}

}  // namespace
}  // namespace chartroom::auth
