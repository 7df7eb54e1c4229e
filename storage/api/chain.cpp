#include "storage/api/chain.hpp"

#include <cstring>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/sha256.hpp"

namespace chartroom::storage {
namespace {

constexpr std::uint8_t kFlagEndsTurn = 1;
constexpr std::uint8_t kFlagJson = 2;

void put_u64(std::uint8_t* to, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// One a thread: setting up a digest context costs more than hashing a small row with it.
base::Sha256& hasher() {
    thread_local base::Sha256 sha;
    return sha;
}

void add_row(base::Sha256& sha, const Header& header, const base::Digest& digest) {
    std::array<std::uint8_t, kHeaderBytes + sizeof(base::Digest)> bytes;
    std::memcpy(bytes.data(), header.data(), header.size());
    std::memcpy(bytes.data() + header.size(), digest.data(), digest.size());
    sha.add(bytes);
}

}  // namespace

Header encode_header(base::SessionNumber session, const events::Event& event) {
    Header h{};
    h[0] = kHeaderVersion;
    h[1] = static_cast<std::uint8_t>(event.kind);
    h[2] = static_cast<std::uint8_t>(event.cls);
    h[3] = static_cast<std::uint8_t>((event.ends_turn ? kFlagEndsTurn : 0) |
                                     (event.json ? kFlagJson : 0));
    h[4] = static_cast<std::uint8_t>(event.audience.scope);
    // 5–7: zero
    put_u64(&h[8], session.value);
    put_u64(&h[16], event.offset.value);
    put_u64(&h[24], static_cast<std::uint64_t>(event.at_us));
    put_u64(&h[32], event.type.number);
    put_u64(&h[40], event.actor.number);
    put_u64(&h[48], event.subject.number);
    put_u64(&h[56], event.audience.party);
    put_u64(&h[64], event.cause.value);
    put_u64(&h[72], event.build);
    put_u64(&h[80], event.source.session.value);
    put_u64(&h[88], event.source.offset.value);
    return h;
}

base::Digest row_digest(const events::Event& event, const base::Secret& secret) {
    // The length keeps (id, bytes) apart from every other split of the same text.
    std::array<std::uint8_t, sizeof(base::Secret) + 16> prefix;
    std::memcpy(prefix.data(), secret.data(), secret.size());
    put_u64(&prefix[secret.size()], event.offset.value);
    put_u64(&prefix[secret.size() + 8], event.client_id.size());
    base::Sha256& sha = hasher();
    sha.add(prefix);
    if (!event.client_id.empty()) sha.add(event.client_id);
    return sha.add(event.payload).finish();
}

base::Digest chain_step(const base::Digest& previous, std::span<const ChainedRow> rows) {
    CHECK(!rows.empty());
    base::Sha256& sha = hasher();
    sha.add(previous);
    for (const ChainedRow& row : rows) add_row(sha, row.header, row.digest);
    return sha.finish();
}

base::Digest chain_step(const base::Digest& previous, base::SessionNumber session,
                        std::span<const events::EventPtr> group, const SecretOf& secret_of) {
    CHECK(!group.empty());
    static constexpr base::Secret kNoSubject{};
    std::vector<ChainedRow> rows;
    rows.reserve(group.size());
    for (const events::EventPtr& event : group) {
        const std::uint64_t subject = event->subject.number;
        const base::Secret& secret = subject == 0 ? kNoSubject : secret_of(subject);
        rows.push_back({encode_header(session, *event), row_digest(*event, secret)});
    }
    return chain_step(previous, rows);
}

}  // namespace chartroom::storage
