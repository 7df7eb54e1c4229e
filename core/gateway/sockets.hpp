// The ports between the hub and what is around it: the socket layer below, the engine beside. The
// server implements them over libwebsockets and the real engine; tests implement them directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/ids.hpp"
#include "core/engine/engine.hpp"

namespace chartroom::gateway {

// What the socket layer knows a connection by; means nothing to the hub.
struct Socket {
    void* handle = nullptr;
};

// Bytes in front of what write() is given that it may scribble on.
inline constexpr std::size_t kHeadroomBytes = 32;

class Sockets {
  public:
    virtual ~Sockets() = default;
    // Whether the socket takes nothing just now. Asked before each write.
    [[nodiscard]] virtual bool choked(Socket socket) = 0;
    // Hands over whole frames; what the system does not take at once is kept below, and choked()
    // is then true. False: the connection is broken; its end is reported later.
    [[nodiscard]] virtual bool write(Socket socket, char* frames, std::size_t bytes) = 0;
    // Hub::writable() is called once the socket takes bytes again.
    virtual void ask_writable(Socket socket) = 0;
    // While off, nothing more is read than was read already.
    virtual void set_reading(Socket socket, bool on) = 0;
    // Sends a close frame, waits a while for the client's, and ends the connection.
    virtual void close(Socket socket, std::uint16_t code, std::string_view reason) = 0;
    // Ends the connection without a close frame. The end of it is reported later, never from here.
    virtual void drop(Socket socket) = 0;
};

// The calls of engine::Engine that hub and HTTP API make; their meaning stands there.
class EnginePort {
  public:
    virtual ~EnginePort() = default;
    [[nodiscard]] virtual bool submit(engine::Submission submission) = 0;
    [[nodiscard]] virtual bool follow(engine::Follow follow) = 0;
    [[nodiscard]] virtual bool cancel(engine::Cancel cancel) = 0;
    [[nodiscard]] virtual bool history(engine::History history) = 0;
    virtual void note_refused(engine::RefusedInput input) = 0;
    virtual void list(engine::Listing listing) = 0;
    // Its outcome comes as Erased or Refused to `call`.
    virtual void erase(engine::EraseSession erase, base::ConnectionId call) = 0;
    [[nodiscard]] virtual base::Epoch epoch() const = 0;
    virtual void consumed(base::ConnectionId connection, const base::SessionId& session,
                          engine::Slot slot, base::Offset offset, std::size_t bytes) = 0;
    virtual void unfollow(base::ConnectionId connection, const base::SessionId& session,
                          engine::Slot slot) = 0;
};

}  // namespace chartroom::gateway
