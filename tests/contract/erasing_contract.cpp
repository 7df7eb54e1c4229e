// What every EventLog must do when something is erased.
#include <gmock/gmock.h>

#include <algorithm>

#include "storage/api/chain.hpp"
#include "tests/contract/event_log_contract.hpp"

namespace chartroom::storage::contract {
namespace {

using events::Class;
using events::Kind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kText = "my knee hurts at night";

Row said(std::string client_id = {}) {
    return {.kind = Kind::in,
            .payload = std::string(R"({"content":")") + kText + "\"}",
            .client_id = std::move(client_id)};
}

}  // namespace

// ---- the harness -------------------------------------------------------------------------------

Erasure EventLogContract::erasure(const Writer& writer, std::uint64_t subject) {
    Group note = writer.group({{.kind = Kind::note, .cls = Class::none, .payload = "{}"}});
    auto row = std::make_shared<events::Event>(*note.events[0]);
    row->subject = {};
    note.events = {std::move(row)};
    note.hash = chain_step(writer.hash(), writer.number(), note.events, {});
    return {.note = std::move(note), .subject = subject, .reason = "case 17"};
}

AppendStatus EventLogContract::erase(Erasure erasure) {
    return await<AppendAnswer>([&](Executor& on, auto done) {
               log().erase(std::move(erasure), on, std::move(done));
           })
        .status;
}

AppendStatus EventLogContract::erase(Writer& writer, std::uint64_t subject) {
    Erasure what = erasure(writer, subject);
    const Group note = what.note;
    const AppendStatus status = erase(std::move(what));
    if (status == AppendStatus::ok) writer.took(note);
    return status;
}

Result<PersonErasure> EventLogContract::begin_person(const std::string& party) {
    return await<Result<PersonErasure>>([&](Executor& on, auto done) {
        log().begin_person(party, "case 18", 1'767'225'600'000'000, on, std::move(done));
    });
}

Result<void> EventLogContract::finish_person(PersonErasure person, const std::string& own_prefix) {
    return await<Result<void>>([&](Executor& on, auto done) {
        log().finish_person(person, own_prefix, on, std::move(done));
    });
}

std::vector<std::string> EventLogContract::sessions_of(std::uint64_t subject) {
    const auto ids = await<Result<std::vector<SessionId>>>([&](Executor& on, auto done) {
                         log().sessions_of(subject, on, std::move(done));
                     }).value();
    std::vector<std::string> texts;
    for (const auto& id : ids) texts.push_back(id.value);
    std::ranges::sort(texts);
    return texts;
}

std::vector<LedgerRow> EventLogContract::ledger() {
    return await<Result<std::vector<LedgerRow>>>(
               [&](Executor& on, auto done) { log().erasures(on, std::move(done)); })
        .value();
}

Result<SessionInfo> EventLogContract::find(const std::string& session) {
    return await<Result<SessionInfo>>(
        [&](Executor& on, auto done) { log().find_session({session}, on, std::move(done)); });
}

void EventLogContract::expect_intact(const std::string& session) {
    const auto report = await<Result<VerifyReport>>(
        [&](Executor& on, auto done) { log().verify({session}, on, std::move(done)); });
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->state, VerifyState::intact)
        << report->problem << " at " << report->first_bad.value;
}

std::vector<EventPtr> EventLogContract::rows(const Writer& writer) {
    return read({.session = writer.number(), .rows_max = 10'000, .bytes_max = 1u << 24})
        .value()
        .events;
}

// ---- what a store must do ----------------------------------------------------------------------

TEST_P(EventLogContract, AnErasedSessionKeepsItsPlacesAndItsChainAndNoByte) {
    Writer writer(log(), "open/1"), other(log(), "open/2");
    ASSERT_EQ(writer.append({said("c-1"), {.payload = kText}}), AppendStatus::ok);
    ASSERT_EQ(writer.append({{.kind = Kind::effect, .cls = Class::none, .payload = kText}}),
              AppendStatus::ok);
    ASSERT_EQ(other.append({said("c-1")}), AppendStatus::ok);
    ASSERT_EQ(erase(writer), AppendStatus::ok);
    for (int pass = 0; pass < 2; ++pass) {
        const auto events = rows(writer);
        ASSERT_THAT(events, SizeIs(4));
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_TRUE(events[i]->erased);
            EXPECT_EQ(events[i]->offset.value, i + 1);
            EXPECT_EQ(events[i]->payload, "");
            EXPECT_EQ(events[i]->client_id, "");
        }
        EXPECT_FALSE(events[3]->erased) << "the note";
        EXPECT_EQ(events[0]->type.text, "message");
        EXPECT_EQ(find_client_id(writer, "c-1", {}), std::nullopt);
        EXPECT_TRUE(find("open/1")->erased);
        EXPECT_FALSE(find("open/2")->erased);
        EXPECT_NE(rows(other).front()->payload, "") << "another session was touched";
        expect_intact("open/1");
        expect_intact("open/2");
        store_->reopen();
    }
}

TEST_P(EventLogContract, AnErasedSessionTakesNothingMore) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({said()}), AppendStatus::ok);
    ASSERT_EQ(erase(writer), AppendStatus::ok);
    EXPECT_EQ(writer.append({said()}), AppendStatus::erased);
    EXPECT_EQ(erase(writer), AppendStatus::erased);
    store_->reopen();
    const auto acquired = await<Result<Acquired>>(
        [&](Executor& on, auto done) { log().acquire({"open/1"}, on, std::move(done)); });
    ASSERT_FALSE(acquired.has_value());
    EXPECT_EQ(acquired.error().code, base::Code::erased);
}

TEST_P(EventLogContract, WhatIsRefusedErasesNothing) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({said()}), AppendStatus::ok);
    Erasure stale = erasure(writer);
    ASSERT_EQ(writer.append({said()}), AppendStatus::ok);
    EXPECT_EQ(erase(std::move(stale)), AppendStatus::conflict);
    Erasure fenced = erasure(writer);
    ++fenced.note.owner_epoch.value;
    EXPECT_EQ(erase(std::move(fenced)), AppendStatus::fenced);
    EXPECT_THAT(ledger(), IsEmpty());
    EXPECT_FALSE(rows(writer).front()->erased);
    EXPECT_EQ(writer.append({said()}), AppendStatus::ok);
}

TEST_P(EventLogContract, OneSubjectsRowsGoAndTheSessionGoesOn) {
    Writer writer(log(), "shared/1");
    const Interned bob = writer.subject;
    const Interned ann = intern({{NameSpace::party, "user/ann2"}}).front();
    ASSERT_EQ(writer.append({said("b-1")}), AppendStatus::ok);
    writer.subject = ann;
    ASSERT_EQ(writer.append({said("a-1"), {.payload = kText}}), AppendStatus::ok);
    writer.subject = bob;
    ASSERT_EQ(writer.append({said("b-2")}), AppendStatus::ok);
    EXPECT_THAT(sessions_of(ann.number), ElementsAre("shared/1"));
    ASSERT_EQ(erase(writer, ann.number), AppendStatus::ok);
    EXPECT_THAT(sessions_of(ann.number), IsEmpty());
    EXPECT_THAT(sessions_of(bob.number), ElementsAre("shared/1"));
    ASSERT_EQ(writer.append({said("b-3")}), AppendStatus::ok);
    store_->reopen();
    std::vector<std::uint64_t> erased;
    for (const auto& row : rows(writer)) {
        if (row->erased) erased.push_back(row->offset.value);
    }
    EXPECT_THAT(erased, ElementsAre(2, 3));
    EXPECT_TRUE(find_client_id(writer, "b-1", {}).has_value());
    EXPECT_FALSE(find_client_id(writer, "a-1", {}).has_value());
    const Acquired again = acquire("shared/1");
    EXPECT_EQ(again.head, Offset{6});
    EXPECT_EQ(again.erased_from, Offset{2});
    EXPECT_EQ(again.erased_by, Offset{5});
    expect_intact("shared/1");
}

TEST_P(EventLogContract, APluginsStateGoesFromTheSubjectsFirstRowOnWhoeverSetIt) {
    Writer writer(log(), "shared/1");
    const Interned bob = writer.subject;
    const auto names = intern({{NameSpace::party, "user/ann2"},
                               {NameSpace::party, "plugin/a"},
                               {NameSpace::type, "state"}});
    const Row note{.kind = Kind::note, .cls = Class::none, .payload = kText};
    const Interned message = writer.type;
    const auto append_state = [&](Offset row) {
        writer.type = names[2];
        Group group = writer.group({note});
        group.states = {{names[1].number, row, {}}};
        ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
        writer.type = message;
    };
    append_state({1});
    writer.subject = names[0];
    ASSERT_EQ(writer.append({said()}), AppendStatus::ok);
    writer.subject = bob;
    append_state({3});
    ASSERT_THAT(acquire("shared/1").states, SizeIs(1));
    EXPECT_EQ(acquire("shared/1").states[0].payload, kText);
    Erasure what = erasure(writer, names[0].number);
    what.state_type = names[2].number;
    ASSERT_EQ(erase(std::move(what)), AppendStatus::ok);
    EXPECT_THAT(acquire("shared/1").states, IsEmpty());
    const auto events = rows(writer);
    EXPECT_FALSE(events[0]->erased) << "of a time before the subject came";
    EXPECT_TRUE(events[1]->erased);
    EXPECT_TRUE(events[2]->erased);
    expect_intact("shared/1");
}

TEST_P(EventLogContract, WhatWasToBeTakenUpAgainIsNot) {
    Writer writer(log(), "open/1");
    const std::uint64_t plugin = intern({{NameSpace::party, "plugin/a"}}).front().number;
    Group group = writer.group({said(), {.kind = Kind::command, .payload = kText}});
    group.turns_left_open = {{Offset{1}, plugin}};
    group.outbox = {Offset{2}};
    ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    EXPECT_THAT(unfinished(), ElementsAre("open/1"));
    ASSERT_EQ(erase(writer), AppendStatus::ok);
    EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_P(EventLogContract, APersonIsErasedOnceNoSessionHasRowsOfThem) {
    Writer own(log(), "user/ann2/home"), shared(log(), "shared/1");
    const Interned ann = intern({{NameSpace::party, "user/ann2"}}).front();
    EXPECT_EQ(begin_person("user/ann2").error().code, base::Code::not_found)
        << "a number that nothing uses is nobody's";
    own.subject = shared.subject = ann;
    ASSERT_EQ(own.append({said()}), AppendStatus::ok);
    ASSERT_EQ(shared.append({said()}), AppendStatus::ok);
    const PersonErasure person = begin_person("user/ann2").value();
    EXPECT_EQ(person.party, ann.number);
    EXPECT_EQ(begin_person("user/ann2")->number, person.number) << "it has begun once";
    EXPECT_THAT(sessions_of(ann.number), ElementsAre("shared/1", "user/ann2/home"));
    EXPECT_EQ(finish_person(person, "user/ann2/").error().code, base::Code::conflict);

    Erasure part = erasure(shared, ann.number);
    part.part_of = person.number;
    ASSERT_EQ(erase(std::move(part)), AppendStatus::ok);
    EXPECT_EQ(finish_person(person, "user/ann2/").error().code, base::Code::conflict);
    part = erasure(own);
    part.part_of = person.number;
    ASSERT_EQ(erase(std::move(part)), AppendStatus::ok);
    store_->reopen();
    EXPECT_EQ(begin_person("user/ann2")->number, person.number) << "it goes on after a stop";
    ASSERT_TRUE(finish_person(person, "user/ann2/").has_value());
    EXPECT_EQ(finish_person(person, "user/ann2/").error().code, base::Code::not_found);

    for (int pass = 0; pass < 2; ++pass) {
        const auto text = await<Result<std::string>>([&](Executor& on, auto done) {
            log().name_of(NameSpace::party, ann.number, on, std::move(done));
        });
        EXPECT_EQ(text.value(), "");
        EXPECT_NE(intern({{NameSpace::party, "user/ann2"}}).front().number, ann.number);
        EXPECT_EQ(find("user/ann2/home").error().code, base::Code::not_found);
        const std::string forgotten = "erased/" + std::to_string(own.number().value);
        EXPECT_TRUE(find(forgotten)->erased);
        expect_intact(forgotten);
        expect_intact("shared/1");
        for (const LedgerRow& row : ledger()) EXPECT_TRUE(row.complete) << row.number;
        store_->reopen();
    }
    Writer again(log(), "user/ann2/home");
    EXPECT_EQ(again.state().head, Offset{0}) << "the id means another session";
    EXPECT_NE(again.number(), own.number());
}

TEST_P(EventLogContract, APersonsOwnSessionThatIsNotErasedHoldsTheEndUp) {
    Writer own(log(), "user/ann2/home"), shared(log(), "shared/1");
    shared.subject = intern({{NameSpace::party, "user/ann2"}}).front();
    ASSERT_EQ(shared.append({said()}), AppendStatus::ok);
    ASSERT_EQ(own.append({said()}), AppendStatus::ok);  // of another subject
    const PersonErasure person = begin_person("user/ann2").value();
    ASSERT_EQ(erase(shared, person.party), AppendStatus::ok);
    EXPECT_EQ(finish_person(person, "user/ann2/").error().code, base::Code::conflict);
    ASSERT_EQ(erase(own), AppendStatus::ok);
    EXPECT_TRUE(finish_person(person, "user/ann2/").has_value());
}

TEST_P(EventLogContract, TheLedgerSaysWhatWasErasedAndNobodysName) {
    Writer writer(log(), "open/1");
    ASSERT_EQ(writer.append({said()}), AppendStatus::ok);
    ASSERT_EQ(erase(writer, writer.subject.number), AppendStatus::ok);
    ASSERT_EQ(erase(writer), AppendStatus::ok);
    store_->reopen();
    const auto rows = ledger();
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].number, 1u);
    EXPECT_EQ(rows[0].session, writer.number());
    EXPECT_EQ(rows[0].subject, writer.subject.number);
    EXPECT_EQ(rows[1].subject, 0u);
    EXPECT_EQ(rows[1].reason, "case 17");
    EXPECT_TRUE(rows[0].complete && rows[1].complete);
}

// The session as a subject: of what anonymous senders say.
TEST_P(EventLogContract, TheSessionsOwnPartyGoesUnlessAnotherSessionHasRowsOfIt) {
    Writer one(log(), "open/1"), two(log(), "open/2"), third(log(), "open/3");
    ASSERT_EQ(one.append({said()}), AppendStatus::ok);
    ASSERT_EQ(two.append({said()}), AppendStatus::ok);
    third.subject = two.subject;
    ASSERT_EQ(third.append({said()}), AppendStatus::ok);
    const auto erase_whole = [&](Writer& writer, const Interned& own) {
        Erasure what = erasure(writer);
        what.own = own.number;
        return erase(std::move(what));
    };
    const auto name_of = [&](const Interned& party) {
        return await<Result<std::string>>([&](Executor& on, auto done) {
                   log().name_of(NameSpace::party, party.number, on, std::move(done));
               })
            .value();
    };
    ASSERT_EQ(erase_whole(one, one.subject), AppendStatus::ok);
    ASSERT_EQ(erase_whole(two, two.subject), AppendStatus::ok);
    EXPECT_EQ(name_of(one.subject), "");
    EXPECT_EQ(name_of(two.subject), "subject/open/2") << "its secret is needed";
    for (const char* id : {"open/1", "open/2", "open/3"}) expect_intact(id);
}

// More than one chunk, and more than one slice of the work.
TEST_P(EventLogContract, ALongSessionIsErasedToItsEndWhileOthersAreWritten) {
    Writer writer(log(), "open/1"), other(log(), "open/2");
    for (int group = 0; group < 40; ++group) {
        std::vector<Row> rows;
        for (int i = 0; i < 50; ++i) rows.push_back(said(std::to_string(group * 50 + i)));
        ASSERT_EQ(writer.append(rows), AppendStatus::ok);
        ASSERT_EQ(other.append({said()}), AppendStatus::ok);
    }
    Erasure what = erasure(writer);
    auto waiting = std::make_shared<std::promise<AppendAnswer>>();
    auto answered = waiting->get_future();
    static InlineExecutor here;
    log().erase(std::move(what), here,
                [waiting](AppendAnswer answer) { waiting->set_value(std::move(answer)); });
    for (int i = 0; i < 20; ++i) ASSERT_EQ(other.append({said()}), AppendStatus::ok);
    ASSERT_EQ(answered.wait_for(kAwaitMax), std::future_status::ready);
    EXPECT_EQ(answered.get().status, AppendStatus::ok);
    const auto events = rows(writer);
    ASSERT_THAT(events, SizeIs(2'001));
    EXPECT_EQ(std::ranges::count_if(events, [](const auto& row) { return row->erased; }), 2'000);
    EXPECT_EQ(find_client_id(writer, "1777", {}), std::nullopt);
    EXPECT_THAT(rows(other), SizeIs(60));
    expect_intact("open/1");
    expect_intact("open/2");
}

}  // namespace chartroom::storage::contract
