#include "tools/chartroom/load.hpp"

#include <gtest/gtest.h>

namespace chartroom::tool {
namespace {

constexpr std::string_view kEcho =
    R"({"type":"echo","session":"s","offset":17,"prev":15,"data":{"content":"\"offset\":99"}})";

TEST(FrameFields, AreFoundByName) {
    EXPECT_EQ(frame_text(kEcho, "type"), "echo");
    EXPECT_EQ(frame_number(kEcho, "offset"), 17u);
    EXPECT_EQ(frame_number(kEcho, "prev"), 15u);
}

TEST(FrameFields, AreEmptyWhereThereIsNone) {
    EXPECT_EQ(frame_text(kEcho, "id"), "");
    EXPECT_EQ(frame_number(kEcho, "epoch"), 0u);
    EXPECT_EQ(frame_number(R"({"offset":"x"})", "offset"), 0u);
}

TEST(FrameFields, ANameInsideALongerOneIsNoMatch) {
    EXPECT_EQ(frame_text(R"({"subtype":"a","type":"b"})", "type"), "b");
}

}  // namespace
}  // namespace chartroom::tool
