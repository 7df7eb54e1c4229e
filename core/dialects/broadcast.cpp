#include "core/dialects/broadcast.hpp"

#include "core/dialects/client_error.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/dialects/spoken_text.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

class Broadcast final : public SessionlessDialect {
  public:
    Decoded text(std::string_view frame) override {
        if (const auto json = read_frame(frame); json && json->carries_token) {
            return refuse(token_not_taken());
        }
        Decoded decoded;
        decoded.requests.push_back(
            send(0, events::types::kBroadcast,
                 events::JsonWriter(frame.size() + 32).text("content", frame).take()));
        return decoded;
    }

  protected:
    // The room's own name, unless the URL names another.
    std::string session_name(const ConnectInfo& info) override {
        return read_resume_query(info).join.name;
    }
    void configure(const ConnectInfo& info) override { envelope_ = has_flag(info, "envelope"); }

    void event(Slot, Followed& followed, const events::Event& event, Encoded& out) override {
        if (event.type.text == events::types::kBroadcast) {
            out.frames.push_back(spoken_text("Someone said: ", event, envelope_, [&](auto& frame) {
                place(frame, followed, event.offset);
            }));
        } else if (event.type.text == events::types::kError) {
            out.frames.push_back(error_frame(event_error(event)));
        }
    }

    std::string error_frame(const base::Error& error) const override {
        events::JsonWriter frame;
        frame.begin("error").text("code", name(error.code)).text("message", error.message);
        if (error.retry_after_ms != 0) {
            frame.number("retry_after_ms", error.retry_after_ms);
        }
        return frame.end().take();
    }

  private:
    bool envelope_ = false;
};

}  // namespace

std::unique_ptr<Dialect> make_broadcast() {
    return std::make_unique<Broadcast>();
}

}  // namespace chartroom::dialects
