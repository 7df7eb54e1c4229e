#include "tools/chartroom/chat_view.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chartroom::tool {
namespace {

using nlohmann::json;

json event(const char* type, json data) {
    return {{"type", type}, {"data", std::move(data)}};
}

TEST(ChatView, StreamedAnswerIsShownOnce) {
    ChatView view(false);
    std::string out = view.show(event("stream_start", {}));
    out += view.show(event("token", {{"content", "Hel"}}));
    out += view.show(event("token", {{"content", "lo"}}));
    out += view.show(event("stream_end", {{"content", "Hello"}, {"finish", "stop"}}));
    EXPECT_EQ(out, "Hello\n");
}

TEST(ChatView, AnswerWithoutItsTokensIsShownWhole) {
    EXPECT_EQ(ChatView(false).show(event("stream_end", {{"content", "Hello"}, {"finish", "stop"}})),
              "Hello\n");
}

TEST(ChatView, UnfinishedAnswerSaysSo) {
    ChatView view(false);
    std::string out = view.show(event("token", {{"content", "Hel"}}));
    out += view.show(event("stream_end", {{"content", "Hel"}, {"finish", "cancelled"}}));
    EXPECT_EQ(out, "Hel\n[cancelled]\n");
}

TEST(ChatView, EmergencyBreaksIntoAStreamOnALineOfItsOwn) {
    ChatView view(false);
    EXPECT_EQ(view.show(event("token", {{"content", "a"}})), "a");
    EXPECT_EQ(view.show(event("emergency", {{"message", "Call 112"}})), "\nEMERGENCY: Call 112\n");
}

TEST(ChatView, ErrorsAreShownFromEventsAndFromTheProtocol) {
    ChatView view(false);
    EXPECT_EQ(view.show(event("error", {{"code", "plugin_failed"}, {"message", "m"}})),
              "error plugin_failed: m\n");
    EXPECT_EQ(view.show({{"type", "error"}, {"code", "busy"}, {"message", "m"}}),
              "error busy: m\n");
}

TEST(ChatView, ColourIsUsedOnlyWhenAskedFor) {
    const json alarm = event("emergency", {{"message", "x"}});
    EXPECT_NE(ChatView(true).show(alarm).find('\033'), std::string::npos);
    EXPECT_EQ(ChatView(false).show(alarm).find('\033'), std::string::npos);
}

TEST(ChatView, TerminalControlsInATextAreDisarmed) {
    EXPECT_EQ(printable("a\033[2Jb\tc\nd"), "a\uFFFD[2Jb\tc\nd");
    EXPECT_EQ(printable("\u009b31m"), "\uFFFD31m");
    EXPECT_EQ(printable("gr\u00fc\u00df \u00a0"), "gr\u00fc\u00df \u00a0");
}

}  // namespace
}  // namespace chartroom::tool
