#include "tests/contract/event_log_writer.hpp"

#include "storage/api/chain.hpp"
#include "tests/contract/await.hpp"

namespace chartroom::storage::contract {

using events::Event;

Writer::Writer(EventLog& log, std::string session) : log_(log), id_{std::move(session)} {
    acquired_ = await<Result<Acquired>>([&](Executor& on, auto done) {
                    log.acquire(id_, on, std::move(done));
                }).value();
    head_ = acquired_.head;
    hash_ = acquired_.head_hash;
    const auto names = await<Result<std::vector<Interned>>>([&](Executor& on, auto done) {
                           log.intern({{NameSpace::party, "user/ann"},
                                       {NameSpace::party, "subject/" + id_.value},
                                       {NameSpace::type, "message"}},
                                      on, std::move(done));
                       }).value();
    actor = names.at(0);
    subject = names.at(1);
    type = names.at(2);
}

Group Writer::group(const std::vector<Row>& rows) const {
    Group group{
        .session = acquired_.number, .owner_epoch = acquired_.owner_epoch, .expected_head = head_};
    Offset offset = head_;
    for (const Row& row : rows) {
        offset = offset.next();
        auto event = std::make_shared<Event>();
        event->offset = offset;
        event->at_us = 1'767'225'600'000'000 + static_cast<std::int64_t>(offset.value);
        event->kind = row.kind;
        event->cls = row.cls;
        event->type = {type.number, "message"};
        event->actor = {actor.number, "user/ann"};
        event->subject = {subject.number, "subject/" + id_.value};
        event->cause = row.cause;
        event->client_id = row.client_id;
        event->source = row.source;
        event->payload = row.payload;
        group.events.push_back(std::move(event));
    }
    group.hash = chain_step(hash_, acquired_.number, group.events,
                            [&](std::uint64_t) -> const base::Secret& { return subject.secret; });
    return group;
}

void Writer::took(const Group& group) {
    head_ = group.expected_head.plus(group.events.size());
    hash_ = group.hash;
}

AppendStatus Writer::append(const std::vector<Row>& rows) {
    return append_group(group(rows));
}

AppendStatus Writer::append_group(const Group& group) {
    const auto answers = await<std::vector<AppendAnswer>>(
        [&](Executor& on, auto done) { log_.append({group}, on, std::move(done)); });
    const AppendStatus status = answers.at(0).status;
    if (status == AppendStatus::ok) took(group);
    return status;
}

}  // namespace chartroom::storage::contract
