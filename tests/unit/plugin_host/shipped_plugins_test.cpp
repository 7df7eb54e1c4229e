// The shipped plugins echo and typing, as built, through the host.
#include <gmock/gmock.h>

#include <chartroom/types.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/plugin_host/host_fixture.hpp"

namespace chartroom::plugin_host {
namespace {

using testing::IsEmpty;

class Shipped : public HostTest {
  protected:
    engine::HandlerPtr load_shipped(const std::string& name) {
        auto loaded = host->load(
            {.file = std::string(SHIPPED_PLUGIN_FOLDER) + "/" + name + ".so", .config_json = "{}"});
        EXPECT_TRUE(loaded) << loaded.error().message;
        return loaded ? *loaded : nullptr;
    }
};

TEST_F(Shipped, EchoAnswersItsSenderWithTheBytesThatCame) {
    const auto echo = load_shipped("echo");
    EXPECT_TRUE(echo->info().parallel_turns);
    const auto commands = echo->step(message(1, "echo", R"({ "content" : "a" })"));
    ASSERT_TRUE(commands && commands->size() == 2);
    const auto& emit = std::get<engine::Emit>(commands->at(0));
    EXPECT_EQ(emit.type, "echo");
    EXPECT_EQ(emit.payload, R"({ "content" : "a" })");
    EXPECT_EQ(emit.scope, events::Scope::only);
    EXPECT_EQ(emit.party, "ann");
    EXPECT_EQ(emit.cls, events::Class::lasting);
    EXPECT_FALSE(std::get<engine::End>(commands->at(1)).failed);
}

TEST_F(Shipped, BroadcastAnswersEveryone) {
    const auto commands = load_shipped("echo")->step(message(1, "broadcast", R"({"content":"a"})"));
    ASSERT_TRUE(commands && commands->size() == 2);
    EXPECT_EQ(std::get<engine::Emit>(commands->at(0)).scope, events::Scope::everyone);
}

// A session with the typing plugin and its state, as the engine would keep it.
class Typing : public Shipped {
  protected:
    Typing() : typing(load_shipped("typing")) {}

    // What the step emitted, as "user on" or "user off".
    std::vector<std::string> give(engine::StepEvent event) {
        event.offset = {++offset};
        event.state = state;
        const auto commands = typing->step(event);
        EXPECT_TRUE(commands);
        std::vector<std::string> said;
        for (const auto& command : *commands) {
            if (const auto* set = std::get_if<engine::SetState>(&command)) state = set->bytes;
            if (const auto* timer = std::get_if<engine::StartTimer>(&command)) {
                EXPECT_EQ(timer->delay_us, 6'000'000u);
            }
            if (const auto* end = std::get_if<engine::End>(&command)) last_end = *end;
            const auto* emit = std::get_if<engine::Emit>(&command);
            if (emit == nullptr) continue;
            EXPECT_EQ(emit->type, "typing");
            EXPECT_EQ(emit->cls, events::Class::fleeting);
            EXPECT_EQ(emit->scope, events::Scope::all_but);
            const auto data = nlohmann::json::parse(emit->payload);
            EXPECT_EQ(shown_name(emit->party), data["user"]);
            said.push_back(data["user"].get<std::string>() + (data["is_typing"] ? " on" : " off"));
        }
        return said;
    }
    std::vector<std::string> types(std::uint64_t turn, std::string_view actor,
                                   std::string_view payload = R"({"is_typing":true})") {
        auto event = message(turn, "typing", payload);
        std::get<engine::MessageEvent>(event.body).actor = actor;
        return give(event);
    }
    using Said = std::vector<std::string>;

    engine::HandlerPtr typing;
    std::string state;
    std::uint64_t offset = 0;
    engine::End last_end;
};

TEST_F(Typing, GoesOffByItself) {
    EXPECT_EQ(types(1, "ann"), Said{"ann on"});
    EXPECT_EQ(give(timer(1, 1)), Said{"ann off"});
    EXPECT_EQ(state, R"({"last":{}})");
}

TEST_F(Typing, NamesAUserAsClientsKnowThem) {
    EXPECT_EQ(types(1, "user/ann"), Said{"ann on"});
    EXPECT_EQ(types(2, "user/ann", R"({"is_typing":false})"), Said{"ann off"});
}

TEST_F(Typing, ARepeatProlongsAndTheOlderTimerIsSilent) {
    types(1, "ann");
    EXPECT_EQ(types(2, "ann"), Said{"ann on"});
    EXPECT_THAT(give(timer(1, 1)), IsEmpty());
    EXPECT_EQ(give(timer(2, 1)), Said{"ann off"});
}

TEST_F(Typing, OffIsSaidOnce) {
    types(1, "ann");
    EXPECT_EQ(types(2, "ann", R"({"is_typing":false})"), Said{"ann off"});
    EXPECT_THAT(give(timer(1, 1)), IsEmpty());
    EXPECT_THAT(types(3, "ann", R"({"is_typing":false})"), IsEmpty());
}

TEST_F(Typing, PeopleDoNotSilenceEachOther) {
    types(1, "ann");
    types(2, "bob");
    EXPECT_EQ(give(timer(1, 1)), Said{"ann off"});
    EXPECT_EQ(give(timer(2, 1)), Said{"bob off"});
}

TEST_F(Typing, ANewInstanceGoesOnFromTheState) {
    types(1, "ann");
    types(2, "bob", R"({"is_typing":true})");
    restart();
    typing = load_shipped("typing");
    EXPECT_EQ(types(3, "ann", R"({"is_typing":false})"), Said{"ann off"});
}

TEST_F(Typing, ACancelSwitchesOffAtOnce) {
    types(1, "ann");
    EXPECT_EQ(give(event_of(1, engine::CancelEvent{engine::CancelReason::disabled})),
              Said{"ann off"});
}

TEST_F(Typing, AnythingButABooleanIsRefusedPolitely) {
    for (const char* payload : {"{}", "[]", R"({"is_typing":1})", R"({"is_typing":null})"}) {
        EXPECT_THAT(types(++offset, "ann", payload), IsEmpty());
        EXPECT_EQ(last_end.code, "validation_error") << payload;
    }
}

}  // namespace
}  // namespace chartroom::plugin_host
