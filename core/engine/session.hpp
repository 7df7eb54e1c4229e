// Session: one session in memory, on its strand. Takes messages, runs their turns, hands groups of
// rows to the store, and moves its followers' cursors over what is committed.
//
// One path each: a row gets its offset in write(); a group leaves in close_group(); what depends on
// its being durable (answers, effects, followers) happens in appended(). When the store cannot say
// what it did, everything in memory is dropped and the session is taken up again from the log as at
// a start (crash() and load()).
//
// The parts are in files of their own: session.cpp (life, requests), session_turns.cpp,
// session_groups.cpp, session_followers.cpp, session_recovery.cpp, session_erasure.cpp.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/engine/client_ids.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/history.hpp"
#include "core/engine/session_strand.hpp"
#include "core/engine/turn.hpp"

namespace chartroom::engine {

// What a session is asked to erase of itself: everything, or what is one person's.
struct SessionErasure {
    auth::PrincipalPtr principal;  // who asks; null: a part of a person's, may() was asked before
    std::string reason;
    std::string party;          // the person's; empty: everything, and the session is over
    std::uint64_t person = 0;   // its number, or 0
    std::uint64_t part_of = 0;  // the ledger's number of the person's erasure; 0: none
    // Errors: as Engine::erase().
    std::move_only_function<void(base::Result<void>)> done;
    std::set<base::SessionId> awaited = {};  // that have an event of this session on its way
    bool at_the_store = false;               // once the session is at rest
};

class Session final : public TurnHost {
  public:
    Session(SessionStrand& strand, base::SessionId id);
    ~Session() override;

    // ---- requests: queued behind what the session waits for ----
    void follow(Follow request);
    void submit(Submission request);
    void cancel(Cancel request);
    void history(History request);
    void note_refused(RefusedInput input);
    void cross(Crossing crossing);  // an event from another session
    void effect(base::Offset cause, Op op, EffectPiece piece);
    void timer(base::Offset cause, TurnId turn, Op op);
    void deadline(base::Offset cause, TurnId turn);
    void grace_over(base::Offset cause, TurnId turn);
    void erase(SessionErasure request);
    // Makes a session with something unfinished take it up.
    void wake() { pump(); }

    // ---- at once ----
    void consumed(base::ConnectionId connection, Slot slot, std::size_t bytes);
    void unfollow(base::ConnectionId connection, Slot slot);
    // The party is being erased: those that follow as it have nothing to come back to.
    void unfollow_party(std::uint64_t party);
    void crossed(const base::SessionId& target, base::Offset offset, CrossingFate fate);
    void appended(const storage::AppendAnswer& answer);
    void retry_append();
    void pump();

    [[nodiscard]] const base::SessionId& id() const { return id_; }
    [[nodiscard]] bool busy() const;  // has something open, unwritten or undelivered
    [[nodiscard]] bool is_gone() const { return phase_ == Phase::gone; }
    [[nodiscard]] bool has_followers() const { return !followers_.empty(); }
    [[nodiscard]] std::uint64_t mark() const { return mark_; }
    // Forgets what can be read again: tail, ids.
    void slim();
    void drop_tail();

    // ---- TurnHost ----
    events::EventPtr write(Turn& turn, Draft& draft) override;
    bool flag_end(Turn& turn) override;
    bool prepare(Turn& turn, const std::vector<Command>& commands) override;
    std::optional<std::uint64_t> party_number(std::string_view name) override;
    void history(Turn& turn, const ReadHistory& request, base::Offset as_of) override;
    StateView state(Turn& turn, base::Offset as_of) override;
    void state_set(Turn& turn, const events::EventPtr& row, std::string_view bytes) override;
    void op_opened(Turn& turn, Op op) override;
    void op_stopped(Turn& turn, Op op, const OpenOp& state) override;
    void emitted_elsewhere(Turn& turn, const events::EventPtr& row, const Emit& emit) override;

  private:
    friend class SessionStrand;

    enum class Phase : std::uint8_t { fresh, loading, recovering, ready, crashing, gone };

    // Requests as they wait.
    struct EffectArrived {
        base::Offset cause;
        Op op = 0;
        EffectPiece piece;
    };
    struct TimerDue {
        base::Offset cause;
        TurnId turn;
        Op op = 0;
    };
    struct DeadlineDue {
        base::Offset cause;
        TurnId turn;
        bool grace = false;
    };
    // The emit of the outbox row can never arrive: its target was erased.
    struct Undelivered {
        base::Offset row;
    };
    using Item = std::variant<Follow, Submission, Cancel, History, RefusedInput, EffectArrived,
                              TimerDue, DeadlineDue, Crossing, Undelivered, SessionErasure>;

    struct Follower {
        base::ConnectionId connection;
        Slot slot = 0;
        auth::PrincipalPtr principal;
        std::uint64_t party = 0;
        base::Offset cursor;   // everything up to here was handed over or is not for it
        base::Offset told;     // what it was told last: the next frame's `prev`
        base::Offset live_at;  // the head when it was opened
        std::uint32_t window_used = 0;
        bool live_told = false;
        bool reading = false;
        bool holds_past = false;  // its client keeps what it was shown, and knows a reset
        // Where a resume began that wants streams whole: turns from before may stand in one. 0:
        // none.
        base::Offset resumed_at;
        std::set<base::Offset> known_starts;  // causes of such turns whose start was looked for
    };

    using FollowerKey = std::pair<base::ConnectionId, Slot>;

    // A sender that waits for its message to be durable.
    struct Waiter {
        base::ConnectionId connection;
        std::uint64_t request = 0;
        base::Offset offset;
        bool duplicate = false;
    };
    // A group that the store has not answered, and what is to happen once it is durable.
    struct PendingGroup {
        storage::Group group;
        std::size_t bytes = 0;
        std::vector<Waiter> waiters;
        std::vector<std::pair<base::Offset, Op>> starts;
        std::vector<Crossing> crossings_out;
        std::vector<Crossing> crossings_in;
    };
    struct Waiting {  // a message whose turn has not opened
        events::EventPtr inbound;
    };
    struct PluginQueue {
        std::size_t running = 0;
        std::deque<Waiting> waiting;
    };

    // session.cpp
    void queue(Item item);
    void take(Item item);
    void take(Follow& request);
    void take(Submission& request);
    void take(Cancel& request);
    void take(History& request);
    void take(RefusedInput& input);
    void take(EffectArrived& request);
    void take(TimerDue& request);
    void take(DeadlineDue& request);
    void effect_happened(Turn& turn, std::string_view type, const rows::Effect& effect);
    void take(Crossing& request);
    void take(Undelivered& item);
    void take(SessionErasure& request);
    [[nodiscard]] const std::string* unknown_party(const Item& item) const;
    void refuse(const Submission& request, base::Error error);
    void refuse_input(const Submission& request, base::Error error);
    void add_refusal(const auth::Principal& sender, const base::Error& error, std::size_t bytes);
    void refuse_waiting(const base::Error& error);
    void refuse_item(Item& item, const base::Error& error);
    // Whose message is being taken, as the log knows them.
    struct Sender {
        std::string name;
        storage::Interned party;
        [[nodiscard]] events::Name actor() const { return {party.number, name}; }
    };
    void admit(Submission request, const Sender& sender);
    events::Name subject_of(const auth::Principal& principal, const Sender& sender);
    [[nodiscard]] std::uint64_t client_id_scope(const Sender& sender) const;
    void look_up(Submission request, Sender sender, base::Offset since);
    void repeated(const Submission& request, base::Offset offset, bool same);
    // A history that is being read, page by page where it is of one type.
    struct HistoryReading {
        std::uint64_t party = 0;
        History request;
        storage::ReadRequest read;
        HistoryPage reply;
        std::size_t pages = 0;
        std::uint64_t erasures = 0;  // as many as there were when it began
    };
    void read_history(HistoryReading reading);
    void reply_history(HistoryReading reading, const base::Result<storage::Page>& page);
    void history_again(History request);
    void maybe_idle();
    // Runs `work` if the session is still what it was; for completions of the store.
    template <typename Result, typename Work>
    storage::Done<Result> guarded(Work work) {
        return [strand = &strand_, id = id_, generation = generation_,
                work = std::move(work)](Result result) mutable {
            Session* session = strand->find(id);
            if (session == nullptr || session->generation_ != generation) return;
            work(*session, std::move(result));
        };
    }

    // session_turns.cpp
    void open_turn(const events::EventPtr& inbound, HandlerPtr handler,
                   const events::EventPtr& opening);
    std::unique_ptr<Turn> make_turn(const events::EventPtr& inbound, HandlerPtr handler,
                                    const events::EventPtr& opening,
                                    std::deque<events::EventPtr> recorded);
    void settle(Turn& turn);
    void end_turn(Turn& turn);
    void open_next(const std::string& plugin);
    void open_waiting();
    void begin_cancel(Turn& turn, CancelReason reason);
    void await_end(const Turn& turn);
    void seal_without_handler(const events::EventPtr& inbound, std::uint64_t plugin,
                              std::span<const events::EventPtr> rows, base::Code code,
                              std::string_view reason);
    void start_op(Turn& turn, Op op);
    void restart_ops(Turn& turn);
    [[nodiscard]] Turn* turn_of(base::Offset cause);
    void gather_history(Turn& turn, HistoryAnswer answer, base::Offset before);

    // session_groups.cpp
    struct RowSpec {
        events::Kind kind = events::Kind::note;
        events::Class cls = events::Class::none;
        bool json = true;
        std::string_view type;
        events::Name actor;
        events::Name subject;
        events::Audience audience;
        base::Offset cause;
        std::uint64_t build = 0;
        events::Source source;
        std::string client_id;
        std::string payload;
    };
    std::shared_ptr<events::Event> add_row(RowSpec spec);
    // A row of the server's own, about what `inbound` began.
    std::shared_ptr<events::Event> add_server_row(const events::EventPtr& inbound, RowSpec spec);
    void close_group();
    void commit(PendingGroup& pending);
    void crash(std::string_view why);
    void add_tail(const events::EventPtr& event);
    void trim_tail();
    void turn_left_open(base::Offset inbound, std::uint64_t plugin);
    void turn_closed(base::Offset inbound, std::uint64_t plugin);
    void send_crossing(const base::SessionId& target);

    // session_followers.cpp
    [[nodiscard]] bool visible(const events::Event& event, const auth::Principal& principal,
                               std::uint64_t party) const {
        return auth::visible(strand_.setup().policy, event, principal, party);
    }
    void advance_all();
    void advance(Follower& follower);
    bool advance_in_tail(Follower& follower);
    void advance_from_store(Follower& follower);
    [[nodiscard]] bool lacks_start(const Follower& follower, const events::Event& event) const;
    void look_for_start(Follower& follower, base::Offset cause, OpenStream seen = {},
                        base::Offset after = {});
    void deliver(Follower& follower, std::span<const events::EventPtr> rows);
    void caught_up(Follower& follower);
    [[nodiscard]] std::optional<ResetReason> reset_reason(const Follow& request) const;

    // session_erasure.cpp
    void cancel_turns();
    void hold_crossings();
    void let_crossings_go();
    void erase_once_quiet();
    void erased(const storage::Group& note, const storage::AppendAnswer& answer);
    void erased_person(std::uint64_t person);
    void over();
    void refuse_gone();
    void give_up_erasure();
    void end_erasure(base::Result<void> result);

    // session_recovery.cpp
    void load();
    void loaded(base::Result<storage::Acquired> acquired);
    void load_failed(const base::Error& error);
    void recover_next();
    void read_turn(storage::Acquired::Unfinished open, base::Offset after,
                   std::vector<events::EventPtr> rows);
    void read_states(storage::Acquired::Unfinished open, std::vector<events::EventPtr> rows,
                     base::Offset state_row);
    void recover_turn(const storage::Acquired::Unfinished& open,
                      std::vector<events::EventPtr> rows);
    void find_build(const events::EventPtr& inbound, const events::EventPtr& opening,
                    std::deque<events::EventPtr> recorded, HandlerPtr loaded);
    void reexecute(const events::EventPtr& inbound, const events::EventPtr& opening,
                   std::deque<events::EventPtr> recorded, HandlerPtr handler);
    void read_outbox();

    SessionStrand& strand_;
    base::SessionId id_;
    Phase phase_ = Phase::fresh;
    bool pumping_ = false;
    bool idle_marked_ = false;       // the strand looks at the session again later
    bool told_unavailable_ = false;  // the diary knows; it need not be told at each retry
    mutable std::string scratch_;    // a party's name, while its item is looked at
    bool waiting_ = false;           // for the store or for names: nothing is taken meanwhile
    std::uint64_t generation_;       // of completions: those of an earlier one are dropped
    std::uint64_t mark_ = 0;         // grows with every use; tells the sweep that nothing happened
    std::deque<Item> inbox_;

    base::SessionNumber number_;
    base::OwnerEpoch owner_epoch_;
    base::Offset first_{1};
    base::Offset head_;       // of rows that have an offset
    base::Offset committed_;  // of rows that are durable
    base::Digest hash_{};     // after head_
    std::int64_t last_at_us_ = 0;
    std::unordered_map<std::uint64_t, base::Secret> secrets_;  // of subjects of unwritten rows
    ClientIds client_ids_;
    std::size_t refusals_noted_ = 0;  // since the last message
    storage::Interned own_party_;     // the session as a subject: of what anonymous senders say

    std::vector<std::shared_ptr<events::Event>> building_;
    PendingGroup building_extra_;
    std::deque<PendingGroup> pending_;
    std::size_t in_flight_ = 0;  // groups at the store
    bool retrying_ = false;

    std::deque<events::EventPtr> tail_;  // newest rows, contiguous, to head_
    std::size_t tail_bytes_ = 0;
    std::optional<std::list<Session*>::iterator> tails_place_;

    std::map<base::Offset, std::unique_ptr<Turn>> turns_;
    std::map<std::string, PluginQueue> plugins_;
    std::size_t unfinished_ = 0;                            // open and waiting turns
    std::map<std::string, std::vector<StateView>> states_;  // by plugin id, oldest first
    std::map<EffectToken, std::pair<base::Offset, Op>> running_ops_;

    std::map<FollowerKey, Follower> followers_;
    std::map<base::SessionId, std::deque<Crossing>> outbox_;  // by target, in offset order
    std::map<std::uint64_t, base::Offset> delivered_;         // by source number

    // Of rows from here on, some were erased by the note at the second one; 0: none.
    base::Offset erased_from_;
    base::Offset erased_by_;
    std::optional<SessionErasure> erasure_;  // at work; nothing else is taken meanwhile
    std::uint64_t erasures_ = 0;             // how many there were: pages read before are old

    std::deque<storage::Acquired::Unfinished> to_recover_;
    std::deque<base::Offset> outbox_to_read_;
};

}  // namespace chartroom::engine
