#include "core/gateway/frame_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chartroom::gateway {
namespace {

constexpr std::size_t kLimit = 10;

Piece piece(std::string_view bytes, bool first, bool last, std::size_t remaining = 0) {
    Piece made;
    made.bytes = bytes;
    made.first = first;
    made.last = last;
    made.remaining = remaining;
    return made;
}

TEST(FrameReader, AWholeFramePassesWithoutACopy) {
    FrameReader reader;
    const std::string_view text = "0123456789";
    const auto result = reader.take(piece(text, true, true), kLimit);
    ASSERT_TRUE(std::holds_alternative<WholeText>(result));
    EXPECT_EQ(std::get<WholeText>(result).text.data(), text.data());
}

TEST(FrameReader, FragmentsAndPiecesOfFramesAreJoined) {
    FrameReader reader;
    EXPECT_TRUE(std::holds_alternative<NeedMore>(reader.take(piece("ab", true, false, 2), kLimit)));
    EXPECT_TRUE(std::holds_alternative<NeedMore>(reader.take(piece("cd", false, false), kLimit)));
    const auto result = reader.take(piece("ef", false, true), kLimit);
    ASSERT_TRUE(std::holds_alternative<WholeText>(result));
    EXPECT_EQ(std::get<WholeText>(result).text, "abcdef");
    const auto next = reader.take(piece("new", true, true), kLimit);
    EXPECT_EQ(std::get<WholeText>(next).text, "new");
}

TEST(FrameReader, OverTheLimitTheWholeLengthIsReportedAtTheEnd) {
    FrameReader reader;
    EXPECT_TRUE(
        std::holds_alternative<NeedMore>(reader.take(piece("0123456789", true, false), kLimit)));
    EXPECT_TRUE(std::holds_alternative<NeedMore>(reader.take(piece("ab", false, false), kLimit)));
    const auto result = reader.take(piece("c", false, true), kLimit);
    ASSERT_TRUE(std::holds_alternative<TooLong>(result));
    EXPECT_EQ(std::get<TooLong>(result).bytes, 13u);
    EXPECT_TRUE(std::holds_alternative<WholeText>(reader.take(piece("ok", true, true), kLimit)));
}

TEST(FrameReader, FourTimesTheLimitIsTakenAndOneMoreIsAViolation) {
    FrameReader at_limit;
    EXPECT_TRUE(std::holds_alternative<TooLong>(
        at_limit.take(piece(std::string(40, 'x'), true, true), kLimit)));
    FrameReader over;
    const auto result = over.take(piece(std::string(41, 'x'), true, true), kLimit);
    ASSERT_TRUE(std::holds_alternative<Violation>(result));
    EXPECT_EQ(std::get<Violation>(result).code, 1009);
}

TEST(FrameReader, WhatIsAnnouncedCountsBeforeItCame) {
    FrameReader reader;
    const auto result = reader.take(piece("x", true, true, 1'000'000), kLimit);
    ASSERT_TRUE(std::holds_alternative<Violation>(result));
    EXPECT_EQ(std::get<Violation>(result).code, 1009);
}

TEST(FrameReader, BinaryIsAViolation) {
    FrameReader reader;
    Piece binary = piece("x", true, true);
    binary.binary = true;
    EXPECT_EQ(std::get<Violation>(reader.take(binary, kLimit)).code, 1003);
}

TEST(FrameReader, InvalidUtf8IsFoundAcrossPiecesAndInLongFrames) {
    FrameReader split;
    EXPECT_TRUE(
        std::holds_alternative<NeedMore>(split.take(piece("\xe2\x82", true, false), kLimit)));
    EXPECT_EQ(std::get<Violation>(split.take(piece("x", false, true), kLimit)).code, 1007);
    FrameReader cut;
    EXPECT_EQ(std::get<Violation>(cut.take(piece("\xe2\x82", true, true), kLimit)).code, 1007);
    FrameReader long_one;
    EXPECT_TRUE(std::holds_alternative<NeedMore>(
        long_one.take(piece("0123456789abc", true, false), kLimit)));
    EXPECT_EQ(std::get<Violation>(long_one.take(piece("\xff", false, true), kLimit)).code, 1007);
}

TEST(FrameReader, AnEmptyFrameIsAnEmptyText) {
    FrameReader reader;
    const auto result = reader.take(piece("", true, true), kLimit);
    ASSERT_TRUE(std::holds_alternative<WholeText>(result));
    EXPECT_TRUE(std::get<WholeText>(result).text.empty());
}

}  // namespace
}  // namespace chartroom::gateway
