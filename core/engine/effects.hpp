// The port through which turns reach the world. core/effects implements it with libcurl and a pool;
// the simulator with a script. Everything is started only after the row that asks for it is
// durable.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/executor.hpp"
#include "core/engine/handler.hpp"

namespace chartroom::engine {

// Names one started op; unique within the process.
using EffectToken = std::uint64_t;

inline constexpr std::size_t kResponseHeadersBytesMax = 1'024;

// A piece of an answer, or its end. Pieces are already coalesced (kCoalesceUs, kCoalesceBytes).
struct EffectPiece {
    EffectToken token = 0;
    bool last = false;
    Outcome outcome = Outcome::ok;  // of the last piece
    std::int32_t status = 0;
    std::string bytes;
    // Of the last piece of an HTTP answer: the response's headers that are kept, each as
    // "name: value\n" with its name in lower case; at most kResponseHeadersBytesMax.
    std::string headers = {};
};

using EffectSink = std::move_only_function<void(EffectPiece)>;

struct HttpStart {
    EffectToken token = 0;
    HttpRequest request;
    std::string plugin;           // whose secrets and allowed hosts apply
    std::string idempotency_key;  // sent as a header; the same after a crash
    std::string traceparent;      // empty: none
};

struct ActivityStart {
    EffectToken token = 0;
    std::string plugin;
    std::string name;
    std::string input;
};

class Effects {
  public:
    virtual ~Effects() = default;
    // `sink` is called on `on`, in order, until a last piece; never after stop(token) has been
    // called on `on`. Any thread.
    virtual void http(HttpStart start, base::Executor& on, EffectSink sink) = 0;
    virtual void activity(ActivityStart start, base::Executor& on, EffectSink sink) = 0;
    virtual void stop(EffectToken token) = 0;
    // Back-pressure: while paused, nothing more is read from the network for this op.
    virtual void pause(EffectToken token) = 0;
    virtual void resume(EffectToken token) = 0;
};

}  // namespace chartroom::engine
