#include "storage/sqlite/reader.hpp"

#include <algorithm>
#include <utility>

#include "storage/api/page_builder.hpp"

namespace chartroom::storage {
namespace {

// More than the index ever holds of one session: all of it.
constexpr std::uint64_t kAllPending = 8 * kPendingRows;

}  // namespace

Reader::Snapshot::~Snapshot() {
    try {
        reader_.end_.run();
    } catch (const DbFailure&) {
        // Nothing was written, and the connection is closed after a failure anyway.
        reader_.db_->rollback();
    }
}

Reader::Reader(std::unique_ptr<Db> db, const ChunkIndex& index, const NameCache& names)
    : db_(std::move(db)),
      index_(index),
      names_(names),
      chunks_(*db_),
      rows_(*db_),
      heads_(*db_, index),
      begin_(*db_, "BEGIN"),
      end_(*db_, "COMMIT"),
      name_(*db_, "SELECT text FROM name WHERE space = ?1 AND number = ?2"),
      name_number_(*db_, "SELECT number, secret FROM name WHERE space = ?1 AND text = ?2"),
      session_(*db_, "SELECT id, number, created_at, erased FROM session WHERE id = ?1"),
      sessions_(*db_,
                "SELECT id, number, created_at, erased FROM session WHERE id >= ?1"
                " ORDER BY id") {}

// ---- where rows are ----------------------------------------------------------------------------

Offset Reader::head_of(SessionNumber session, const std::optional<PendingRows>& pending) {
    if (pending) return pending->head;
    const auto chunk = chunks_.last(session);
    return chunk ? chunk->last() : Offset{};
}

IndexBlock Reader::block(SessionNumber session, std::uint64_t number,
                         const std::optional<PendingRows>& pending) {
    IndexBlock block;
    const Offset first = first_of_chunk(number);
    if (!pending || first < pending->first) {
        const Chunk chunk = chunks_.load(session, number);
        for (std::uint64_t i = 0; i < chunk.count; ++i) {
            block.set(first.plus(i), chunk.at(first.plus(i)));
        }
    }
    if (!pending || pending->entries.empty()) return block;
    const Offset end = first_of_chunk(number + 1);
    const std::uint64_t known_end = pending->from.value + pending->entries.size();
    for (std::uint64_t offset = std::max(first.value, pending->from.value);
         offset < std::min(end.value, known_end); ++offset) {
        block.set({offset}, pending->entries[offset - pending->from.value]);
    }
    return block;
}

std::uint64_t Reader::row_in(const IndexBlock& block, Offset offset) const {
    const std::uint64_t row = block.at(offset).row;
    if (row == 0) fail_corrupt(db_->path(), "the index has a gap");
    return row;
}

EventPtr Reader::event_at(SessionNumber session, Offset offset, std::uint64_t row) {
    StoredRow stored = rows_.one(row);
    return finish(session, offset, stored);
}

EventPtr Reader::finish(SessionNumber session, Offset offset, StoredRow& stored) {
    if (stored.session != session || stored.event.offset != offset) {
        fail_corrupt(db_->path(), "the index points at the wrong row");
    }
    events::Event& event = stored.event;
    event.type.text = text_of(NameSpace::type, event.type.number);
    event.actor.text = text_of(NameSpace::party, event.actor.number);
    event.subject.text = text_of(NameSpace::party, event.subject.number);
    if (event.audience.scope == events::Scope::followers_of) {
        event.audience.name = text_of(NameSpace::party, event.audience.party);
    }
    return std::make_shared<const events::Event>(std::move(event));
}

// ---- pages -------------------------------------------------------------------------------------

namespace {

// What the index can say of a row without reading it.
bool may_match(const ReadRequest& request, const IndexEntry& entry) {
    return (!request.visible_only || entry.visible) && (!request.lasting_only || entry.lasting);
}

}  // namespace

// Takes rows one after the other; those that follow each other in the file come from one scan.
class Reader::RowRun {
  public:
    RowRun(Reader& reader, const ReadRequest& request) : reader_(reader), request_(request) {}
    ~RowRun() { reader_.rows_.reset(); }
    RowRun(const RowRun&) = delete;
    RowRun& operator=(const RowRun&) = delete;

    [[nodiscard]] EventPtr take(const IndexBlock& block, Offset offset) {
        const std::uint64_t row = reader_.row_in(block, offset);
        if (row != next_ || next_ > last_) {
            last_ = last_of_run(block, offset);
            reader_.rows_.start(row, last_);
        }
        next_ = row + 1;
        StoredRow stored;
        if (!reader_.rows_.next(stored)) {
            fail_corrupt(reader_.db_->path(), "an indexed row is missing");
        }
        return reader_.finish(request_.session, offset, stored);
    }

  private:
    // The last rowid of the neighbours in file and session that are wanted as well, in this block.
    [[nodiscard]] std::uint64_t last_of_run(const IndexBlock& block, Offset offset) const {
        std::uint64_t last = block.at(offset).row;
        if (request_.direction == Direction::backward) return last;
        for (Offset next = offset.next(); chunk_of(next) == chunk_of(offset); next = next.next()) {
            const IndexEntry& entry = block.at(next);
            if (entry.row != last + 1 || !may_match(request_, entry)) break;
            last = entry.row;
        }
        return last;
    }

    Reader& reader_;
    const ReadRequest& request_;
    std::uint64_t next_ = 0;  // the row that the scan comes to, if that is not over
    std::uint64_t last_ = 0;
};

Result<Page> Reader::read(const ReadRequest& request) {
    const bool forward = request.direction == Direction::forward;
    const std::uint64_t upper = request.before ? request.before.value - 1 : ~std::uint64_t{0};
    const auto pending = index_.pending(request.session, request.after.value + 1, upper,
                                        kScanRowsMax + kChunkOffsets, !forward);
    const Snapshot snapshot(*this);
    const Offset head = head_of(request.session, pending);
    if (!head) return base::fail(base::Code::not_found, "no such session");
    const Range range = range_of(request, head);
    PageBuilder page(request, range);
    RowRun run(*this, request);
    IndexBlock block;
    std::optional<std::uint64_t> loaded;
    const std::uint64_t count = range.last >= range.first ? range.last - range.first + 1 : 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const Offset offset{forward ? range.first + i : range.last - i};
        if (loaded != chunk_of(offset)) {
            loaded = chunk_of(offset);
            block = this->block(request.session, *loaded, pending);
        }
        if (may_match(request, block.at(offset))) {
            EventPtr event = run.take(block, offset);
            const bool match =
                matches(request, {event->offset, event->kind, event->cls, event->cause});
            if (match && !page.add(offset, std::move(event))) break;
        }
        if (!page.passed(offset)) break;
    }
    return page.take();
}

Result<std::optional<ClientIdHit>> Reader::find_client_id(SessionNumber session,
                                                          std::uint64_t actor,
                                                          const std::string& client_id,
                                                          Offset since) {
    const std::uint32_t fingerprint = fingerprint_of(client_id);
    const auto pending =
        index_.pending(session, since.value + 1, ~std::uint64_t{0}, kAllPending, false);
    const Snapshot snapshot(*this);
    const Offset head = head_of(session, pending);
    if (!head) return base::fail(base::Code::not_found, "no such session");
    IndexBlock block;
    std::optional<std::uint64_t> loaded;
    for (Offset offset = since.next(); offset <= head; offset = offset.next()) {
        if (loaded != chunk_of(offset)) {
            loaded = chunk_of(offset);
            block = this->block(session, *loaded, pending);
        }
        if (block.at(offset).fingerprint != fingerprint) continue;
        EventPtr event = event_at(session, offset, row_in(block, offset));
        if (event->kind == events::Kind::in && event->client_id == client_id &&
            (actor == 0 || event->actor.number == actor)) {
            return ClientIdHit{offset, std::move(event)};
        }
    }
    return std::nullopt;
}

// ---- names -------------------------------------------------------------------------------------

const std::string& Reader::text_of(NameSpace space, std::uint64_t number) {
    static const std::string kNone;
    if (number == 0) return kNone;
    auto& texts = texts_.at(static_cast<std::size_t>(space));
    if (std::exchange(texts_of_, names_.erased()) != texts_of_) {
        for (auto& all : texts_) all.clear();
    }
    if (const auto it = texts.find(number); it != texts.end()) return it->second;
    const auto text = name_of(space, number);
    if (!text) fail_corrupt(db_->path(), "a row has a name that is not there");
    if (texts.size() >= kReaderNames) texts.clear();
    return texts[number] = *text;
}

Result<std::string> Reader::name_of(NameSpace space, std::uint64_t number) {
    name_.bind(1, static_cast<std::uint64_t>(space)).bind(2, number);
    if (!name_.next()) return base::fail(base::Code::not_found, "no such name");
    const ResetLater reset(name_);
    return std::string(name_.bytes(0));
}

std::optional<Interned> Reader::find_name(const NameRequest& name) {
    name_number_.bind(1, static_cast<std::uint64_t>(name.space)).bind_text(2, name.text);
    if (!name_number_.next()) return std::nullopt;
    const ResetLater reset(name_number_);
    Interned interned{.number = name_number_.number(0)};
    const std::string_view secret = name_number_.bytes(1);
    if (secret.size() == interned.secret.size()) {
        std::ranges::copy(secret, interned.secret.begin());
    }
    return interned;
}

}  // namespace chartroom::storage
