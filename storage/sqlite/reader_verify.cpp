// Reader: recomputing a session's chain, row by row.
#include <algorithm>

#include "storage/api/chain.hpp"
#include "storage/sqlite/reader.hpp"

namespace chartroom::storage {

// The chain of one session as far as its rows were handed over.
class Reader::Verifier {
  public:
    Verifier(Reader& reader, SessionNumber session)
        : session_(session),
          secret_(*reader.db_, "SELECT secret FROM name WHERE space = 2 AND number = ?1"),
          digest_(*reader.db_, "SELECT digest FROM digest WHERE row = ?1") {}

    // The next row. False: the group that it ends does not check out.
    [[nodiscard]] bool take(const StoredRow& row) {
        group_.push_back({encode_header(session_, row.event), digest_of(row)});
        if (!row.has_hash) return true;
        previous_ = chain_step(previous_, group_);
        ++report.groups;
        report.events += group_.size();
        group_.clear();
        return previous_ == row.hash;
    }
    [[nodiscard]] bool between_groups() const { return group_.empty(); }

    VerifyReport report;

  private:
    [[nodiscard]] Digest digest_of(const StoredRow& row) {
        if (!row.event.erased) return row_digest(row.event, secret_of(row.event.subject.number));
        Digest stored{};
        digest_.bind(1, row.row);
        if (!digest_.next()) return stored;
        const ResetLater reset(digest_);
        const std::string_view bytes = digest_.bytes(0);
        if (bytes.size() == stored.size()) std::ranges::copy(bytes, stored.begin());
        return stored;
    }

    [[nodiscard]] const base::Secret& secret_of(std::uint64_t subject) {
        const auto [it, fresh] = secrets_.try_emplace(subject);
        if (!fresh || subject == 0) return it->second;
        secret_.bind(1, subject);
        if (secret_.next()) {
            const ResetLater reset(secret_);
            const std::string_view bytes = secret_.bytes(0);
            if (bytes.size() == it->second.size()) std::ranges::copy(bytes, it->second.begin());
        }
        return it->second;
    }

    const SessionNumber session_;
    Statement secret_;
    Statement digest_;
    std::unordered_map<std::uint64_t, base::Secret> secrets_;  // of the session's subjects
    std::vector<ChainedRow> group_;
    Digest previous_{};
};

// A snapshot a chunk, so that a row and what an erasure puts beside it are of one moment; one over
// all of it would let the WAL grow.
Result<VerifyReport> Reader::verify(const SessionId& id) {
    const auto info = find_session(id);
    if (!info) return std::unexpected(info.error());
    const auto pending = index_.pending(info->number, 1, info->head.value, 8 * kPendingRows, false);
    Verifier verifier(*this, info->number);
    const auto broken = [&](Offset offset, std::string problem) {
        verifier.report.state = VerifyState::broken;
        verifier.report.first_bad = offset;
        verifier.report.problem = std::move(problem);
        return verifier.report;
    };
    IndexBlock block;
    std::optional<Snapshot> snapshot;
    for (Offset offset{1}; offset <= info->head; offset = offset.next()) {
        try {
            if (offset.value == 1 || offset.value % kChunkOffsets == 0) {
                snapshot.reset();
                snapshot.emplace(*this);
                block = this->block(info->number, chunk_of(offset), pending);
            }
            const StoredRow row = rows_.one(row_in(block, offset));
            if (row.session != info->number || row.event.offset != offset) {
                return broken(offset, "the index points at the wrong row");
            }
            if (!verifier.take(row)) {
                return broken(offset, "the group's hash is not that of its rows");
            }
        } catch (const DbFailure& failure) {
            if (failure.error().code != base::Code::corrupt) throw;
            return broken(offset, failure.error().message);
        }
    }
    if (!verifier.between_groups()) return broken(info->head, "the last group has no hash");
    return verifier.report;
}

}  // namespace chartroom::storage
