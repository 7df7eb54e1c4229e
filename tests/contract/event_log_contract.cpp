#include "tests/contract/event_log_contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/api/read_filter.hpp"

namespace chartroom::storage::contract {

using events::Class;
using events::Event;
using events::Kind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// ---- the harness -------------------------------------------------------------------------------

std::vector<AppendAnswer> EventLogContract::append(std::vector<Group> groups) {
    return await<std::vector<AppendAnswer>>(
        [&](Executor& on, auto done) { log().append(std::move(groups), on, std::move(done)); });
}

Result<Page> EventLogContract::read(ReadRequest request) {
    return await<Result<Page>>(
        [&](Executor& on, auto done) { log().read(request, on, std::move(done)); });
}

Acquired EventLogContract::acquire(const std::string& session) {
    return await<Result<Acquired>>(
               [&](Executor& on, auto done) { log().acquire({session}, on, std::move(done)); })
        .value();
}

std::vector<Interned> EventLogContract::intern(std::vector<NameRequest> names) {
    return await<Result<std::vector<Interned>>>([&](Executor& on, auto done) {
               log().intern(std::move(names), on, std::move(done));
           })
        .value();
}

std::optional<ClientIdHit> EventLogContract::find_client_id(const Writer& writer, std::string id,
                                                            Offset since, std::uint64_t actor) {
    return await<Result<std::optional<ClientIdHit>>>([&](Executor& on, auto done) {
               log().find_client_id(writer.number(), actor, std::move(id), since, on,
                                    std::move(done));
           })
        .value();
}

std::vector<std::string> EventLogContract::unfinished() {
    const auto ids = await<Result<std::vector<SessionId>>>([&](Executor& on, auto done) {
                         log().unfinished(on, std::move(done));
                     }).value();
    std::vector<std::string> texts;
    for (const SessionId& id : ids) texts.push_back(id.value);
    std::ranges::sort(texts);
    return texts;
}

std::vector<std::uint64_t> offsets_of(const Page& page) {
    std::vector<std::uint64_t> offsets;
    for (const EventPtr& event : page.events) offsets.push_back(event->offset.value);
    return offsets;
}

namespace {

std::vector<AppendStatus> statuses(const std::vector<AppendAnswer>& answers) {
    std::vector<AppendStatus> statuses;
    for (const AppendAnswer& answer : answers) statuses.push_back(answer.status);
    return statuses;
}

Row in(std::string client_id) {
    return {.kind = Kind::in, .cls = Class::lasting, .client_id = std::move(client_id)};
}

}  // namespace

// ---- acquiring ---------------------------------------------------------------------------------

TEST_P(EventLogContract, ANewSessionHasANumberAndNoRows) {
    const Acquired one = acquire("open/1");
    const Acquired two = acquire("open/2");
    EXPECT_NE(one.number.value, 0u);
    EXPECT_NE(one.number, two.number);
    EXPECT_EQ(one.number, acquire("open/1").number);
    EXPECT_EQ(one.head, Offset{0});
    EXPECT_EQ(one.first, Offset{1});
    EXPECT_EQ(one.head_hash, Digest{});
    EXPECT_NE(one.owner_epoch.value, 0u);
}

TEST_P(EventLogContract, AnAcquiredSessionWithoutRowsIsNotListed) {
    (void)acquire("open/1");
    const auto found = await<Result<SessionInfo>>(
        [&](Executor& on, auto done) { log().find_session({"open/1"}, on, std::move(done)); });
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, base::Code::not_found);
}

TEST_P(EventLogContract, AcquireSaysWhatWasAppended) {
    Writer writer(log(), "open/1");
    const Group group = writer.group({{}, {}, {}});
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    const Acquired again = acquire("open/1");
    EXPECT_EQ(again.head, Offset{3});
    EXPECT_EQ(again.head_hash, group.hash);
}

TEST_P(EventLogContract, WhatWasAppendedIsThereAfterReopening) {
    Writer writer(log(), "open/1");
    const Group group = writer.group({in("a"), {.payload = "{\"x\":1}"}});
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    const Epoch epoch = log().epoch();
    const base::Secret seed = log().seed_key();
    store_->reopen();
    EXPECT_EQ(log().epoch(), epoch);
    EXPECT_EQ(log().seed_key(), seed);
    const Acquired again = acquire("open/1");
    EXPECT_EQ(again.number, writer.number());
    EXPECT_EQ(again.head, Offset{2});
    EXPECT_EQ(again.head_hash, group.hash);
    const Page page = read({.session = writer.number()}).value();
    ASSERT_THAT(page.events, SizeIs(2));
    EXPECT_EQ(*page.events[0], *group.events[0]);
    EXPECT_EQ(*page.events[1], *group.events[1]);
}

// ---- appending ---------------------------------------------------------------------------------

TEST_P(EventLogContract, EveryFieldOfARowComesBack) {
    Writer writer(log(), "open/1");
    const auto names =
        intern({{NameSpace::party, "user/bob"}, {NameSpace::build, "{\"id\":\"org.echo\"}"}});
    auto event = std::make_shared<Event>();
    event->offset = {1};
    event->at_us = 1'767'225'600'123'456;
    event->kind = Kind::out;
    event->cls = Class::piece;
    event->ends_turn = true;
    event->json = false;
    event->type = {writer.type.number, "message"};
    event->actor = {writer.actor.number, "user/ann"};
    event->subject = {writer.subject.number, "subject/open/1"};
    event->audience = {events::Scope::all_but, names[0].number};
    event->cause = {1};
    event->build = names[1].number;
    event->source = {SessionNumber{77}, Offset{1'000'000'007}};
    event->client_id = std::string("id\0zero", 7);
    event->payload = std::string("\0\xff bytes", 8);
    Group group = writer.group({{}});
    group.events = {event};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    const Page page = read({.session = writer.number()}).value();
    ASSERT_THAT(page.events, SizeIs(1));
    EXPECT_EQ(*page.events[0], *event);
    store_->reopen();
    EXPECT_EQ(*read({.session = writer.number()}).value().events.at(0), *event);
}

TEST_P(EventLogContract, AnAudienceOfFollowersBringsItsPartysText) {
    Writer writer(log(), "open/1");
    const auto names = intern({{NameSpace::party, "session/shared/conversation:1"}});
    Group group = writer.group({{}});
    auto event = std::make_shared<Event>(*group.events.front());
    event->audience = {.scope = events::Scope::followers_of,
                       .party = names[0].number,
                       .name = "session/shared/conversation:1"};
    group.events = {event};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    store_->reopen();
    EXPECT_EQ(*read({.session = writer.number()}).value().events.at(0), *event);
}

TEST_P(EventLogContract, LargeValuesComeBack) {
    Writer writer(log(), "open/1");
    const Group group = writer.group({{.payload = std::string(300'000, 'x')}, {.payload = ""}});
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    const Page page = read({.session = writer.number(), .bytes_max = 1u << 20}).value();
    ASSERT_THAT(page.events, SizeIs(2));
    EXPECT_EQ(*page.events[0], *group.events[0]);
    EXPECT_EQ(*page.events[1], *group.events[1]);
}

TEST_P(EventLogContract, AppendAtTakenOffsetChangesNothing) {
    Writer writer(log(), "open/1");
    const Group first = writer.group({{.payload = "1"}, {.payload = "2"}});
    const Group rival = writer.group({{.payload = "x"}, {.payload = "y"}});
    ASSERT_EQ(writer.append_group(first), AppendStatus::ok);
    EXPECT_EQ(statuses(append({rival})), std::vector{AppendStatus::conflict});
    const Page page = read({.session = writer.number()}).value();
    ASSERT_THAT(page.events, SizeIs(2));
    EXPECT_EQ(page.events[0]->payload, "1");
    EXPECT_EQ(acquire("open/1").head_hash, first.hash);
}

TEST_P(EventLogContract, AppendThatLeavesAGapIsAConflict) {
    Writer writer(log(), "open/1");
    const Group first = writer.group({{}});
    Writer ahead = writer;
    ahead.took(first);
    const Group second = ahead.group({{}});
    EXPECT_EQ(statuses(append({second})), std::vector{AppendStatus::conflict});
    EXPECT_EQ(acquire("open/1").head, Offset{0});
    EXPECT_EQ(statuses(append({first, second})), (std::vector{AppendStatus::ok, AppendStatus::ok}));
}

TEST_P(EventLogContract, TheSameGroupAgainIsADuplicate) {
    Writer writer(log(), "open/1");
    const Group group = writer.group({{}, {}});
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    EXPECT_EQ(statuses(append({group})), std::vector{AppendStatus::duplicate});
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    EXPECT_EQ(statuses(append({group})), std::vector{AppendStatus::duplicate});
    EXPECT_EQ(acquire("open/1").head, Offset{3});
    // The last offset of a stored group, in a group of another shape.
    Group other = group;
    other.hash[0] ^= 1;
    EXPECT_EQ(statuses(append({other})), std::vector{AppendStatus::conflict});
}

TEST_P(EventLogContract, OneConflictFailsOnlyItsSession) {
    Writer a(log(), "open/a"), b(log(), "open/b");
    const Group bad = [&] {
        Group group = a.group({{}});
        Writer ahead = a;
        ahead.took(group);
        return ahead.group({{}});
    }();
    const Group later = [&] {
        Writer ahead = a;
        ahead.took(bad);
        return ahead.group({{}});
    }();
    EXPECT_EQ(statuses(append({bad, b.group({{}}), later})),
              (std::vector{AppendStatus::conflict, AppendStatus::ok, AppendStatus::conflict}));
    EXPECT_EQ(acquire("open/a").head, Offset{0});
    EXPECT_EQ(acquire("open/b").head, Offset{1});
}

TEST_P(EventLogContract, AWriterOfAnEarlierStoreIsFenced) {
    Writer old(log(), "open/1");
    const Group stored = old.group({{}});
    ASSERT_EQ(old.append_group(stored), AppendStatus::ok);
    const Group late = old.group({{}});
    store_->reopen();
    const Acquired now = acquire("open/1");
    EXPECT_GT(now.owner_epoch, old.state().owner_epoch);
    EXPECT_EQ(statuses(append({late, stored})),
              (std::vector{AppendStatus::fenced, AppendStatus::fenced}));
    EXPECT_EQ(acquire("open/1").head, Offset{1});
    Group again = late;
    again.owner_epoch = now.owner_epoch;
    EXPECT_EQ(statuses(append({again})), std::vector{AppendStatus::ok});
}

TEST_P(EventLogContract, AppendsFromManyThreadsAllArrive) {
    constexpr int kThreads = 4, kGroups = 50;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            Writer writer(log(), "open/" + std::to_string(t));
            for (int i = 0; i < kGroups; ++i) {
                EXPECT_EQ(writer.append({{}, {}}), AppendStatus::ok);
            }
        });
    }
    threads.clear();
    for (int t = 0; t < kThreads; ++t) {
        EXPECT_EQ(acquire("open/" + std::to_string(t)).head, Offset{2 * kGroups});
    }
    EXPECT_EQ(log().stats().groups, static_cast<std::uint64_t>(kThreads * kGroups));
    EXPECT_EQ(log().stats().events, static_cast<std::uint64_t>(2 * kThreads * kGroups));
    EXPECT_TRUE(log().health().writable);
}

TEST_P(EventLogContract, CompletionsRunOnTheExecutorThatWasGiven) {
    class Held final : public Executor {
      public:
        void post(base::Task task) override {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
            came_.notify_one();
        }
        void post_at(std::int64_t, base::Task) override { FAIL(); }
        base::Task take() {
            std::unique_lock lock(mutex_);
            EXPECT_TRUE(came_.wait_for(lock, kAwaitMax, [&] { return !tasks_.empty(); }));
            base::Task task = std::move(tasks_.front());
            tasks_.erase(tasks_.begin());
            return task;
        }

      private:
        std::mutex mutex_;
        std::condition_variable came_;
        std::vector<base::Task> tasks_;
    } held;
    Writer writer(log(), "open/1");
    bool done = false;
    log().append({writer.group({{}})}, held, [&](auto) { done = true; });
    base::Task task = held.take();
    EXPECT_FALSE(done);
    task();
    EXPECT_TRUE(done);
}

// ---- names -------------------------------------------------------------------------------------

TEST_P(EventLogContract, ANameHasOneNumberASpace) {
    const auto names = intern({{NameSpace::type, "x"},
                               {NameSpace::party, "x"},
                               {NameSpace::type, "y"},
                               {NameSpace::type, "x"}});
    ASSERT_THAT(names, SizeIs(4));
    EXPECT_NE(names[0].number, 0u);
    EXPECT_NE(names[0].number, names[2].number);
    EXPECT_EQ(names[0].number, names[3].number);
    EXPECT_EQ(names[0].secret, base::Secret{});
    EXPECT_NE(names[1].secret, base::Secret{});
    const auto text = await<Result<std::string>>([&](Executor& on, auto done) {
        log().name_of(NameSpace::type, names[2].number, on, std::move(done));
    });
    EXPECT_EQ(text.value(), "y");
}

TEST_P(EventLogContract, AnUnknownNumberHasNoName) {
    const auto text = await<Result<std::string>>([&](Executor& on, auto done) {
        log().name_of(NameSpace::party, 999, on, std::move(done));
    });
    ASSERT_FALSE(text.has_value());
    EXPECT_EQ(text.error().code, base::Code::not_found);
}

TEST_P(EventLogContract, NamesOfCommittedGroupsKeepTheirNumbersAndSecrets) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    store_->reopen();
    const auto names =
        intern({{NameSpace::party, "user/new"}, {NameSpace::party, "subject/open/1"}});
    EXPECT_EQ(names[1].number, writer.subject.number);
    EXPECT_EQ(names[1].secret, writer.subject.secret);
    EXPECT_NE(names[0].number, writer.subject.number);
    EXPECT_NE(names[0].number, writer.actor.number);
    EXPECT_NE(names[0].secret, writer.subject.secret);
}

TEST_P(EventLogContract, APluginOfASmallTableKeepsItsNumber) {
    Writer writer(log(), "open/1");
    const auto plugin = intern({{NameSpace::party, "plugin/org.echo"}}).at(0);
    Group group = writer.group({in("a")});
    group.turns_left_open = {{Offset{1}, plugin.number}};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    store_->reopen();
    const auto again =
        intern({{NameSpace::party, "user/new"}, {NameSpace::party, "plugin/org.echo"}});
    EXPECT_EQ(again[1].number, plugin.number);
}

// ---- small tables ------------------------------------------------------------------------------

TEST_P(EventLogContract, UnfinishedTurnsAreThereUntilTheyEnd) {
    Writer writer(log(), "open/1");
    const auto plugin = intern({{NameSpace::party, "plugin/org.chat"}}).at(0).number;
    Group open = writer.group({in("a"), in("b")});
    open.turns_left_open = {{Offset{2}, plugin}, {Offset{1}, plugin}};
    ASSERT_EQ(writer.append_group(open), AppendStatus::ok);
    EXPECT_THAT(unfinished(), ElementsAre("open/1"));
    store_->reopen();
    EXPECT_THAT(unfinished(), ElementsAre("open/1"));
    const Acquired acquired = acquire("open/1");
    ASSERT_THAT(acquired.unfinished, SizeIs(2));
    EXPECT_EQ(acquired.unfinished[0].inbound, Offset{1});
    EXPECT_EQ(acquired.unfinished[1].inbound, Offset{2});
    EXPECT_EQ(acquired.unfinished[0].plugin, plugin);

    Writer again(log(), "open/1");
    Group ends = again.group({{}});
    ends.turns_ended = {{Offset{1}, plugin}};
    ASSERT_EQ(again.append_group(ends), AppendStatus::ok);
    ASSERT_THAT(acquire("open/1").unfinished, SizeIs(1));
    ends = again.group({{}});
    ends.turns_ended = {{Offset{2}, plugin}};
    ASSERT_EQ(again.append_group(ends), AppendStatus::ok);
    EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_P(EventLogContract, TheLastStateOfEachPluginIsKept) {
    Writer writer(log(), "open/1");
    const auto names = intern({{NameSpace::party, "plugin/a"}, {NameSpace::party, "plugin/b"}});
    Group group = writer.group({{.payload = "a1"}, {.payload = "b1"}});
    group.states = {{names[0].number, Offset{1}, {}}, {names[1].number, Offset{2}, {}}};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    group = writer.group({{.payload = "a2"}});
    group.states = {{names[0].number, Offset{3}, {}}};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    store_->reopen();
    Acquired acquired = acquire("open/1");
    std::ranges::sort(acquired.states, {}, &Acquired::State::plugin);
    ASSERT_THAT(acquired.states, SizeIs(2));
    EXPECT_EQ(acquired.states[0].payload, "a2");
    EXPECT_EQ(acquired.states[0].row, Offset{3});
    EXPECT_EQ(acquired.states[1].payload, "b1");
    EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_P(EventLogContract, AnOutboxRowIsThereUntilItsTargetHasIt) {
    Writer source(log(), "open/source"), target(log(), "open/target");
    Group group = source.group({{.kind = Kind::command}, {.kind = Kind::command}});
    group.outbox = {Offset{1}, Offset{2}};
    ASSERT_EQ(source.append_group(group), AppendStatus::ok);
    store_->reopen();
    EXPECT_THAT(unfinished(), ElementsAre("open/source"));
    EXPECT_THAT(acquire("open/source").outbox, ElementsAre(Offset{1}, Offset{2}));

    Writer receiver(log(), "open/target");
    ASSERT_EQ(receiver.append({{.source = {source.number(), Offset{1}}}}), AppendStatus::ok);
    EXPECT_THAT(acquire("open/source").outbox, ElementsAre(Offset{2}));
    ASSERT_EQ(receiver.append({{.source = {source.number(), Offset{2}}}}), AppendStatus::ok);
    store_->reopen();
    EXPECT_THAT(acquire("open/source").outbox, IsEmpty());
    const Acquired acquired = acquire("open/target");
    ASSERT_THAT(acquired.delivered, SizeIs(1));
    EXPECT_EQ(acquired.delivered[0].source, source.number());
    EXPECT_EQ(acquired.delivered[0].offset, Offset{2});
    EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_P(EventLogContract, AGroupThatIsRefusedLeavesNoTraceInTheSmallTables) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    Group bad = writer.group({{}});
    bad.expected_head = {0};
    bad.events = {std::make_shared<Event>(Event{.offset = {1}})};
    bad.turns_left_open = {{Offset{1}, writer.actor.number}};
    bad.states = {{writer.actor.number, Offset{1}, "state"}};
    bad.outbox = {Offset{1}};
    EXPECT_EQ(statuses(append({bad})), std::vector{AppendStatus::conflict});
    EXPECT_THAT(unfinished(), IsEmpty());
    EXPECT_THAT(acquire("open/1").states, IsEmpty());
}

TEST_P(EventLogContract, QuarantineCounts) {
    const auto build = intern({{NameSpace::build, "{}"}}).at(0).number;
    const auto add = [&](std::string key) {
        return await<Result<std::uint64_t>>([&](Executor& on, auto done) {
                   log().quarantine_add(build, key, on, std::move(done));
               })
            .value();
    };
    EXPECT_EQ(add("input-1"), 1u);
    EXPECT_EQ(add("input-1"), 2u);
    EXPECT_EQ(add("input-2"), 1u);
    store_->reopen();
    using List = std::vector<std::pair<std::string, std::uint64_t>>;
    const List list = await<Result<List>>([&](Executor& on, auto done) {
                          log().quarantine_list(on, std::move(done));
                      }).value();
    EXPECT_THAT(list,
                testing::UnorderedElementsAre(std::pair{"input-1", 2u}, std::pair{"input-2", 1u}));
}

// ---- reading -----------------------------------------------------------------------------------

TEST_P(EventLogContract, ReadingASessionThatIsNotThereIsNotFound) {
    const auto page = read({.session = {4711}});
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().code, base::Code::not_found);
}

TEST_P(EventLogContract, PagesForwardAreWholeAndInOrder) {
    Writer writer(log(), "open/1");
    for (int i = 0; i < 5; ++i) ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    Page page = read({.session = writer.number(), .rows_max = 4}).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(1, 2, 3, 4));
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{4});
    page = read({.session = writer.number(), .after = page.scanned_to, .before = {9}}).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(5, 6, 7, 8));
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{8});
    page = read({.session = writer.number(), .after = {10}}).value();
    EXPECT_THAT(page.events, IsEmpty());
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{10});
}

TEST_P(EventLogContract, PagesBackwardAreWholeAndInOrder) {
    Writer writer(log(), "open/1");
    for (int i = 0; i < 5; ++i) ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    const ReadRequest newest{
        .session = writer.number(), .direction = Direction::backward, .rows_max = 4};
    Page page = read(newest).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(10, 9, 8, 7));
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{7});
    ReadRequest next = newest;
    next.before = page.scanned_to;
    next.after = {4};
    page = read(next).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(6, 5));
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{5});
}

TEST_P(EventLogContract, APageIsCutByBytesButNeverEmptyWhereARowMatches) {
    Writer writer(log(), "open/1");
    const Row big{.payload = std::string(1000, 'x')};
    ASSERT_EQ(writer.append({big, big, big}), AppendStatus::ok);
    Page page = read({.session = writer.number(), .bytes_max = 2500}).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(1, 2));
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.scanned_to, Offset{2});
    page = read({.session = writer.number(), .after = {2}, .bytes_max = 1}).value();
    EXPECT_THAT(offsets_of(page), ElementsAre(3));
    EXPECT_FALSE(page.more);
}

TEST_P(EventLogContract, FiltersKeepWhatTheyNameInBothDirections) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({{.kind = Kind::in, .cls = Class::lasting},
                             {.kind = Kind::out, .cls = Class::piece, .cause = {1}},
                             {.kind = Kind::command, .cls = Class::none, .cause = {1}},
                             {.kind = Kind::out, .cls = Class::lasting, .cause = {1}},
                             {.kind = Kind::note, .cls = Class::none}}),
              AppendStatus::ok);
    const auto offsets = [&](ReadRequest request) {
        request.session = writer.number();
        return offsets_of(read(request).value());
    };
    EXPECT_THAT(offsets({.visible_only = true}), ElementsAre(2, 4));
    EXPECT_THAT(offsets({.direction = Direction::backward, .visible_only = true}),
                ElementsAre(4, 2));
    EXPECT_THAT(offsets({.lasting_only = true}), ElementsAre(1, 4));
    EXPECT_THAT(offsets({.visible_only = true, .lasting_only = true}), ElementsAre(4));
    EXPECT_THAT(offsets({.cause = {1}}), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(offsets({.rows_max = 1, .visible_only = true}), ElementsAre(2));
}

TEST_P(EventLogContract, ALongRunThatNobodySeesIsPassedInBoundedPages) {
    Writer writer(log(), "open/1");
    const std::vector<Row> unseen(kGroupEventsMax, Row{.kind = Kind::note, .cls = Class::none});
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(writer.append(unseen), AppendStatus::ok);
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    ReadRequest request{.session = writer.number(), .visible_only = true};
    std::vector<std::uint64_t> seen;
    for (int pages = 0; pages < 100; ++pages) {
        const Page page = read(request).value();
        for (const auto offset : offsets_of(page)) seen.push_back(offset);
        EXPECT_GT(page.scanned_to, request.after);
        request.after = page.scanned_to;
        if (!page.more) break;
    }
    EXPECT_THAT(seen, ElementsAre(1, writer.head().value));
    EXPECT_EQ(request.after, writer.head());
}

TEST_P(EventLogContract, InterleavedSessionsAreReadApart) {
    std::vector<Writer> writers;
    for (int i = 0; i < 10; ++i) writers.emplace_back(log(), "open/" + std::to_string(i));
    for (int round = 0; round < 30; ++round) {
        std::vector<Group> groups;
        for (std::size_t i = 0; i < writers.size(); ++i) {
            groups.push_back(writers[i].group(
                {{.payload = std::to_string(i)}, {.payload = std::to_string(round)}, {}}));
        }
        for (const auto& answer : append(groups)) ASSERT_EQ(answer.status, AppendStatus::ok);
        for (std::size_t i = 0; i < writers.size(); ++i) writers[i].took(groups[i]);
    }
    for (int reopened = 0; reopened < 2; ++reopened) {
        for (std::size_t i = 0; i < writers.size(); ++i) {
            const Page page = read({.session = writers[i].number(), .after = {60}}).value();
            ASSERT_THAT(page.events, SizeIs(30));
            for (std::size_t row = 0; row < 30; row += 3) {
                EXPECT_EQ(page.events[row]->payload, std::to_string(i));
                EXPECT_EQ(page.events[row + 1]->payload, std::to_string(20 + row / 3));
                EXPECT_EQ(page.events[row]->offset, Offset{61 + row});
            }
        }
        store_->reopen();
    }
}

TEST_P(EventLogContract, SessionsAreListedByIdAndPrefix) {
    for (const char* id : {"user/b/1", "open/2", "user/a/1", "open/1", "open/3"}) {
        Writer writer(log(), id);
        ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    }
    const auto list = [&](std::string prefix, std::string after, std::size_t limit) {
        return await<Result<SessionPage>>([&](Executor& on, auto done) {
                   log().sessions(prefix, after, limit, on, std::move(done));
               })
            .value();
    };
    SessionPage page = list("open/", "", 2);
    ASSERT_THAT(page.sessions, SizeIs(2));
    EXPECT_EQ(page.sessions[0].id.value, "open/1");
    EXPECT_EQ(page.sessions[1].id.value, "open/2");
    EXPECT_EQ(page.sessions[0].head, Offset{2});
    EXPECT_LT(page.sessions[0].created_at_us, page.sessions[0].last_at_us);
    EXPECT_TRUE(page.more);
    page = list("open/", "open/2", 2);
    ASSERT_THAT(page.sessions, SizeIs(1));
    EXPECT_EQ(page.sessions[0].id.value, "open/3");
    EXPECT_FALSE(page.more);
    EXPECT_THAT(list("", "", 100).sessions, SizeIs(5));
    EXPECT_THAT(list("nobody/", "", 100).sessions, IsEmpty());
}

TEST_P(EventLogContract, FindSessionSaysHeadAndTimes) {
    Writer writer(log(), "open/1");
    const Group group = writer.group({{}, {}, {}});
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    const auto info = await<Result<SessionInfo>>([&](Executor& on, auto done) {
                          log().find_session({"open/1"}, on, std::move(done));
                      }).value();
    EXPECT_EQ(info.number, writer.number());
    EXPECT_EQ(info.head, Offset{3});
    EXPECT_EQ(info.created_at_us, group.events.front()->at_us);
    EXPECT_EQ(info.last_at_us, group.events.back()->at_us);
    EXPECT_FALSE(info.erased);
}

// ---- client ids --------------------------------------------------------------------------------

TEST_P(EventLogContract, AClientIdIsFoundInItsRangeOnly) {
    Writer writer(log(), "open/1");
    for (int i = 1; i <= 200; ++i) {
        ASSERT_EQ(writer.append({in("id-" + std::to_string(i)), {}}), AppendStatus::ok);
    }
    for (int reopened = 0; reopened < 2; ++reopened) {
        const auto hit = find_client_id(writer, "id-100", {0});
        ASSERT_TRUE(hit.has_value());
        EXPECT_EQ(hit->offset, Offset{199});
        EXPECT_EQ(hit->event->client_id, "id-100");
        EXPECT_TRUE(find_client_id(writer, "id-100", {198}).has_value());
        EXPECT_FALSE(find_client_id(writer, "id-100", {199}).has_value());
        EXPECT_FALSE(find_client_id(writer, "id-201", {0}).has_value());
        EXPECT_FALSE(find_client_id(writer, "id-100", {400}).has_value());
        store_->reopen();
    }
}

TEST_P(EventLogContract, AClientIdBelongsToItsActorAndSession) {
    Writer one(log(), "open/1"), two(log(), "open/2");
    ASSERT_EQ(one.append({in("same")}), AppendStatus::ok);
    ASSERT_EQ(two.append({{}}), AppendStatus::ok);
    EXPECT_TRUE(find_client_id(one, "same", {0}, one.actor.number).has_value());
    EXPECT_FALSE(find_client_id(one, "same", {0}, one.actor.number + 1000).has_value());
    EXPECT_FALSE(find_client_id(two, "same", {0}).has_value());
}

// ---- the chain ---------------------------------------------------------------------------------

TEST_P(EventLogContract, VerifyFollowsTheChain) {
    Writer writer(log(), "open/1");
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(writer.append({in("id" + std::to_string(i)), {.payload = "answer"}}),
                  AppendStatus::ok);
    }
    store_->reopen();
    const auto report = await<Result<VerifyReport>>([&](Executor& on, auto done) {
                            log().verify({"open/1"}, on, std::move(done));
                        }).value();
    EXPECT_EQ(report.state, VerifyState::intact) << report.problem;
    EXPECT_EQ(report.groups, 10u);
    EXPECT_EQ(report.events, 20u);
}

TEST_P(EventLogContract, VerifyNamesTheFirstBadGroup) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    Group forged = writer.group({{}, {}});
    forged.hash[31] ^= 1;
    ASSERT_EQ(writer.append_group(forged), AppendStatus::ok);
    ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    const auto report = await<Result<VerifyReport>>([&](Executor& on, auto done) {
                            log().verify({"open/1"}, on, std::move(done));
                        }).value();
    EXPECT_EQ(report.state, VerifyState::broken);
    EXPECT_EQ(report.first_bad, Offset{4});
    EXPECT_FALSE(report.problem.empty());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EventLogContract);

}  // namespace chartroom::storage::contract
