// A seeded simulation of the engine: clients that come and go, resend and resume; a store that is
// slow, fails and forgets; effects that answer when they like; processes that die at any point. All
// of it on one thread, all of it from one number.
//
// Oracle, after everything has come to rest:
//   - what was acknowledged is in the log, once, where the acknowledgement said;
//   - no client was ever shown what was not on the disk at that moment;
//   - every client was shown exactly what the log has for it, in order, whatever happened between;
//   - every message has exactly one end and one terminal event, and every stream is whole;
//   - an event for another session arrived exactly once;
//   - the chain of every session checks out, and every session replays without a difference;
//   - a session that was erased meanwhile has no byte left, keeps its chain and the ends of its
//     turns, and takes nothing more; the others have nothing of it but what it sent them before.
//
// CHARTROOM_SEED=n runs one seed; CHARTROOM_SEEDS=n runs that many (default 200).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/random.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/replay.hpp"
#include "core/engine/rows.hpp"
#include "storage/memory/memory_event_log.hpp"
#include "tests/fakes/engine/fake_handler.hpp"
#include "tests/fakes/engine/fake_world.hpp"

namespace chartroom {
namespace {

using base::ConnectionId;
using base::Offset;
using base::SessionId;
using nlohmann::json;

constexpr std::size_t kClients = 6;
constexpr std::size_t kStaying = 4;  // of them; the others are in the session that is erased
constexpr std::size_t kSteps = 1'500;
constexpr std::size_t kMessagesEach = 8;
constexpr std::size_t kRestStepsMax = 200'000;

const SessionId kSessions[] = {{"open/00000000-0000-4000-8000-000000000001"},
                               {"open/00000000-0000-4000-8000-000000000002"}};
const SessionId kDoomed{"open/00000000-0000-4000-8000-000000000003"};
constexpr base::Code kRetry[] = {base::Code::unavailable, base::Code::busy};

struct Message {
    std::string id;
    std::string type;
    std::string payload;
    Offset since;
    std::optional<Offset> accepted;
};

// A client as the protocol asks one to be: remembers what it was shown and what was not answered.
struct Client {
    auth::PrincipalPtr principal;
    SessionId session;
    ConnectionId connection;  // 0: not connected
    Offset last;              // newest offset shown
    std::vector<events::EventPtr> shown;
    std::vector<Message> messages;
    std::map<std::uint64_t, std::size_t> requests;  // of this connection: to messages
    std::vector<std::pair<Offset, std::size_t>> unconsumed;
};

class Simulation {
  public:
    explicit Simulation(std::uint64_t seed) : random_(seed), disk_random_(seed + 1) {
        for (std::size_t i = 0; i < kClients; ++i) {
            Client client;
            client.principal = std::make_shared<const auth::Principal>(auth::Principal{
                auth::Who::anonymous, std::string(32, static_cast<char>('a' + i)), {}, {}});
            client.session = i < kStaying ? kSessions[i % std::size(kSessions)] : kDoomed;
            clients_.push_back(std::move(client));
        }
        outlet_.on_notice = [this](const engine::Notice& notice) { take(notice); };
        boot();
    }
    ~Simulation() { kill(0); }

    void run() {
        for (std::size_t i = 0; i < kSteps && !failed(); ++i) step();
        rest();
        if (!failed()) judge();
    }
    [[nodiscard]] static bool failed() { return testing::Test::HasFailure(); }
    std::uint64_t crashes = 0, faults = 0, restarts_in_turns = 0, erasures = 0;

  private:
    std::uint64_t below(std::uint64_t n) { return random_.u64() % n; }

    void boot() {
        log_ = std::make_unique<storage::MemoryEventLog>(disk_, disk_random_,
                                                         storage::MemoryPace::manual);
        run_handler_ = fakes::FakeHandler::make();
        parallel_handler_ = fakes::FakeHandler::make(true);
        engine::Limits limits;
        limits.delivery_window_bytes = 2'000;  // small bounds, so that they are met
        limits.tail_bytes = 1'000;
        limits.client_ids = 4;
        limits.writer_credit_groups = 8;
        engine_ = std::make_unique<engine::Engine>(
            engine::World{clock_, *log_, effects_, outlet_, {&strands_[0], &strands_[1]}},
            engine::HandlerTable::make({run_handler_, parallel_handler_}).value(),
            auth::AccessPolicy{}, limits);
        engine_->recover([] {});
    }

    // The process dies; `kept` of the writes on their way still reach the disk.
    void kill(std::size_t kept) {
        log_->crash(kept);
        effects_.drop_all();
        effects_.paused.clear();
        for (auto& strand : strands_) strand.drop_all();
        engine_.reset();
        for (auto& strand : strands_) strand.drop_all();
        log_.reset();
        for (auto& client : clients_) client.connection = {};
        erasing_ = false;
    }

    // An admin, who asks again until it is done.
    void erase_doomed() {
        const auto admin = std::make_shared<const auth::Principal>(
            auth::Principal{auth::Who::admin, "admin", {}, {}});
        erasing_ = true;
        engine_->erase(engine::EraseSession{admin, kDoomed, "simulated"},
                       [this](const base::Result<engine::Erased>& done) {
                           erasing_ = false;
                           // Erased, now or by an attempt whose answer was lost; or never written.
                           erased_ = done || done.error().code == base::Code::erased;
                           if (erased_) judge_doomed();
                       });
    }

    void step() {
        if (++steps_ > kSteps / 2 && !erased_ && !erasing_ && below(40) == 0) erase_doomed();
        const auto dice = below(1'000);
        if (dice < 500) {
            strands_[below(2)].run_one();
        } else if (dice < 640) {
            if (log_->pending_writes() != 0) log_->run_write();
        } else if (dice < 740) {
            if (const auto n = log_->pending_reads()) log_->run_read(below(n));
        } else if (dice < 800) {
            if (const auto n = effects_.running()) effects_.step(below(n));
        } else if (dice < 840) {
            clock_.advance(static_cast<std::int64_t>(below(400'000)));
        } else if (dice < 990) {
            act(clients_[below(kClients)]);
        } else if (dice < 996) {
            ++faults;
            log_->fail_next(static_cast<storage::MemoryFault>(1 + below(4)));
        } else {
            ++crashes;
            if (engine_->stats().turns_open != 0) ++restarts_in_turns;
            kill(below(log_->pending_writes() + 1));
            clock_.advance(static_cast<std::int64_t>(below(3'000'000)));
            boot();
        }
    }

    // ---- clients ----

    void act(Client& client) {
        if (!client.connection.value) return connect(client);
        const auto dice = below(10);
        if (dice == 0) {
            engine_->unfollow(client.connection, client.session, 0);
            client.connection = {};
        } else if (dice < 4) {
            consume(client);
        } else if (dice < 6 && client.messages.size() < kMessagesEach) {
            Message message = compose(client);
            client.messages.push_back(message);
            submit(client, client.messages.size() - 1);
        } else if (dice < 8 && !client.messages.empty()) {
            const auto at = below(client.messages.size());
            // Also what is answered already: a repeat must change nothing.
            submit(client, at);
        } else if (dice == 8) {
            static_cast<void>(engine_->cancel(
                {client.connection, 1'000'000 + ++request_, client.principal, client.session, {}}));
        } else {
            engine_->note_refused(
                {client.principal, client.session, base::Code::malformed, "data", 7});
        }
    }

    void connect(Client& client) {
        client.connection = {++connection_};
        client.requests.clear();
        client.unconsumed.clear();
        static_cast<void>(engine_->follow({client.connection, 0, client.principal, client.session,
                                           client.last, log_->epoch(), true}));
    }

    void consume(Client& client) {
        for (const auto& [offset, bytes] : client.unconsumed) {
            engine_->consumed(client.connection, client.session, 0, offset, bytes);
        }
        client.unconsumed.clear();
    }

    void submit(Client& client, std::size_t at) {
        const Message& message = client.messages[at];
        client.requests[++request_] = at;
        static_cast<void>(engine_->submit({client.connection, request_, client.principal,
                                           client.session, message.type, message.payload,
                                           message.id, message.since, log_->epoch()}));
    }

    Message compose(const Client& client) {
        static const std::vector<std::string> kKinds = {
            R"({"emit":"T"})",
            R"({"stream":"T and more of it, in pieces"})",
            R"({"sleep_ms":300},{"emit":"T"})",
            R"({"state":"T"},{"say_state":true},{"emit":"T"})",
            R"({"say_state":true},{"sleep_ms":50},{"state":"T"},{"say_state":true})",
            R"({"history":5},{"emit":"T"})",
            R"({"activity":"T"})",
            R"({"only":"T"},{"history":3})",
            R"({"wait":true})",
            R"({"hang":true})",
            R"({"throw":true})",
            R"({"bad_end":true})",
        };
        Message message;
        const std::string text = "m" + std::to_string(++texts_);
        message.id = text;
        message.type = below(3) == 0 ? "prun" : "run";
        std::string todo = kKinds[below(kKinds.size())];
        if (below(8) == 0) {
            todo =
                R"({"to":")" + kSessions[below(2)].value + R"(","text":"across T"},{"emit":"T"})";
        }
        for (std::size_t at; (at = todo.find('T')) != std::string::npos;) todo.replace(at, 1, text);
        message.payload = R"({"do":[)" + todo + "]}";
        message.since = client.last;
        return message;
    }

    void take(const engine::Notice& notice) {
        for (auto& client : clients_) {
            if (client.connection == notice.connection) {
                std::visit([&](const auto& body) { take(client, body); }, notice.body);
            }
        }
    }
    template <typename T>
    void take(Client&, const T&) {}
    void take(Client& client, const engine::Opened& opened) {
        EXPECT_TRUE(opened.resumed) << "a resume of an intact log was refused";
        EXPECT_EQ(opened.after, client.last);
    }
    void take(Client& client, const engine::Delivered& delivered) {
        EXPECT_EQ(delivered.prev, client.last) << "a client was shown something with a gap";
        for (const auto& event : delivered.events) {
            EXPECT_GT(event->offset, client.last) << "shown twice, or out of order";
            EXPECT_TRUE(on_disk(client.session, *event)) << "shown before it was durable";
            EXPECT_FALSE(event->erased && client.session != kDoomed);
            client.last = event->offset;
            client.shown.push_back(event);
            client.unconsumed.emplace_back(event->offset, engine::delivery_weight(*event));
        }
    }
    void take(Client& client, const engine::Position& position) {
        EXPECT_EQ(position.prev, client.last);
        client.last = position.offset;
    }
    void take(Client& client, const engine::Unfollowed&) { client.connection = {}; }
    void take(Client& client, const engine::Accepted& accepted) {
        const auto request = client.requests.find(accepted.request);
        if (request == client.requests.end()) return;
        Message& message = client.messages[request->second];
        if (message.accepted) {
            EXPECT_EQ(*message.accepted, accepted.offset) << "a repeat was given another place";
        }
        message.accepted = accepted.offset;
    }
    void take(Client& client, const engine::Refused& refused) {
        const auto code = refused.error.code;
        const bool expected = code == base::Code::forbidden ||  // of a cancel
                              (code == base::Code::erased && client.session == kDoomed) ||
                              std::ranges::find(kRetry, code) != std::end(kRetry);
        EXPECT_TRUE(expected) << base::info(code).name;
    }

    // ---- what is on the disk, read past the engine ----

    std::vector<events::EventPtr> rows_of(const SessionId& session) {
        std::vector<events::EventPtr> rows;
        fakes::ManualExecutor here(clock_);
        storage::MemoryEventLog log(disk_, disk_random_);
        log.find_session(session, here, [&](base::Result<storage::SessionInfo> info) {
            if (!info) return;
            numbers_[session] = info->number;
            log.read({.session = info->number, .rows_max = 100'000, .bytes_max = 1u << 28}, here,
                     [&](base::Result<storage::Page> page) { rows = page->events; });
        });
        here.run_all();
        return rows;
    }
    bool on_disk(const SessionId& session, const events::Event& event) {
        const auto* row = disk_.peek(session, event.offset);
        return row != nullptr && (*row == event || row->erased);
    }

    // ---- the end ----

    // No more faults; everybody stays, resends and reads until nothing happens any more.
    void rest() {
        kill(log_->pending_writes());
        clock_.advance(1'000'000);
        boot();
        for (std::size_t round = 0; round < 40 && !failed(); ++round) {
            for (auto& client : clients_) {
                if (!client.connection.value) connect(client);
                for (std::size_t i = 0; i < client.messages.size(); ++i) {
                    if (!client.messages[i].accepted) submit(client, i);
                }
            }
            if (!erased_ && !erasing_ && disk_.peek(kDoomed, {1}) != nullptr) erase_doomed();
            settle();
            clock_.advance(10'000'000);
            settle();
            const bool all = std::ranges::all_of(clients_, [](const Client& client) {
                return client.session == kDoomed ||
                       std::ranges::all_of(client.messages, [](const Message& message) {
                           return message.accepted.has_value();
                       });
            });
            if (all && engine_->stats().turns_open == 0) break;
        }
        // Time enough for every deadline of a handler that hangs, one turn after the other.
        for (int i = 0; i < 60 && engine_->stats().turns_open != 0; ++i) {
            clock_.advance(70'000'000);
            settle();
        }
    }

    void settle() {
        for (std::size_t i = 0; i < kRestStepsMax; ++i) {
            bool busy = strands_[0].run_one() || strands_[1].run_one();
            if (log_->pending_writes() != 0) {
                log_->run_write();
                busy = true;
            }
            while (log_->pending_reads() != 0) {
                log_->run_read(0);
                busy = true;
            }
            if (effects_.running() != 0) {
                effects_.step(0);
                busy = true;
            }
            for (auto& client : clients_) {
                if (!client.unconsumed.empty()) {
                    consume(client);
                    busy = true;
                }
            }
            if (!busy) return;
        }
        ADD_FAILURE() << "it does not come to rest";
    }

    void judge() {
        EXPECT_EQ(engine_->stats().turns_open, 0u);
        EXPECT_TRUE(effects_.paused.empty()) << "an op was slowed down and never let go on";
        EXPECT_EQ(run_handler_->turns_held() + parallel_handler_->turns_held(), 0u);
        const base::Secret seed_key = log_->seed_key();
        kill(0);
        for (const auto& session : kSessions) {
            rows_[session] = rows_of(session);
            judge_turns(session);
            judge_chain(session);
            judge_replay(session, seed_key);
        }
        rows_[kDoomed] = rows_of(kDoomed);
        judge_chain(kDoomed);
        judge_crossings();
        for (std::size_t i = 0; i < kStaying; ++i) judge_client(clients_[i]);
        boot();
    }

    // At the moment when its erasure is complete.
    void judge_doomed() {
        ++erasures;
        std::map<Offset, int> ends;
        Offset offset{1};
        for (; const auto* row = disk_.peek(kDoomed, offset); offset = offset.next()) {
            if (row->kind == events::Kind::in) ends[offset] += 0;
            if (row->ends_turn) ++ends[row->cause];
            if (disk_.peek(kDoomed, offset.next()) == nullptr) {
                EXPECT_EQ(row->type.text, engine::rows::kErased);
                break;
            }
            EXPECT_TRUE(row->erased && row->payload.empty() && row->client_id.empty())
                << "row " << offset.value << " of an erased session";
        }
        for (const auto& [cause, count] : ends) EXPECT_EQ(count, 1) << "turn " << cause.value;
    }

    void judge_client(const Client& client) {
        const auto& rows = rows_[client.session];
        std::vector<events::EventPtr> expected;
        for (const auto& row : rows) {
            const bool theirs =
                row->audience.scope == events::Scope::everyone ||
                (row->audience.scope == events::Scope::only &&
                 rows[row->cause.value - 1]->actor.text == client.principal->party());
            if (row->kind == events::Kind::out && theirs) expected.push_back(row);
        }
        EXPECT_EQ(client.shown.size(), expected.size());
        for (std::size_t i = 0; i < std::min(client.shown.size(), expected.size()); ++i) {
            EXPECT_EQ(*client.shown[i], *expected[i]);
        }
        for (const auto& message : client.messages) {
            EXPECT_TRUE(message.accepted.has_value()) << message.id << " was never taken";
            std::size_t copies = 0;
            for (const auto& row : rows) copies += row->client_id == message.id ? 1 : 0;
            EXPECT_EQ(copies, 1u) << message.id;
            if (!message.accepted) continue;
            const auto& row = *rows[message.accepted->value - 1];
            EXPECT_EQ(row.client_id, message.id);
            EXPECT_EQ(row.payload, message.payload);
        }
    }

    // The rows of a turn, for whoever has to find out what went wrong.
    std::string dump(const SessionId& session, Offset cause) {
        std::string text;
        for (const auto& row : rows_[session]) {
            if (row->cause != cause && row->offset != cause) continue;
            text += "\n  " + std::to_string(row->offset.value) + " " + row->type.text + " " +
                    (row->json ? row->payload : std::string("(bytes)")) +
                    (row->ends_turn ? " END" : "");
        }
        return text;
    }

    void judge_turns(const SessionId& session) {
        std::map<Offset, int> ends;
        std::map<Offset, int> terminals;
        std::map<Offset, std::string> said;
        std::set<Offset> streams;
        for (const auto& row : rows_[session]) {
            if (row->kind == events::Kind::in) ends[row->offset] += 0;
            if (!row->cause) continue;
            if (row->ends_turn) ++ends[row->cause];
            if (row->kind != events::Kind::out) continue;
            const json payload = json::parse(row->payload);
            if (row->type.text == "stream_start") {
                streams.insert(row->cause);
            } else if (row->type.text == "token") {
                said[row->cause] += payload["content"].get<std::string>();
            } else if (row->type.text == "stream_end") {
                ++terminals[row->cause];
                EXPECT_EQ(payload["content"].get<std::string>(), said[row->cause]);
            }
        }
        for (const auto& [cause, count] : ends) {
            EXPECT_EQ(count, 1) << "ends of the turn of " << cause.value << dump(session, cause);
        }
        for (const auto& cause : streams) EXPECT_EQ(terminals[cause], 1);
    }

    void judge_chain(const SessionId& session) {
        fakes::ManualExecutor here(clock_);
        storage::MemoryEventLog log(disk_, disk_random_);
        bool looked = false;
        log.verify(session, here, [&](base::Result<storage::VerifyReport> report) {
            looked = true;
            if (!report) return;  // a session that nobody wrote to
            EXPECT_EQ(report->state, storage::VerifyState::intact) << report->problem;
        });
        here.run_all();
        EXPECT_TRUE(looked);
    }

    void judge_replay(const SessionId& session, const base::Secret& seed_key) {
        const auto table = engine::HandlerTable::make(
            {fakes::FakeHandler::make(), fakes::FakeHandler::make(true)});
        const auto report =
            engine::replay({session, numbers_[session], seed_key, rows_[session]}, table.value());
        EXPECT_EQ(report.result, engine::ReplayResult::same)
            << report.problem
            << (report.difference
                    ? " at " + std::to_string(report.difference->at.value) + ": " +
                          report.difference->recorded + " / " + report.difference->produced
                    : "");
    }

    void judge_crossings() {
        std::multiset<std::string> sent, arrived;
        std::set<std::pair<base::SessionNumber, Offset>> sources;
        for (const auto& session : kSessions) {
            for (const auto& row : rows_[session]) {
                if (row->type.text == engine::rows::kEmit) {
                    const auto emit = engine::rows::decode_emit(row->payload);
                    ASSERT_TRUE(emit.has_value());
                    sent.insert(emit->target + emit->payload);
                }
                if (!row->source.offset) continue;
                EXPECT_TRUE(sources.insert({row->source.session, row->source.offset}).second);
                if (row->source.session == numbers_[kDoomed]) continue;  // what sent it is gone
                arrived.insert(session.value + row->payload);
            }
        }
        EXPECT_EQ(sent, arrived);
    }

    base::SeededRandom random_;
    base::SeededRandom disk_random_;
    fakes::FakeClock clock_;
    fakes::ManualExecutor strands_[2] = {fakes::ManualExecutor(clock_),
                                         fakes::ManualExecutor(clock_)};
    storage::MemoryDisk disk_{disk_random_};
    fakes::FakeEffects effects_;
    fakes::RecordingOutlet outlet_;
    std::shared_ptr<fakes::FakeHandler> run_handler_, parallel_handler_;
    std::unique_ptr<storage::MemoryEventLog> log_;
    std::unique_ptr<engine::Engine> engine_;
    std::vector<Client> clients_;
    std::map<SessionId, std::vector<events::EventPtr>> rows_;
    std::map<SessionId, base::SessionNumber> numbers_;
    std::uint64_t connection_ = 0;
    std::uint64_t request_ = 0;
    std::uint64_t texts_ = 0;
    std::size_t steps_ = 0;
    bool erasing_ = false;
    bool erased_ = false;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulation, WhateverFailsNothingIsLostDoubledOrOutOfOrder) {
    const std::uint64_t only = number_from("CHARTROOM_SEED", 0);
    const std::uint64_t first = only != 0 ? only : 1;
    const std::uint64_t last = only != 0 ? only : number_from("CHARTROOM_SEEDS", 200);
    std::uint64_t crashes = 0, faults = 0, in_turns = 0, erasures = 0;
    for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("rerun with CHARTROOM_SEED=" + std::to_string(seed));
        Simulation simulation(seed);
        simulation.run();
        crashes += simulation.crashes;
        faults += simulation.faults;
        in_turns += simulation.restarts_in_turns;
        erasures += simulation.erasures;
    }
    RecordProperty("crashes", std::to_string(crashes));
    std::printf("%llu seeds, %llu crashes (%llu with turns open), %llu store faults\n",
                static_cast<unsigned long long>(last - first + 1),
                static_cast<unsigned long long>(crashes), static_cast<unsigned long long>(in_turns),
                static_cast<unsigned long long>(faults));
    if (only == 0 && !testing::Test::HasFailure()) {
        EXPECT_GT(erasures, last / 2) << "the simulation does not erase";
        EXPECT_GT(in_turns, last / 2) << "the simulation does not crash inside turns";
    }
}

}  // namespace
}  // namespace chartroom
