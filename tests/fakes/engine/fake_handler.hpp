// A handler that does what its messages say, in-process and deterministic: a small language for
// tests. The payload of a message of type `run` is JSON {"do": [instruction …]}; the next
// instruction runs when what the last one waits for has come.
//
//   {"emit": "text"}        an `echo` event to everyone
//   {"only": "text"}        an `echo` event to the sender alone
//   {"stream": "text"}      stream_start now; then HTTP with "text" as its body; a token a piece;
//                           stream_end when it is whole
//   {"sleep_ms": n}         a timer
//   {"state": "text"}       sets the state
//   {"say_state": true}     emits the state
//   {"history": n}          emits how many `echo` events the history of at most n has
//   {"activity": "text"}    emits the result
//   {"to": "session id", "text": "…"}  emits to another session
//   {"home": "user/ann", "text": "…"}  the same to this user's home, for who may follow the session
//   {"throw": true}         fails
//   {"refuse": "text"}      ends as failed, politely: validation_error with this message
//   {"hang": true}          waits for ever, deaf to CANCEL
//   {"wait": true}          waits until it is cancelled
//   {"flood": n}            n emits in one step
//   {"bad_end": true}       ends inside an open stream
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "core/engine/handler.hpp"

namespace chartroom::fakes {

class FakeHandler final : public engine::Handler {
  public:
    explicit FakeHandler(engine::HandlerInfo info);
    ~FakeHandler() override;
    [[nodiscard]] const engine::HandlerInfo& info() const override { return info_; }
    [[nodiscard]] base::Result<std::vector<engine::Command>> step(
        const engine::StepEvent& event) override;
    [[nodiscard]] std::size_t turns_held() const { return turns_.size(); }

    // The plugin of most tests: handles `run`, one turn at a time.
    [[nodiscard]] static std::shared_ptr<FakeHandler> make(bool parallel = false);

    // Another version: what it emits is prefixed, so re-execution diverges.
    std::string prefix;

  private:
    struct Program;
    engine::HandlerInfo info_;
    std::map<engine::TurnId, std::unique_ptr<Program>> turns_;
};

}  // namespace chartroom::fakes
