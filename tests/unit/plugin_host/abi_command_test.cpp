// Commands as a careless or hostile plugin would write them.
#include "core/plugin_host/abi_command.hpp"

#include <gtest/gtest.h>

namespace chartroom::plugin_host {
namespace {

chartroom_str str(std::string_view text) {
    return {text.data(), text.size()};
}

class AbiCommand : public testing::Test {
  protected:
    AbiCommand() {
        info.may_broadcast = true;
        info.may_read_history = true;
        info.net = {"a.example"};
    }
    std::int32_t give(std::uint32_t type, const void* body, std::uint64_t op = 0) {
        chartroom_command command{};
        command.head.size = sizeof command;
        command.head.type = type;
        command.head.turn = 1;
        command.head.op = op;
        command.body = body;
        return give(command);
    }
    std::int32_t give(const chartroom_command& command) {
        const auto read =
            read_command(command, {.info = info, .last_op = 3, .known_json = "known"});
        return read ? CHARTROOM_OK : read.error().code;
    }
    static chartroom_emit good_emit() {
        return {sizeof(chartroom_emit),
                CHARTROOM_FLAG_JSON,
                CHARTROOM_CLASS_LASTING,
                CHARTROOM_SCOPE_EVERYONE,
                str("t"),
                str("{}"),
                {},
                {}};
    }
    static chartroom_http good_http() {
        chartroom_http http{};
        http.size = sizeof http;
        http.method = str("GET");
        http.url = str("https://a.example/");
        return http;
    }
    engine::HandlerInfo info;
};

TEST_F(AbiCommand, GoodOnesAreTaken) {
    const auto emit = good_emit();
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_OK);
    const auto http = good_http();
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_OK);
    EXPECT_EQ(give(CHARTROOM_COMMAND_STOP_OP, nullptr, 3), CHARTROOM_OK);
}

TEST_F(AbiCommand, BodiesAreThereAndLongEnough) {
    for (std::uint32_t type = CHARTROOM_COMMAND_EMIT; type <= CHARTROOM_COMMAND_END; ++type)
        EXPECT_EQ(give(type, nullptr, type == CHARTROOM_COMMAND_STOP_OP ? 9 : 4),
                  CHARTROOM_E_INVALID)
            << type;
    auto emit = good_emit();
    emit.size = offsetof(chartroom_emit, owner) - 1;  // what version 1.0 had
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    chartroom_command command{};
    command.head.size = sizeof command - 1;
    EXPECT_EQ(give(command), CHARTROOM_E_INVALID);
    EXPECT_EQ(give(99, nullptr), CHARTROOM_E_UNSUPPORTED);
}

TEST_F(AbiCommand, TextsAreBoundedAndUtf8) {
    auto emit = good_emit();
    emit.type = str("\xc3");
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.type = str("two\nlines");
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.type = {nullptr, 5};
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    const std::string longer(kNameBytesMax + 1, 'x');
    emit.type = str(longer);
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit = good_emit();
    emit.payload.size = kBytesMax + 1;  // looked at before the bytes are
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
}

TEST_F(AbiCommand, PayloadsAreJsonUnlessTheyAreBytesOrKnown) {
    auto emit = good_emit();
    emit.payload = str("{\"a\"");
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.flags = 0;
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_OK);
    emit.flags = CHARTROOM_FLAG_JSON;
    emit.payload = str("known");  // the context says that this is JSON
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_OK);
}

TEST_F(AbiCommand, ClassesScopesAndPartiesAreOnesThatExist) {
    auto emit = good_emit();
    emit.cls = 0;
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.cls = 4;
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit = good_emit();
    emit.scope = 4;
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.scope = CHARTROOM_SCOPE_FOLLOWERS;  // is of events in other sessions
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.scope = CHARTROOM_SCOPE_ONLY;
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_E_INVALID);
    emit.party = str("ann");
    EXPECT_EQ(give(CHARTROOM_COMMAND_EMIT, &emit), CHARTROOM_OK);
}

// What version 1.0 did not have is not looked at where the struct ends before it.
TEST_F(AbiCommand, AnEmitOfVersion10HasNoOwner) {
    auto emit = good_emit();
    emit.owner = str("two\nlines");
    chartroom_command command{};
    command.head.size = sizeof command;
    command.head.type = CHARTROOM_COMMAND_EMIT;
    command.head.session = str("home");
    command.body = &emit;
    EXPECT_EQ(give(command), CHARTROOM_E_INVALID);
    emit.size = offsetof(chartroom_emit, owner);
    const auto read = read_command(command, {.info = info, .last_op = 3, .known_json = {}});
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<engine::Emit>(*read).owner, "");
}

TEST_F(AbiCommand, OpsAreThePreviousPlusOne) {
    const chartroom_timer timer{sizeof timer, 0, 1};
    EXPECT_EQ(give(CHARTROOM_COMMAND_TIMER, &timer, 3), CHARTROOM_E_INVALID);
    EXPECT_EQ(give(CHARTROOM_COMMAND_TIMER, &timer, 4), CHARTROOM_OK);
    EXPECT_EQ(give(CHARTROOM_COMMAND_TIMER, &timer, 5), CHARTROOM_E_INVALID);
    EXPECT_EQ(give(CHARTROOM_COMMAND_STOP_OP, nullptr, 4), CHARTROOM_E_INVALID);
    EXPECT_EQ(give(CHARTROOM_COMMAND_STOP_OP, nullptr, 0), CHARTROOM_E_INVALID);
}

TEST_F(AbiCommand, NothingIsSmuggledIntoARequest) {
    auto http = good_http();
    for (const std::string_view url :
         {"file:///etc/passwd", "https://a.example/\r\nx: y", "https://a b", "", "HTTPS"}) {
        http.url = str(url);
        EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID) << url;
    }
    http = good_http();
    http.method = str("GET /");
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID);
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"x", "a\r\ny: b"}, {"x:", "a"}, {"", "a"}, {"x", std::string_view("\0", 1)}};
    for (const auto& [name, value] : headers) {
        http = good_http();
        const chartroom_header header{str(name), str(value)};
        http.headers = &header;
        http.header_count = 1;
        http.header_stride = sizeof header;
        EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID) << name;
    }
}

TEST_F(AbiCommand, ArraysAreBoundedAndStridesPlausible) {
    auto http = good_http();
    const chartroom_header header{str("a"), str("b")};
    http.headers = &header;
    http.header_stride = sizeof header;
    http.header_count = kHeadersMax + 1;
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID);
    http.header_count = 1;
    http.header_stride = 1;
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID);
    http.header_stride = sizeof header;
    http.headers = nullptr;
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_INVALID);
}

// A later SDK's elements may be longer than this host knows them.
TEST_F(AbiCommand, AStrideThatHasGrownIsFollowed) {
    struct Grown {
        chartroom_header known;
        std::uint64_t later;
    };
    const Grown headers[2] = {{{str("a"), str("1")}, 7}, {{str("b"), str("2")}, 7}};
    auto http = good_http();
    http.headers = &headers[0].known;
    http.header_count = 2;
    http.header_stride = sizeof(Grown);
    chartroom_command command{};
    command.head.size = sizeof command;
    command.head.type = CHARTROOM_COMMAND_HTTP;
    command.head.op = 4;
    command.body = &http;
    const auto read = read_command(command, {.info = info, .last_op = 3, .known_json = {}});
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<engine::HttpRequest>(*read).headers[1].first, "b");
}

TEST_F(AbiCommand, CapabilitiesAreAskedFor) {
    info.net.clear();
    info.may_read_history = false;
    info.may_broadcast = false;
    const auto http = good_http();
    EXPECT_EQ(give(CHARTROOM_COMMAND_HTTP, &http, 4), CHARTROOM_E_DENIED);
    const chartroom_history history{sizeof history, 5, nullptr, 0, 0, 0};
    EXPECT_EQ(give(CHARTROOM_COMMAND_HISTORY, &history, 4), CHARTROOM_E_DENIED);
    const auto emit = good_emit();
    chartroom_command command{};
    command.head.size = sizeof command;
    command.head.type = CHARTROOM_COMMAND_EMIT;
    command.head.session = str("open/other");
    command.body = &emit;
    EXPECT_EQ(give(command), CHARTROOM_E_DENIED);
}

}  // namespace
}  // namespace chartroom::plugin_host
