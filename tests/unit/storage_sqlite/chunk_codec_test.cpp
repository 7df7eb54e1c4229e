#include "storage/sqlite/chunk_codec.hpp"

#include <gtest/gtest.h>

#include "core/base/random.hpp"

namespace chartroom::storage {
namespace {

using namespace std::string_literals;

std::string hex(const std::string& bytes) {
    return base::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::optional<Chunk> decode(std::uint64_t number, const ChunkColumns& columns) {
    return decode_chunk(number, columns.rows, columns.visible, columns.lasting, columns.ids);
}

TEST(ChunkCodec, ChunksBeginAtMultiplesOf64ButTheFirstAt1) {
    EXPECT_EQ(chunk_of({1}), 0u);
    EXPECT_EQ(chunk_of({63}), 0u);
    EXPECT_EQ(chunk_of({64}), 1u);
    EXPECT_EQ(first_of_chunk(0), Offset{1});
    EXPECT_EQ(first_of_chunk(2), Offset{128});
}

TEST(ChunkCodec, AChunkIsTheseBytes) {
    Chunk chunk{.chunk = 1};
    chunk.put({64}, {.row = 300, .fingerprint = 0x2abcdef, .visible = false, .lasting = true});
    chunk.put({65}, {.row = 301, .fingerprint = 0, .visible = true, .lasting = true});
    chunk.put({66}, {.row = 429, .fingerprint = 1, .visible = false, .lasting = false});
    const ChunkColumns columns = encode_chunk(chunk);
    EXPECT_EQ(hex(columns.rows),
              "ac02"
              "01"
              "8001");
    EXPECT_EQ(columns.visible, 0b010u);
    EXPECT_EQ(columns.lasting, 0b011u);
    EXPECT_EQ(hex(columns.ids),
              "c07bf3aa"
              "42000000");
}

TEST(ChunkCodec, FingerprintsAreTheFormatsForEver) {
    EXPECT_EQ(fingerprint_of("a"), 25368517u);
    EXPECT_EQ(fingerprint_of("550e8400-e29b-41d4-a716-446655440000"), 11536567u);
}

TEST(ChunkCodec, EveryLengthComesBack) {
    for (const std::uint64_t number : {0u, 1u, 1000u}) {
        Chunk chunk{.chunk = number};
        const std::uint64_t room = number == 0 ? 63 : 64;
        for (std::uint64_t i = 0; i < room; ++i) {
            chunk.put(chunk.first().plus(i), {.row = 1 + i * i * 100'000,
                                              .fingerprint = i % 3 == 0 ? fingerprint_of("x") : 0,
                                              .visible = i % 2 == 0,
                                              .lasting = i % 5 == 0});
            const auto back = decode(number, encode_chunk(chunk));
            ASSERT_TRUE(back.has_value());
            ASSERT_EQ(back->count, i + 1);
            for (Offset offset = chunk.first(); offset <= chunk.last(); offset = offset.next()) {
                EXPECT_EQ(back->at(offset).row, chunk.at(offset).row);
                EXPECT_EQ(back->at(offset).fingerprint, chunk.at(offset).fingerprint);
                EXPECT_EQ(back->at(offset).visible, chunk.at(offset).visible);
                EXPECT_EQ(back->at(offset).lasting, chunk.at(offset).lasting);
            }
        }
    }
}

TEST(ChunkCodec, DamagedColumnsAreRefused) {
    EXPECT_FALSE(decode_chunk(1, "", 0, 0, "").has_value());                     // no rows
    EXPECT_FALSE(decode_chunk(1, "\x80", 0, 0, "").has_value());                 // half a varint
    EXPECT_FALSE(decode_chunk(1, "\x01\x00"s, 0, 0, "").has_value());            // no step
    EXPECT_FALSE(decode_chunk(1, "\x01", 0, 0, "abc").has_value());              // part of an id
    EXPECT_FALSE(decode_chunk(1, std::string(65, '\1'), 0, 0, "").has_value());  // too many rows
    EXPECT_FALSE(decode_chunk(0, std::string(64, '\1'), 0, 0, "").has_value());
    EXPECT_TRUE(decode_chunk(0, std::string(63, '\1'), 0, 0, "").has_value());
}

}  // namespace
}  // namespace chartroom::storage
