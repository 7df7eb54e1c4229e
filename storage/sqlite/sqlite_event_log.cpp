#include "storage/sqlite/sqlite_event_log.hpp"

#include "core/base/check.hpp"
#include "storage/sqlite/erase_jobs.hpp"
#include "storage/sqlite/reader_pool.hpp"
#include "storage/sqlite/write_jobs.hpp"
#include "storage/sqlite/writer.hpp"

namespace chartroom::storage {

using base::Code;

// In the order in which they are made; the threads, which use the rest, come last and go first.
struct SqliteEventLog::Parts {
    explicit Parts(SqliteOptions set) : options(std::move(set)), index(options.pending_rows) {}

    const SqliteOptions options;
    std::optional<FileLock> lock;  // of a server
    LogIdentity identity;
    ChunkIndex index;
    NameCache names;
    std::unique_ptr<ReaderPool> readers;
    std::unique_ptr<Writer> writer;  // null: read only
};

namespace {

// Opened beside a running server, the index is read along with the file; once so many rows have
// come, it is read anew from where the server's index has got to.
constexpr std::size_t kFollowedRowsMax = 4 * kPendingRows;

void follow(ChunkIndex& index, Db& db) {
    if (index.size() > kFollowedRowsMax) index.clear();
    index.catch_up(db);
}

base::Error read_only_error(const std::string& path) {
    return {Code::read_only, path + ": opened to read only"};
}

template <typename T>
void refuse(Executor& on, Done<Result<T>> done, base::Error error) {
    on.post([done = std::move(done), error = std::move(error)]() mutable {
        done(std::unexpected(std::move(error)));
    });
}

}  // namespace

SqliteEventLog::SqliteEventLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SqliteEventLog::~SqliteEventLog() {
    // Reads first: theirs are the last connections beside the writer's, which checkpoints at its
    // end.
    parts_->readers.reset();
    parts_->writer.reset();
}

Result<std::unique_ptr<SqliteEventLog>> SqliteEventLog::open(SqliteOptions options,
                                                             base::Random& random,
                                                             base::Clock& clock) {
    CHECK(options.readers > 0);
    try {
        return std::unique_ptr<SqliteEventLog>(
            new SqliteEventLog(open_parts(std::move(options), random, clock)));
    } catch (const DbFailure& failure) {
        return std::unexpected(failure.error());
    }
}

std::unique_ptr<SqliteEventLog::Parts> SqliteEventLog::open_parts(SqliteOptions options,
                                                                  base::Random& random,
                                                                  base::Clock& clock) {
    auto parts = std::make_unique<Parts>(std::move(options));
    const SqliteOptions& set = parts->options;
    if (set.read_only) {
        parts->identity = read_identity(*open_for_reading(set.path, set.vfs));
    } else {
        parts->lock.emplace(set.path);
        try {
            auto db = open_for_writing(set.path, set.durability, set.vfs);
            parts->identity = begin_serving(*db, set.durability, set.boot_id, random);
            parts->index.catch_up(*db);
            parts->writer =
                std::make_unique<Writer>(WriterSetup{.path = set.path,
                                                     .vfs = set.vfs,
                                                     .durability = set.durability,
                                                     .owner_epoch = parts->identity.owner_epoch,
                                                     .index = parts->index,
                                                     .names = parts->names,
                                                     .random = random,
                                                     .clock = clock},
                                         std::move(db));
        } catch (const DbFailure&) {
            parts->lock->forget();
            throw;
        }
    }
    parts->readers = std::make_unique<ReaderPool>(
        set.readers, [&set, &index = parts->index, &names = parts->names] {
            return std::make_unique<Reader>(open_for_reading(set.path, set.vfs), index, names);
        });
    return parts;
}

template <typename T, typename Question>
void SqliteEventLog::ask(Executor& on, Done<Result<T>> done, Question question) {
    parts_->readers->submit([this, &on, done = std::move(done),
                             question = std::move(question)](LazyReader& lazy) mutable {
        Result<T> answer;
        try {
            Reader& reader = lazy.get();
            if (parts_->writer == nullptr) follow(parts_->index, reader.db());
            answer = question(reader);
        } catch (const DbFailure& failure) {
            lazy.drop();
            answer = std::unexpected(failure.error());
            if (failure.error().code != Code::corrupt) answer.error().code = Code::unavailable;
        }
        on.post([done = std::move(done), answer = std::move(answer)]() mutable {
            done(std::move(answer));
        });
    });
}

Epoch SqliteEventLog::epoch() const {
    return parts_->identity.epoch;
}
base::Secret SqliteEventLog::seed_key() const {
    return parts_->identity.seed_key;
}

// ---- writing -----------------------------------------------------------------------------------

void SqliteEventLog::acquire(SessionId session, Executor& on, Done<Result<Acquired>> done) {
    if (parts_->writer == nullptr) {
        return refuse(on, std::move(done), read_only_error(parts_->options.path));
    }
    parts_->writer->submit(std::make_unique<AcquireJob>(std::move(session), on, std::move(done)));
}

void SqliteEventLog::intern(std::vector<NameRequest> names, Executor& on,
                            Done<Result<std::vector<Interned>>> done) {
    if (parts_->writer == nullptr) {
        auto look_up = [names = std::move(names), path = parts_->options.path](
                           Reader& reader) -> Result<std::vector<Interned>> {
            std::vector<Interned> interned;
            for (const NameRequest& name : names) {
                const auto found = reader.find_name(name);
                if (!found) return std::unexpected(read_only_error(path));
                interned.push_back(*found);
            }
            return interned;
        };
        return ask(on, std::move(done), std::move(look_up));
    }
    // Nearly all names are known: that costs no thread a wake.
    if (auto known = parts_->names.find(names)) {
        return on.post([done = std::move(done), known = std::move(*known)]() mutable {
            done(std::move(known));
        });
    }
    parts_->writer->submit(std::make_unique<InternJob>(std::move(names), on, std::move(done)));
}

void SqliteEventLog::append(std::vector<Group> groups, Executor& on,
                            Done<std::vector<AppendAnswer>> done) {
    if (parts_->writer == nullptr) {
        const base::Error error = read_only_error(parts_->options.path);
        std::vector<AppendAnswer> answers(groups.size(),
                                          {AppendStatus::unavailable, error.message});
        return on.post([done = std::move(done), answers = std::move(answers)]() mutable {
            done(std::move(answers));
        });
    }
    parts_->writer->submit(
        std::make_unique<AppendJob>(*parts_->writer, std::move(groups), on, std::move(done)));
}

void SqliteEventLog::quarantine_add(std::uint64_t build, std::string key, Executor& on,
                                    Done<Result<std::uint64_t>> done) {
    if (parts_->writer == nullptr) {
        return refuse(on, std::move(done), read_only_error(parts_->options.path));
    }
    parts_->writer->submit(
        std::make_unique<QuarantineJob>(build, std::move(key), on, std::move(done)));
}

Health SqliteEventLog::health() const {
    if (parts_->writer == nullptr) {
        return {.writable = false, .reason = read_only_error(parts_->options.path).message};
    }
    return parts_->writer->health();
}

StoreStats SqliteEventLog::stats() const {
    return parts_->writer == nullptr ? StoreStats{} : parts_->writer->stats();
}

// ---- reading -----------------------------------------------------------------------------------

void SqliteEventLog::read(ReadRequest request, Executor& on, Done<Result<Page>> done) {
    CHECK(request.rows_max > 0);
    ask(on, std::move(done), [request](Reader& reader) { return reader.read(request); });
}

void SqliteEventLog::name_of(NameSpace space, std::uint64_t number, Executor& on,
                             Done<Result<std::string>> done) {
    ask(on, std::move(done), [this, space, number](Reader& reader) -> Result<std::string> {
        if (auto text = parts_->names.text_of(space, number)) return *std::move(text);
        return reader.name_of(space, number);
    });
}

void SqliteEventLog::erase(Erasure erasure, Executor& on, Done<AppendAnswer> done) {
    if (parts_->writer == nullptr) {
        return on.post([done = std::move(done), path = parts_->options.path]() mutable {
            done({AppendStatus::unavailable, read_only_error(path).message});
        });
    }
    parts_->writer->submit(
        std::make_unique<EraseJob>(*parts_->writer, std::move(erasure), on, std::move(done)));
}

void SqliteEventLog::begin_person(std::string party, std::string reason, std::int64_t at_us,
                                  Executor& on, Done<Result<PersonErasure>> done) {
    if (parts_->writer == nullptr) {
        return refuse(on, std::move(done), read_only_error(parts_->options.path));
    }
    parts_->writer->submit(std::make_unique<BeginPersonJob>(std::move(party), std::move(reason),
                                                            at_us, on, std::move(done)));
}

void SqliteEventLog::sessions_of(std::uint64_t subject, Executor& on,
                                 Done<Result<std::vector<SessionId>>> done) {
    if (parts_->writer == nullptr) {
        return refuse(on, std::move(done), read_only_error(parts_->options.path));
    }
    parts_->writer->submit(std::make_unique<SessionsOfJob>(subject, on, std::move(done)));
}

void SqliteEventLog::finish_person(PersonErasure person, std::string own_prefix, Executor& on,
                                   Done<Result<void>> done) {
    if (parts_->writer == nullptr) {
        return refuse(on, std::move(done), read_only_error(parts_->options.path));
    }
    parts_->writer->submit(std::make_unique<FinishPersonJob>(
        *parts_->writer, person, std::move(own_prefix), on, std::move(done)));
}

void SqliteEventLog::erasures(Executor& on, Done<Result<std::vector<LedgerRow>>> done) {
    ask(on, std::move(done),
        [](Reader& reader) { return Result<std::vector<LedgerRow>>(reader.erasures()); });
}

void SqliteEventLog::find_session(SessionId session, Executor& on, Done<Result<SessionInfo>> done) {
    ask(on, std::move(done),
        [session = std::move(session)](Reader& reader) { return reader.find_session(session); });
}

void SqliteEventLog::sessions(std::string prefix, std::string after, std::size_t limit,
                              Executor& on, Done<Result<SessionPage>> done) {
    ask(on, std::move(done),
        [prefix = std::move(prefix), after = std::move(after), limit](Reader& reader) {
            return Result<SessionPage>(reader.sessions(prefix, after, limit));
        });
}

void SqliteEventLog::find_client_id(SessionNumber session, std::uint64_t actor,
                                    std::string client_id, Offset since, Executor& on,
                                    Done<Result<std::optional<ClientIdHit>>> done) {
    ask(on, std::move(done),
        [session, actor, client_id = std::move(client_id), since](Reader& reader) {
            return reader.find_client_id(session, actor, client_id, since);
        });
}

void SqliteEventLog::unfinished(Executor& on, Done<Result<std::vector<SessionId>>> done) {
    ask(on, std::move(done),
        [](Reader& reader) { return Result<std::vector<SessionId>>(reader.unfinished()); });
}

void SqliteEventLog::verify(SessionId session, Executor& on, Done<Result<VerifyReport>> done) {
    ask(on, std::move(done),
        [session = std::move(session)](Reader& reader) { return reader.verify(session); });
}

void SqliteEventLog::quarantine_list(
    Executor& on, Done<Result<std::vector<std::pair<std::string, std::uint64_t>>>> done) {
    using List = std::vector<std::pair<std::string, std::uint64_t>>;
    ask(on, std::move(done), [](Reader& reader) { return Result<List>(reader.quarantine()); });
}

}  // namespace chartroom::storage
