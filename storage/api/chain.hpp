// The chained header and the hash chain of a session, pure: what makes a group's hash.
// Byte layout: storage/FORMAT.md, "The chain".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "core/base/ids.hpp"
#include "core/events/event.hpp"

namespace chartroom::storage {

// The secret of a subject (a party number), as EventLog::intern gave it. Never asked for number 0:
// a row without a subject is digested with 32 zero bytes.
using SecretOf = std::function<const base::Secret&(std::uint64_t subject)>;

inline constexpr std::uint8_t kHeaderVersion = 1;
inline constexpr std::size_t kHeaderBytes = 96;  // little endian, fixed; FORMAT.md has the fields
using Header = std::array<std::uint8_t, kHeaderBytes>;

// The chained header of `event`, which belongs to `session`. Numbers only: no text, no flag that
// may change later (`erased`).
[[nodiscard]] Header encode_header(base::SessionNumber session, const events::Event& event);

// H(subject's secret, offset, client id, stored bytes): what stands for a row's content.
[[nodiscard]] base::Digest row_digest(const events::Event& event, const base::Secret& secret);

// What the chain sees of one row. A row whose content is gone keeps its digest.
struct ChainedRow {
    Header header{};
    base::Digest digest{};
};

// H(previous, headers and digests in order): the group's hash, stored on its last row. The head
// hash of a session without rows is 32 zero bytes.
[[nodiscard]] base::Digest chain_step(const base::Digest& previous,
                                      std::span<const ChainedRow> rows);
[[nodiscard]] base::Digest chain_step(const base::Digest& previous, base::SessionNumber session,
                                      std::span<const events::EventPtr> group,
                                      const SecretOf& secret_of);

}  // namespace chartroom::storage
