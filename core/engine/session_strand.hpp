// SessionStrand: the sessions that share one executor, and what they share: names, batches for the
// store, batches for connections, credit, the memory budget of tails. Everything here runs on that
// executor, but post().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/auth/access.hpp"
#include "core/base/random.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/handler.hpp"
#include "core/engine/notice.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::engine {

class Session;

inline constexpr std::size_t kPartiesCachedMax = 65'536;  // names; over it the cache starts anew
inline constexpr std::int64_t kRetryUs = 250'000;     // between tries while the log is unavailable
inline constexpr std::int64_t kSweepUs = 10'000'000;  // between looks at idle sessions

// Counters that metrics read from other threads.
struct Counters {
    std::atomic<std::uint64_t> messages{0}, duplicates{0}, refused{0}, events_delivered{0};
    std::atomic<std::uint64_t> turns_opened{0}, turns_ended{0}, turns_failed{0}, turns_recovered{0};
    std::atomic<std::uint64_t> resumes_full{0}, resumes_reset{0}, session_crashes{0};
    std::atomic<std::uint64_t> emits_dropped{0};
    std::atomic<std::uint64_t> sessions_loaded{0}, followers{0}, turns_open{0};
};

// What became of an event on its way from one session to another.
enum class CrossingFate : std::uint8_t {
    taken,
    later,  // not just now: it is sent again
    gone,   // the target was erased: it never will be
};

// An event on its way from one session to another.
struct Crossing {
    base::SessionId source;
    base::SessionNumber source_number;
    base::Offset source_offset;
    base::SessionId target;
    Emit emit;
    std::string actor;
    std::string subject;

    // The name of the party that the event's audience is about; empty: it is for everyone.
    [[nodiscard]] std::string audience_party() const;
};

struct StrandSetup {
    World world;
    base::Executor* on = nullptr;
    HandlerTable handlers;
    auth::AccessPolicy policy;
    Limits limits;
    Counters* counters = nullptr;
    // Turns and ops are numbered id_first, id_first + id_step, …: no two strands give the same.
    std::uint64_t id_first = 1;
    std::uint64_t id_step = 1;
    // Hands a crossing to the strand of its target, and the answer back to that of its source.
    std::function<void(Crossing)> send;
    std::function<void(const base::SessionId& source, const base::SessionId& target,
                       base::Offset offset, CrossingFate fate)>
        answer;
};

class SessionStrand {
  public:
    explicit SessionStrand(StrandSetup setup);
    ~SessionStrand();

    // ---- any thread ----

    // Queues `work` on the session, loading it where it is not in memory. False: the queue is full.
    [[nodiscard]] bool post(base::SessionId session, std::move_only_function<void(Session&)> work);
    // The same for what was promised a place: completions, consumption, crossings.
    void post_reserved(base::SessionId session, std::move_only_function<void(Session&)> work);
    // Takes the place of one request, for post_reserved(). False: there is none.
    [[nodiscard]] bool reserve();

    // The same for what only a session in memory has a use for; another is not loaded for it.
    void post_existing(base::SessionId session, std::move_only_function<void(Session&)> work);

    // ---- on the strand ----

    // Learns the numbers of what the handlers need; sessions wait for it.
    void start();
    [[nodiscard]] bool started() const { return started_; }
    void set_draining(base::Task idle);
    [[nodiscard]] bool draining() const { return draining_; }
    // Drops every session; open turns stay open in the log.
    void stop();

    Session& get(const base::SessionId& id);
    [[nodiscard]] Session* find(const base::SessionId& id);

    // A person is being erased: its number is forgotten, its followers are unfollowed, and until
    // end_erasing() it is refused. What was written before is on its way to the store afterwards.
    void begin_erasing(const std::string& party, std::uint64_t number);
    // Once it is `over`, the ids that begin with `own_prefix` mean new sessions.
    void end_erasing(const std::string& party, const std::string& own_prefix, bool over);
    [[nodiscard]] bool is_being_erased(std::string_view party) const {
        return erasing_.contains(party);
    }
    void forget_party(std::string_view name);

    // Names. Null: not known yet; learn() them first.
    [[nodiscard]] const storage::Interned* party(std::string_view name) const;
    // The server itself and a plugin that is loaded, as actors of rows.
    [[nodiscard]] events::Name server_name() const;
    [[nodiscard]] events::Name plugin_name(std::string_view plugin_id) const;
    [[nodiscard]] std::optional<std::uint64_t> type(std::string_view name) const;
    [[nodiscard]] std::uint64_t build(const Handler& handler) const;
    [[nodiscard]] HandlerPtr handler_of_party(std::uint64_t number) const;
    void learn(std::vector<storage::NameRequest> names,
               std::move_only_function<void(base::Result<void>)> done);

    // A bounded request has left its session's inbox.
    void taken() { --queued_; }
    void append(Session& session, storage::Group group, std::size_t bytes);
    // No session may begin more until the store has answered some.
    [[nodiscard]] bool out_of_credit() const;
    void wait_for_credit(const base::SessionId& session);
    // Out of credit, nothing more is read for this op until there is some.
    void slow_down(EffectToken token);
    void notify(base::ConnectionId connection, NoticeBody body);
    void at(std::int64_t due_us, base::SessionId session,
            std::move_only_function<void(Session&)> work);
    void tail_grew(Session& session, std::size_t bytes);
    void tail_shrank(std::size_t bytes) { tails_bytes_ -= bytes; }
    void forget_tail(std::list<Session*>::iterator place);
    // The session has nothing to do; it goes from memory if that stays so.
    void idle(Session& session);
    void check_drained();

    // A number that nothing else in this process has.
    [[nodiscard]] std::uint64_t next_id() {
        return setup_.id_first + setup_.id_step * ids_given_++;
    }
    [[nodiscard]] const StrandSetup& setup() const { return setup_; }
    [[nodiscard]] storage::EventLog& log() const { return setup_.world.log; }
    [[nodiscard]] base::Executor& on() const { return *setup_.on; }
    [[nodiscard]] Counters& counters() const { return *setup_.counters; }
    [[nodiscard]] const Limits& limits() const { return setup_.limits; }

  private:
    struct InFlight {
        base::SessionId session;
        std::size_t bytes = 0;
    };

    [[nodiscard]] events::Name known(std::string name) const;
    void make_room_for_parties(std::size_t count);
    void schedule_flush();
    void flush();
    void answered(std::vector<InFlight> batch, std::vector<storage::AppendAnswer> answers);
    void sweep();
    void schedule_sweep();

    StrandSetup setup_;
    std::atomic<std::size_t> queued_{0};
    bool started_ = false;
    bool stopped_ = false;
    bool draining_ = false;
    base::Task drained_;
    std::unordered_map<base::SessionId, std::unique_ptr<Session>> sessions_;

    // Looked up by views, without making a string.
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    template <typename T>
    using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

    ByText<storage::Interned> parties_;
    ByText<std::uint64_t> types_;
    ByText<std::uint64_t> builds_;
    std::unordered_map<std::uint64_t, HandlerPtr> handler_parties_;
    std::set<std::string, std::less<>> erasing_;

    std::vector<storage::Group> groups_;
    std::vector<InFlight> group_owners_;
    std::size_t groups_out_ = 0;
    std::size_t bytes_out_ = 0;
    std::deque<base::SessionId> creditless_;
    std::vector<EffectToken> slowed_;  // at most one entry a piece that was on its way
    std::vector<Notice> notices_;
    bool flush_scheduled_ = false;

    std::size_t tails_bytes_ = 0;
    std::list<Session*> tails_;  // oldest use first
    struct IdleMark {
        base::SessionId session;
        std::uint64_t mark;
        std::int64_t since_us;
    };
    std::deque<IdleMark> idle_;
    bool sweep_scheduled_ = false;
    std::uint64_t ids_given_ = 0;
    friend class Session;
};

}  // namespace chartroom::engine
