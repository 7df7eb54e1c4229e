#include "storage/sqlite/chunk_codec.hpp"

#include "core/base/check.hpp"
#include "storage/sqlite/row_codec.hpp"

namespace chartroom::storage {
namespace {

constexpr unsigned kSlotBits = 6;
constexpr std::size_t kIdBytes = 4;

void put_varint(std::string& to, std::uint64_t value) {
    while (value >= 0x80) {
        to.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    to.push_back(static_cast<char>(value));
}

// Takes a varint off the front; nothing if there is no whole one.
std::optional<std::uint64_t> take_varint(std::string_view& from) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
        const auto byte = static_cast<std::uint8_t>(from.front());
        from.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    return std::nullopt;
}

}  // namespace

std::uint32_t fingerprint_of(std::string_view client_id) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : client_id) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    const auto top = static_cast<std::uint32_t>((hash * 0x9E3779B97F4A7C15) >> 38);
    return top == 0 ? 1 : top;
}

IndexEntry entry_of(std::uint64_t row, std::uint64_t bits, std::string_view client_id) {
    return {.row = row,
            .fingerprint = client_id.empty() ? 0 : fingerprint_of(client_id),
            .visible = kind_of(bits) == events::Kind::out,
            .lasting = class_of(bits) == events::Class::lasting};
}

void Chunk::put(Offset offset, const IndexEntry& entry) {
    CHECK(chunk_of(offset) == chunk && offset.value <= first().value + count);
    entries[offset.value % kChunkOffsets] = entry;
    if (offset.value == first().value + count) ++count;
}

ChunkColumns encode_chunk(const Chunk& chunk) {
    CHECK(chunk.count > 0);
    ChunkColumns columns;
    std::uint64_t previous = 0;
    for (Offset offset = chunk.first(); offset <= chunk.last(); offset = offset.next()) {
        const IndexEntry& entry = chunk.at(offset);
        const std::uint64_t slot = offset.value % kChunkOffsets;
        CHECK(entry.row > previous);
        put_varint(columns.rows, entry.row - previous);
        previous = entry.row;
        if (entry.visible) columns.visible |= std::uint64_t{1} << slot;
        if (entry.lasting) columns.lasting |= std::uint64_t{1} << slot;
        if (entry.fingerprint == 0) continue;
        const std::uint64_t id = entry.fingerprint << kSlotBits | slot;
        for (unsigned i = 0; i < kIdBytes; ++i) {
            columns.ids.push_back(static_cast<char>(id >> (8 * i)));
        }
    }
    return columns;
}

std::optional<Chunk> decode_chunk(std::uint64_t number, std::string_view rows,
                                  std::uint64_t visible, std::uint64_t lasting,
                                  std::string_view ids) {
    Chunk chunk{.chunk = number};
    const std::uint64_t room = first_of_chunk(number + 1).value - chunk.first().value;
    std::uint64_t row = 0;
    while (!rows.empty()) {
        const auto step = take_varint(rows);
        if (!step || *step == 0 || chunk.count == room) return std::nullopt;
        row += *step;
        const Offset offset = chunk.first().plus(chunk.count);
        const std::uint64_t slot = offset.value % kChunkOffsets;
        chunk.put(offset, {.row = row,
                           .fingerprint = 0,
                           .visible = ((visible >> slot) & 1) != 0,
                           .lasting = ((lasting >> slot) & 1) != 0});
    }
    if (chunk.count == 0 || ids.size() % kIdBytes != 0) return std::nullopt;
    for (std::size_t at = 0; at < ids.size(); at += kIdBytes) {
        std::uint32_t id = 0;
        for (unsigned i = 0; i < kIdBytes; ++i) {
            id |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(ids[at + i])) << (8 * i);
        }
        chunk.entries[id % kChunkOffsets].fingerprint = id >> kSlotBits;
    }
    return chunk;
}

}  // namespace chartroom::storage
