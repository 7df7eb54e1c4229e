#include "plugins/chat/provider_builtin.hpp"

#include "plugins/chat/builtin_reply.hpp"

namespace chat {
namespace {

constexpr std::size_t kWordsWithoutDelay = 8;

}  // namespace

chartroom::Async<Ending> BuiltinAssistant::answer(chartroom::Turn turn, const Conversation& talk,
                                                  Answer& answer) const {
    const std::string reply = builtin_reply(engine_, talk);
    const bool slowly = delay_.count() > 0;
    bool first = true;
    for (const std::string_view piece : in_pieces(reply, slowly ? 1 : kWordsWithoutDelay)) {
        if (slowly && !first) co_await turn.sleep(delay_);
        first = false;
        answer.write(piece);
    }
    co_return Ending();
}

}  // namespace chat
