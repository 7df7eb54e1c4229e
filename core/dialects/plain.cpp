// Two clients share this route: one that sends text and shows `Echo: …`, and one that sends a JSON
// question and shows the `reply` of every frame. A question about a patient goes to a session of
// that patient, which other connections may follow too.
#include "core/dialects/plain.hpp"

#include <set>

#include "core/dialects/client_error.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/dialects/spoken_text.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

constexpr std::string_view kPatient = "patient:";
constexpr std::size_t kOwnQuestionsMax = 256;  // remembered per connection; over it the oldest goes

using Turn = std::pair<Slot, base::Offset>;  // a followed session and a cause in it

class Plain final : public SessionlessDialect {
  public:
    Decoded text(std::string_view frame) override {
        const auto json = read_frame(frame);
        if (!json) {
            return is_raw_text(frame, json.error()) ? echo(frame) : refuse(malformed(json.error()));
        }
        if (json->carries_token) {
            return refuse(token_not_taken());
        }
        if (json->object.find("content") != nullptr) {
            return chat(json->object, "content");
        }
        if (json->object.find("symptoms") != nullptr) {
            return chat(json->object, "symptoms");
        }
        return echo(frame);
    }

  protected:
    std::string session_name(const ConnectInfo& info) override {
        return read_resume_query(info).join.name;
    }
    void configure(const ConnectInfo& info) override {
        envelope_ = has_flag(info, "envelope");
        status_ = has_flag(info, "status");
    }

    void event(Slot slot, Followed& followed, const events::Event& event, Encoded& out) override {
        auto& frames = out.frames;
        const std::string_view type = event.type.text;
        if (type == events::types::kEcho) {
            frames.push_back(spoken_text("Echo: ", event, envelope_, [&](auto& frame) {
                place(frame, followed, event.offset);
            }));
        } else if (type == events::types::kMessage) {
            if (followed.asked.starts_with(kPatient) && !own_.contains({slot, event.cause})) {
                frames.push_back(question(followed, event));
            }
        } else if (type == events::types::kStreamStart) {
            followed.streams.start(event);
            processing(frames);
        } else if (type == events::types::kStreamEnd) {
            if (followed.streams.piece(event)) {
                processing(frames);
            }
            followed.streams.end(event);
            frames.push_back(reply(slot, followed, event));
        } else if (type == events::types::kError) {
            error(slot, followed, event, frames);
        }
    }

    std::string error_frame(const base::Error& error) const override {
        return error_of(error, events::to_json_string(error.message)).take();
    }

    void accepted(Slot slot, base::Offset offset) override {
        if (own_.size() == kOwnQuestionsMax) {
            own_.erase(own_.begin());
        }
        own_.insert({slot, offset});
    }

  private:
    static JsonWriter error_of(const base::Error& error, std::string_view raw_reply) {
        JsonWriter frame;
        frame.begin("error").text("code", name(error.code)).text("message", error.message);
        add_details(frame, error);
        frame.end().raw("reply", raw_reply);
        return frame;
    }

    void processing(std::vector<std::string>& frames) const {
        if (status_) {
            frames.push_back(JsonWriter().text("status", "processing").take());
        }
    }

    // An answer is one frame: an error inside a stream waits for the stream's end.
    void error(Slot slot, Followed& followed, const events::Event& event,
               std::vector<std::string>& frames) {
        const base::Error error = event_error(event);
        if (followed.streams.is_open(event)) {
            failed_[{slot, event.cause}] = error;
            if (failed_.size() > kOpenStreamsMax) {
                failed_.erase(failed_.begin());
            }
            return;
        }
        JsonWriter frame = error_of(error, events::to_json_string(error.message));
        place(frame, followed, event.offset);
        frames.push_back(frame.take());
    }

    std::string reply(Slot slot, Followed& followed, const events::Event& event) {
        const std::string content = raw_text(event, "content");
        const auto failed = failed_.extract({slot, event.cause});
        const auto error = failed ? std::optional(failed.mapped()) : unfinished(event);
        JsonWriter frame(content.size() + 128);
        if (error) {
            // Whatever text there is was the answer; without any, the reason is shown instead.
            frame = error_of(*error,
                             content == "\"\"" ? events::to_json_string(error->message) : content);
        } else {
            frame.raw("reply", content);
        }
        place(frame, followed, event.offset);
        return frame.take();
    }

    // Why a stream ended that was not finished, for a client that did not see its error.
    static std::optional<base::Error> unfinished(const events::Event& event) {
        const std::string finish = raw_text(event, "finish");
        const auto reason = [](base::Code code) {
            return base::Error{.code = code, .message = std::string(base::info(code).meaning)};
        };
        if (finish == R"("cancelled")") {
            return reason(base::Code::cancelled);
        }
        if (finish == R"("interrupted")") {
            return reason(base::Code::interrupted);
        }
        if (finish == R"("error")") {
            return reason(base::Code::plugin_failed);
        }
        return std::nullopt;
    }

    static std::string question(Followed& followed, const events::Event& event) {
        JsonWriter frame(event.payload.size() + 96);
        frame.raw("question", raw_text(event, "content"));
        frame.raw("doctor_id", doctor_of(event));
        place(frame, followed, event.offset);
        return frame.take();
    }

    // As its sender gave it: a number or a string; null where none was given.
    static std::string doctor_of(const events::Event& event) {
        const auto payload = events::scan_object(event.payload);
        const auto* fields = payload ? payload->find("fields") : nullptr;
        const auto inner = fields ? events::scan_object(fields->value)
                                  : std::unexpected(events::JsonFault::not_an_object);
        const auto* doctor = inner ? inner->find("doctor_id") : nullptr;
        return doctor == nullptr ? "null" : std::string(doctor->value);
    }

    Decoded echo(std::string_view text) {
        Decoded decoded;
        decoded.requests.push_back(send(0, events::types::kEcho,
                                        JsonWriter(text.size() + 32).text("content", text).take()));
        return decoded;
    }

    Decoded chat(const events::JsonObject& object, std::string_view content_field) {
        FrameFields fields(object);
        const std::string content = fields.required_text(content_field);
        const auto role = fields.text("role");
        const auto doctor = fields.id("doctor_id");
        const auto patient = fields.id("patient_id");
        if (patient && patient->empty()) {
            fields.wrong("patient_id", "must not be empty");
        }
        if (fields.error()) {
            return refuse(*fields.error());
        }
        JsonWriter payload(content.size() + 96);
        payload.text("content", content);
        if (role) {
            payload.text("role", *role);
        }
        if (doctor || patient) {
            payload.begin("fields");
            if (doctor) {
                payload.raw("doctor_id", fields.raw("doctor_id"));
            }
            if (patient) {
                payload.raw("patient_id", fields.raw("patient_id"));
            }
            payload.end();
        }
        return send_chat(payload.take(), patient);
    }

    Decoded send_chat(std::string payload, const std::optional<std::string>& patient) {
        Decoded decoded;
        Slot slot = 0;
        if (patient) {
            const auto followed = follow(std::string(kPatient) + *patient, decoded);
            if (!followed) {
                return refuse(followed.error());
            }
            slot = *followed;
        }
        decoded.requests.push_back(send(slot, events::types::kChat, std::move(payload)));
        return decoded;
    }

    bool envelope_ = false;
    bool status_ = false;
    std::set<Turn> own_;                  // turns that this connection began
    std::map<Turn, base::Error> failed_;  // streams whose end is still to come
};

}  // namespace

std::unique_ptr<Dialect> make_plain() {
    return std::make_unique<Plain>();
}

}  // namespace chartroom::dialects
