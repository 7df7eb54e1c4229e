#include "core/engine/replay.hpp"

#include <deque>
#include <map>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/history.hpp"
#include "core/engine/turn.hpp"

namespace chartroom::engine {
namespace {

// A host that has nothing to give but the record.
class RecordHost final : public TurnHost {
  public:
    explicit RecordHost(const ReplayRequest& request) : request_(request) {
        for (const auto& row : request.rows) {
            parties_.try_emplace(row->actor.text, row->actor.number);
            parties_.try_emplace(row->subject.text, row->subject.number);
        }
    }

    events::EventPtr write(Turn&, Draft&) override { return nullptr; }
    bool flag_end(Turn&) override { return false; }
    bool prepare(Turn&, const std::vector<Command>&) override { return true; }
    std::optional<std::uint64_t> party_number(std::string_view name) override {
        const auto party = parties_.find(name);
        if (party == parties_.end()) return std::nullopt;
        return party->second;
    }
    void state_set(Turn&, const events::EventPtr&, std::string_view) override {}
    void op_opened(Turn&, Op) override {}
    void op_stopped(Turn&, Op, const OpenOp&) override {}
    void emitted_elsewhere(Turn&, const events::EventPtr&, const Emit&) override {}

    void history(Turn& turn, const ReadHistory& request, base::Offset as_of) override {
        HistoryAnswer answer(request, turn.setup().inbound->actor.number, Limits{}.history_max);
        for (std::uint64_t at = as_of.value; at > 0 && !answer.full(); --at) {
            answer.look(request_.rows[at - 1]);
        }
        turn.answer_history(request.op, answer.take());
    }

    StateView state(Turn& turn, base::Offset as_of) override {
        const auto& rows = state_rows_[rows::plugin_party(turn.setup().handler->info().id)];
        const auto after = rows.upper_bound(as_of);
        if (after == rows.begin()) return {};
        const auto& [offset, row] = *std::prev(after);
        const auto state = rows::decode_state(row->payload);
        return state ? StateView{offset, std::string(state->bytes)} : StateView{};
    }

    void remember_state(const events::EventPtr& row) {
        state_rows_[row->actor.text].emplace(row->offset, row);
    }

  private:
    const ReplayRequest& request_;
    std::map<std::string, std::map<base::Offset, events::EventPtr>> state_rows_;
    std::map<std::string, std::uint64_t, std::less<>> parties_;
};

// A turn as it stands in the record.
struct RecordedTurn {
    events::EventPtr inbound;
    events::EventPtr opening;
    std::deque<events::EventPtr> rows;
    bool ended = false;
};

std::map<base::Offset, RecordedTurn> collect(const ReplayRequest& request, RecordHost& host) {
    std::map<base::Offset, RecordedTurn> turns;
    for (const auto& row : request.rows) {
        if (row->kind == events::Kind::in) {
            auto& turn = turns[row->offset];
            turn.inbound = row;
            if (row->build != 0) turn.opening = row;
            continue;
        }
        if (!row->cause) continue;
        auto& turn = turns[row->cause];
        turn.ended = turn.ended || row->ends_turn;
        if (row->kind == events::Kind::note && row->type.text == rows::kTurnOpened) {
            turn.opening = row;
            continue;
        }
        if (row->kind == events::Kind::note && row->type.text == rows::kState) {
            host.remember_state(row);
        }
        turn.rows.push_back(row);
    }
    return turns;
}

std::string text_of(const events::Event& row) {
    return row.type.text + " " + (row.json ? row.payload : std::string("(bytes)"));
}

class Replayer {
  public:
    Replayer(const ReplayRequest& request, const HandlerTable& handlers)
        : request_(request), handlers_(handlers), host_(request) {}

    ReplayReport run() {
        report_.rows = request_.rows.size();
        for (std::size_t i = 0; i < request_.rows.size(); ++i) {
            const auto& row = request_.rows[i];
            if (row->offset.value != i + 1)
                return could_not("rows are missing before " + std::to_string(row->offset.value));
            if (row->erased) return could_not("row " + std::to_string(i + 1) + " was erased");
        }
        for (auto& [cause, turn] : collect(request_, host_)) {
            if (!turn.opening) continue;  // it waits still, or was cancelled before it began
            if (!replay_turn(turn)) break;
        }
        return std::move(report_);
    }

  private:
    ReplayReport could_not(std::string problem) {
        report_.result = ReplayResult::could_not;
        report_.problem = std::move(problem);
        return report_;
    }

    // False: this turn ended the replay.
    bool replay_turn(RecordedTurn& recorded) {
        const HandlerPtr handler = handlers_.find(recorded.inbound->type.text);
        if (!handler) {
            could_not("no plugin handles " + recorded.inbound->type.text);
            return false;
        }
        ++report_.turns;
        if (!recorded.ended) ++report_.open_turns;
        Turn turn(host_, TurnSetup{.id = {report_.turns},
                                   .session = request_.session,
                                   .session_number = request_.number,
                                   .handler = handler,
                                   .inbound = recorded.inbound,
                                   .opening_row = recorded.opening->offset,
                                   .opened_at_us = recorded.opening->at_us,
                                   .seed = turn_seed(request_.seed_key, request_.session,
                                                     recorded.opening->offset),
                                   .recorded = recorded.rows});
        return compare(recorded, turn, turn.begin());
    }

    bool compare(const RecordedTurn& recorded, const Turn& turn, TurnState state) {
        const events::EventPtr last =
            recorded.rows.empty() ? recorded.opening : recorded.rows.back();
        switch (state) {
            case TurnState::host_ended:
                return true;
            case TurnState::ended:
                if (turn.recorded_left() == 0 && recorded.ended) return true;
                return differ(recorded, turn, last, text_of(*last), "(the end of the turn)");
            case TurnState::waiting:
                if (!recorded.ended) return true;
                return differ(recorded, turn, last, text_of(*last), "(no end yet)");
            case TurnState::failed:
                if (!recorded.ended) return true;
                return differ(recorded, turn, last, text_of(*last),
                              "(failed: " + turn.error().message + ")");
            case TurnState::diverged:
                // An open turn may well go on: its record is cut, not contradicted.
                if (!recorded.ended && turn.divergence()->recorded == kRecordUsedUp) return true;
                return differ(recorded, turn, last, turn.divergence()->recorded,
                              turn.divergence()->produced);
            case TurnState::parked:
                break;
        }
        could_not("a turn waits for something that a replay does not have");
        return false;
    }

    bool differ(const RecordedTurn& recorded, const Turn& turn, const events::EventPtr& last,
                std::string was, std::string is) {
        report_.result = ReplayResult::different;
        const auto& divergence = turn.divergence();
        report_.difference = {.cause = recorded.inbound->offset,
                              .at = divergence ? divergence->at : last->offset,
                              .after = divergence ? divergence->after : last->offset,
                              .plugin = turn.setup().handler->info().id,
                              .recorded = std::move(was),
                              .produced = std::move(is)};
        return false;
    }

    const ReplayRequest& request_;
    const HandlerTable& handlers_;
    RecordHost host_;
    ReplayReport report_;
};

}  // namespace

ReplayReport replay(const ReplayRequest& request, const HandlerTable& handlers) {
    return Replayer(request, handlers).run();
}

}  // namespace chartroom::engine
