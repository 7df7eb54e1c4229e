#include "core/gateway/frame.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

TEST(Frame, ShortTextHasItsLengthInOneByte) {
    std::string out;
    append_text_frame(out, "hi");
    EXPECT_EQ(out, std::string("\x81\x02hi"));
}

TEST(Frame, LengthFormChangesAt126AndAt65536) {
    const auto header_bytes = [](std::size_t payload) {
        std::string out;
        append_text_frame(out, std::string(payload, 'x'));
        return out.size() - payload;
    };
    EXPECT_EQ(header_bytes(0), 2u);
    EXPECT_EQ(header_bytes(125), 2u);
    EXPECT_EQ(header_bytes(126), 4u);
    EXPECT_EQ(header_bytes(65'535), 4u);
    EXPECT_EQ(header_bytes(65'536), 10u);
}

TEST(Frame, LongLengthsAreBigEndian) {
    std::string medium;
    append_text_frame(medium, std::string(0x1234, 'x'));
    EXPECT_EQ(medium.substr(0, 4), std::string("\x81\x7e\x12\x34", 4));
    std::string large;
    append_text_frame(large, std::string(0x12345, 'x'));
    EXPECT_EQ(large.substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\x01\x23\x45", 10));
}

TEST(Frame, PingHasAPayloadForThePongToRepeat) {
    std::string out;
    append_ping_frame(out);
    EXPECT_EQ(out, std::string("\x89\1p", 3));
}

TEST(Frame, PiecesEndBetweenFrames) {
    std::string out;
    append_text_frame(out, std::string(100, 'a'));  // 102 bytes
    append_ping_frame(out);                         // 3
    append_text_frame(out, std::string(200, 'b'));  // 204
    EXPECT_EQ(whole_frames_within(out, 1000), 309u);
    EXPECT_EQ(whole_frames_within(out, 309), 309u);
    EXPECT_EQ(whole_frames_within(out, 308), 105u);
    EXPECT_EQ(whole_frames_within(out, 103), 102u);
}

TEST(Frame, AFrameOverTheLimitIsAPieceOfItsOwn) {
    std::string out;
    append_text_frame(out, std::string(70'000, 'a'));
    append_ping_frame(out);
    EXPECT_EQ(whole_frames_within(out, 8192), 70'010u);
}

}  // namespace
}  // namespace chartroom::gateway
