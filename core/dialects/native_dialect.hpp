// The native dialect's state. native.cpp takes the client's frames, and native_events.cpp shows
// what happens.
//
// The connection's states: before session.open nothing but that is taken; then the main session is
// followed, and others may be joined. Each followed session has a slot; joining one that is
// followed already leaves its slot for a new one, so that events still under way for the old are
// not mixed in.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dialects/frame_fields.hpp"
#include "core/dialects/native.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::dialects {

// A frame of this dialect, begun.
[[nodiscard]] events::JsonWriter native_frame(std::string_view type,
                                              std::size_t expected_bytes = 192);

class NativeDialect final : public Dialect {
  public:
    Decoded connected(const ConnectInfo& info) override;
    Decoded text(std::string_view frame) override;
    Decoded too_long(std::size_t bytes) override;
    Encoded refused(const base::Error& error, std::uint64_t request) override;
    void joined(const Joined& joined) override;
    Encoded notice(const engine::NoticeBody& notice) override;
    std::vector<std::string> expiring(std::uint32_t in_ms) override;

  private:
    static constexpr std::size_t kSessionsMax = 64;    // followed by one connection; over it: busy
    static constexpr std::size_t kPendingMax = 1'024;  // not yet answered; over it: busy
    static constexpr std::size_t kIdBytesMax = 64;

    struct Session {
        std::string asked;      // the name that the client gave, if any
        std::string name;       // what it says to come back
        std::string name_json;  // the name as a JSON string
        std::string participant;
        bool by_open = false;  // session.open asked for it, so session.opened answers
        bool opened = false;
    };
    // What an answer of the engine will be about.
    struct Pending {
        std::string id;  // the client's, may be empty
        std::string session_json;
    };
    using Verb = Decoded (NativeDialect::*)(const JsonFrame&, FrameFields&);
    struct VerbRow {
        std::string_view type;
        Verb verb;
        bool takes_token;
    };
    static const std::array<VerbRow, 8> kVerbs;

    Decoded open(const JsonFrame& frame, FrameFields& fields);
    Decoded join(const JsonFrame& frame, FrameFields& fields);
    Decoded leave(const JsonFrame& frame, FrameFields& fields);
    Decoded history(const JsonFrame& frame, FrameFields& fields);
    Decoded acknowledge(const JsonFrame& frame, FrameFields& fields);
    Decoded cancel(const JsonFrame& frame, FrameFields& fields);
    Decoded refresh(const JsonFrame& frame, FrameFields& fields);
    Decoded ping(const JsonFrame& frame, FrameFields& fields);
    Decoded message(std::string type, FrameFields& fields);

    Decoded refuse(const base::Error& error, const std::string& id = {}) const;
    // session_json: of the join that is refused, which has no id to go by.
    [[nodiscard]] static std::string error_frame(const base::Error& error, std::string_view id,
                                                 bool fatal, std::string_view session_json = {});
    static void read_resume(FrameFields& fields, Join& join);
    Session& begin(const Join& join);
    [[nodiscard]] std::optional<Slot> find(std::string_view name) const;
    // The slot that the frame's `session` names, the main one if it names none.
    [[nodiscard]] std::optional<Slot> followed(FrameFields& fields);
    // The number of a new pending request; nothing, over kPendingMax.
    std::optional<std::uint64_t> pend(std::string id, std::string session_json);
    std::optional<Pending> settle(std::uint64_t request);

    Encoded opened(const engine::Opened& opened);
    Encoded delivered(const engine::Delivered& delivered) const;
    [[nodiscard]] Encoded reset(const engine::Reset& reset) const;
    Encoded unfollowed(const engine::Unfollowed& unfollowed);
    Encoded page(const engine::HistoryPage& page);
    [[nodiscard]] Encoded position(const engine::Position& position) const;

    ConnectInfo info_;
    std::map<Slot, Session> sessions_;
    std::optional<Slot> main_;  // absent before session.open, and after one that was refused
    Slot next_slot_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::uint64_t requests_ = 0;
};

}  // namespace chartroom::dialects
