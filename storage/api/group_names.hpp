// Which names a group uses: they are written with it, if they have not been before.
#pragma once

#include "storage/api/event_log.hpp"

namespace chartroom::storage {

// Calls visit(space, number) for every name that `group` refers to; a name may come more than once,
// and 0 stands for none.
template <typename Visit>
void for_each_name(const Group& group, Visit&& visit) {
    for (const EventPtr& event : group.events) {
        visit(NameSpace::type, event->type.number);
        visit(NameSpace::party, event->actor.number);
        visit(NameSpace::party, event->subject.number);
        visit(NameSpace::party, event->audience.party);
        visit(NameSpace::build, event->build);
    }
    for (const auto& turn : group.turns_left_open) visit(NameSpace::party, turn.plugin);
    for (const auto& state : group.states) visit(NameSpace::party, state.plugin);
}

}  // namespace chartroom::storage
