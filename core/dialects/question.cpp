#include "core/dialects/question.hpp"

#include "core/dialects/client_error.hpp"
#include "core/dialects/frame_fields.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

class Question final : public SessionlessDialect {
  public:
    Decoded text(std::string_view frame) override {
        const auto json = read_frame(frame);
        if (!json) {
            return is_raw_text(frame, json.error()) ? ask(frame) : refuse(malformed(json.error()));
        }
        if (json->carries_token) {
            return refuse(token_not_taken());
        }
        FrameFields fields(json->object);
        if (json->object.find("question") != nullptr) {
            const std::string question = fields.required_text("question");
            return fields.error() ? refuse(*fields.error()) : ask(question);
        }
        if (fields.raw("type") == R"("cancel")") {
            return cancel(0, fields);
        }
        return ask(frame);
    }

  protected:
    std::string session_name(const ConnectInfo& info) override {
        const auto path = info.path.find("session_id");
        return path != info.path.end() ? path->second : read_resume_query(info).join.name;
    }

    void event(Slot, Followed& followed, const events::Event& event, Encoded& out) override {
        auto& frames = out.frames;
        const std::string_view type = event.type.text;
        if (type == events::types::kStreamStart) {
            followed.streams.start(event);
            frames.push_back(placed(frame_of("start"), followed, event));
        } else if (type == events::types::kToken) {
            make_up_start(followed, event, frames);
            frames.push_back(placed(frame_of("token").raw("content", raw_text(event, "content")),
                                    followed, event));
        } else if (type == events::types::kStreamEnd) {
            make_up_start(followed, event, frames);
            followed.streams.end(event);
            frames.push_back(placed(frame_of("end"), followed, event));
        } else if (type == events::types::kError) {
            frames.push_back(placed(error_of(event_error(event)), followed, event));
        }
    }

    std::string error_frame(const base::Error& error) const override {
        return error_of(error).take();
    }

  private:
    static JsonWriter frame_of(std::string_view type) {
        JsonWriter frame;
        frame.text("type", type);
        return frame;
    }

    static JsonWriter error_of(const base::Error& error) {
        JsonWriter frame = frame_of("error");
        frame.text("message", error.message).text("code", name(error.code));
        add_details(frame, error);
        return frame;
    }

    static std::string placed(JsonWriter frame, Followed& followed, const events::Event& event) {
        place(frame, followed, event.offset);
        return frame.take();
    }

    static void make_up_start(Followed& followed, const events::Event& event,
                              std::vector<std::string>& frames) {
        if (followed.streams.piece(event)) {
            frames.push_back(frame_of("start").take());
        }
    }

    Decoded ask(std::string_view question) {
        if (question.empty()) {
            return refuse({.code = base::Code::validation_error,
                           .message = "question must not be empty",
                           .field = "question"});
        }
        Decoded decoded;
        decoded.requests.push_back(
            send(0, events::types::kChat,
                 JsonWriter(question.size() + 32).text("content", question).take()));
        return decoded;
    }
};

}  // namespace

std::unique_ptr<Dialect> make_question() {
    return std::make_unique<Question>();
}

}  // namespace chartroom::dialects
