// Carries out erasures as storage/FORMAT.md, "Erasing", has them: the ledger, and the rows, a
// bounded number in a transaction. What is still to be done stands in the ledger alone, so a stop
// at any point loses nothing. Belongs to the writer's connection.
#pragma once

#include <string>
#include <vector>

#include "storage/api/event_log.hpp"
#include "storage/sqlite/chunk_index.hpp"
#include "storage/sqlite/db.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/row_codec.hpp"
#include "storage/sqlite/session_table.hpp"
#include "storage/sqlite/small_tables.hpp"

namespace chartroom::storage {

// What one transaction does for an erasure at most, whichever comes first.
inline constexpr std::size_t kEraseRowsMax = 256;        // overwritten
inline constexpr std::size_t kEraseLooksMax = 2'048;     // looked at
inline constexpr std::size_t kEraseBytesMax = 1u << 20;  // of payloads overwritten

class Eraser {
  public:
    Eraser(Db& db, ChunkIndex& index, SessionTable& sessions, NameTable& names, SmallTables& small);

    // ---- within a transaction ----

    // The note's group is inserted: begins the erasure and returns its number.
    [[nodiscard]] std::uint64_t begin(const Erasure& erasure);
    // The number of a person's erasure that has begun, or a new one.
    [[nodiscard]] std::uint64_t begin_person(std::uint64_t party, std::int64_t at_us,
                                             const std::string& reason);
    // False: no such erasure has begun.
    [[nodiscard]] bool has_begun(const PersonErasure& person);
    // Its last session is done.
    void finish_person(const PersonErasure& person);

    enum class Step : std::uint8_t {
        idle,   // there is nothing to do
        rows,   // some rows are done, of the erasure at()
        done,   // its last ones are
        clean,  // no rows are left; texts were written anew, the WAL has to be cut next
    };
    [[nodiscard]] Step step();
    [[nodiscard]] std::uint64_t at() const { return at_; }
    // After Step::clean, its commit and the cut of the WAL: what was clean then is complete.
    // Returns the numbers.
    [[nodiscard]] std::vector<std::uint64_t> complete();

    // ---- after it ----
    void committed();
    void rolled_back();

    // Puts what of the session's past is gone into `into`.
    void load(SessionNumber session, Acquired& into);
    [[nodiscard]] bool has_work();

  private:
    struct Work {
        std::uint64_t number = 0;
        SessionNumber session;
        std::uint64_t subject = 0, own = 0, state_type = 0;
        Offset note;
        Offset next;  // rows below it are done
    };
    struct Budget {
        std::size_t rows = 0, looks = 0, bytes = 0;
        [[nodiscard]] bool used_up() const {
            return rows >= kEraseRowsMax || looks >= kEraseLooksMax || bytes >= kEraseBytesMax;
        }
    };

    [[nodiscard]] bool next_work(Work& work);
    void erase_chunk(Work& work, Budget& budget);
    void erase_row(const StoredRow& row);
    [[nodiscard]] const base::Secret& secret_of(std::uint64_t subject);
    void finish(const Work& work);
    void rewrite_texts();

    Db& db_;
    ChunkIndex& index_;
    SessionTable& sessions_;
    NameTable& names_;
    SmallTables& small_;
    ChunkTable chunks_;
    RowSelector rows_;
    Statement open_, advance_, overwrite_, keep_digest_, secret_, past_;
    std::uint64_t at_ = 0;
    std::unordered_map<std::uint64_t, base::Secret> secrets_;  // of one step
    // Of the open transaction: rows whose client ids the index has to forget.
    std::vector<std::pair<SessionNumber, std::vector<Offset>>> gone_;
    std::vector<std::uint64_t> clean_;  // erasures in state 1 when Step::clean was last made
};

}  // namespace chartroom::storage
