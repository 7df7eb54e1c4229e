// The bounds of effects, and what happens at each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chartroom::effects {

// Body bytes are gathered for so long, or until there are so many, before they become a piece, so
// that one token of a model's answer is not one row of the log.
inline constexpr std::int64_t kCoalesceUs = 20'000;
inline constexpr std::size_t kCoalesceBytes = 4u << 10;
// The largest piece: what was gathered, and one buffer of libcurl's.
inline constexpr std::size_t kPieceBytesMax = kCoalesceBytes + (16u << 10);
// Bytes of one op that may wait for its sink; above, reading pauses until half of it was taken.
inline constexpr std::size_t kBufferedBytesMax = 256u << 10;
// Of one request: above, it is refused; of one answer: it ends with Outcome::too_large.
inline constexpr std::size_t kRequestBytesMax = 16u << 20;
inline constexpr std::uint64_t kAnswerBytesMax = 64u << 20;
inline constexpr std::size_t kAnswerHeaderBytesMax = 64u << 10;
// Of a header's value that is kept for the handler: a longer one is left out.
inline constexpr std::size_t kHeaderValueBytesMax = 256;
// What stands for a limit that a request leaves at 0.
inline constexpr std::uint64_t kAnswerBytesDefault = 16u << 20;
inline constexpr std::uint32_t kConnectTimeoutMs = 10'000;
inline constexpr std::uint32_t kIdleTimeoutMs = 60'000;
// Activities that wait for a thread: above, they fail at once; and the bytes of one's result.
inline constexpr std::size_t kWaitingActivitiesMax = 1'024;
inline constexpr std::size_t kActivityResultBytesMax = 1u << 20;

}  // namespace chartroom::effects
