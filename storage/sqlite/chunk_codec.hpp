// A chunk row of storage/FORMAT.md: where up to 64 neighbouring offsets of a session are, and what
// a reader may want to know of them without reading them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/api/event_log.hpp"

namespace chartroom::storage {

inline constexpr std::uint64_t kChunkOffsets = 64;

[[nodiscard]] constexpr std::uint64_t chunk_of(Offset offset) {
    return offset.value / kChunkOffsets;
}
// The lowest offset of a chunk; chunk 0 has no offset 0.
[[nodiscard]] constexpr Offset first_of_chunk(std::uint64_t chunk) {
    return {chunk == 0 ? 1 : chunk * kChunkOffsets};
}

// 26 bits of a client id, never 0 (0 stands for "no id").
[[nodiscard]] std::uint32_t fingerprint_of(std::string_view client_id);

// What the index knows of one row.
struct IndexEntry {
    std::uint64_t row = 0;
    std::uint32_t fingerprint = 0;  // of its client id; 0: none
    bool visible = false;
    bool lasting = false;
};
[[nodiscard]] IndexEntry entry_of(std::uint64_t row, std::uint64_t bits,
                                  std::string_view client_id);

// The entries of a chunk's offsets, gapless from the first one; the rest is not known (yet).
struct Chunk {
    std::array<IndexEntry, kChunkOffsets> entries{};  // by offset mod 64
    std::uint64_t chunk = 0;
    std::uint64_t count = 0;

    [[nodiscard]] Offset first() const { return first_of_chunk(chunk); }
    [[nodiscard]] Offset last() const { return {first().value + count - 1}; }  // count > 0
    [[nodiscard]] const IndexEntry& at(Offset offset) const {
        return entries[offset.value % kChunkOffsets];
    }
    // Sets the entry of `offset`, which is at most one past the last.
    void put(Offset offset, const IndexEntry& entry);
};

struct ChunkColumns {
    std::string rows;
    std::uint64_t visible = 0;
    std::uint64_t lasting = 0;
    std::string ids;  // empty: NULL
};
[[nodiscard]] ChunkColumns encode_chunk(const Chunk& chunk);
// Nothing if the columns are not what encode_chunk() makes.
[[nodiscard]] std::optional<Chunk> decode_chunk(std::uint64_t chunk, std::string_view rows,
                                                std::uint64_t visible, std::uint64_t lasting,
                                                std::string_view ids);

}  // namespace chartroom::storage
