// Every answer has the shape of a computation in stages: `progress`, `stream_chunk`s, `complete`.
// Plugins that work in stages emit just that; the answer of a chat is put into the same shape.
#include "core/dialects/clinical.hpp"

#include <array>
#include <set>

#include "core/dialects/client_error.hpp"
#include "core/dialects/resume_query.hpp"
#include "core/dialects/sessionless.hpp"
#include "core/events/types.hpp"

namespace chartroom::dialects {
namespace {

using events::JsonWriter;

constexpr std::uint64_t kWhole = 100;  // percent
constexpr std::size_t kWholeMax = 64;  // turns at 100 % without their result; over it the oldest

// What of a chat's `data` the chat takes, besides its text.
constexpr std::array<std::string_view, 4> kChatMembers{"role", "agents", "profile", "fields"};

class Clinical final : public SessionlessDialect {
  public:
    Decoded text(std::string_view text) override {
        const auto frame = read_frame(text);
        if (!frame) {
            return refuse(malformed(frame.error()));
        }
        if (frame->carries_token) {
            return refuse(token_not_taken());
        }
        FrameFields fields(frame->object);
        const std::string type = fields.required_text("type");
        const std::string_view data = fields.raw("data");
        if (!data.empty() && !data.starts_with('{')) {
            fields.wrong("data", "must be an object");
        }
        if (fields.error()) {
            return refuse(*fields.error());
        }
        if (type == "cancel") {
            return cancel(0, fields);
        }
        if (type == events::types::kChat) {
            return chat(fields);
        }
        Decoded decoded;
        decoded.requests.push_back(send(0, type, data.empty() ? "{}" : std::string(data)));
        return decoded;
    }

  protected:
    std::string session_name(const ConnectInfo& info) override {
        const auto asked = info.query.find("session");
        if (asked != info.query.end() && !asked->second.empty()) {
            return asked->second;
        }
        if (!info.user.empty()) {
            return "home";
        }
        const auto path = info.path.find("user_id");
        return path == info.path.end() ? std::string() : "clinical:" + path->second;
    }

    void event(Slot, Followed& followed, const events::Event& event, Encoded& out) override {
        const std::string_view type = event.type.text;
        if (type == events::types::kProgress) {
            out.frames.push_back(progress(followed, event));
        } else if (type == events::types::kStreamChunk) {
            out.frames.push_back(chunk(followed, event, raw_member(event, "content", "{}")));
        } else if (type == events::types::kToken) {
            out.frames.push_back(chunk(
                followed, event, JsonWriter().raw("token", raw_text(event, "content")).take()));
        } else if (type == events::types::kEmergency) {
            out.frames.push_back(
                chunk(followed, event, JsonWriter().raw("emergency", event.payload).take()));
        } else if (type == events::types::kComplete) {
            complete(followed, event, with_medications(raw_member(event, "result", "{}")), out);
        } else if (type == events::types::kStreamEnd) {
            complete(followed, event, reply(event), out);
        } else if (type == events::types::kError) {
            JsonWriter frame = error_of(event_error(event));
            out.frames.push_back(finish(std::move(frame), followed, event));
        }
    }

    std::string error_frame(const base::Error& error) const override {
        JsonWriter frame = error_of(error);
        add_timestamp(frame, now_us_);
        return frame.take();
    }

  private:
    static JsonWriter frame_of(std::string_view type, std::size_t expected_bytes = 192) {
        JsonWriter frame(expected_bytes);
        frame.text("type", type);
        return frame;
    }

    static JsonWriter error_of(const base::Error& error) {
        JsonWriter frame = frame_of("error");
        frame.text("error", error.message).text("code", name(error.code));
        add_details(frame, error);
        return frame;
    }

    static std::string finish(JsonWriter frame, Followed& followed, const events::Event& event) {
        add_timestamp(frame, event.at_us);
        place(frame, followed, event.offset);
        return frame.take();
    }

    static std::string chunk(Followed& followed, const events::Event& event,
                             const std::string& content) {
        JsonWriter frame = frame_of("stream_chunk", content.size() + 160);
        return finish(std::move(frame.raw("content", content)), followed, event);
    }

    std::string progress(Followed& followed, const events::Event& event) {
        const std::string percent = raw_member(event, "progress", "0");
        if (events::json_integer(percent) == kWhole) {
            if (whole_.size() == kWholeMax) {
                whole_.erase(whole_.begin());
            }
            whole_.insert(event.cause);
        }
        JsonWriter frame = frame_of("progress");
        frame.raw("stage", raw_text(event, "stage"))
            .raw("progress", percent)
            .raw("message", raw_text(event, "message"));
        return finish(std::move(frame), followed, event);
    }

    // The result, after a progress of 100 that is made up where the turn had none.
    void complete(Followed& followed, const events::Event& event, const std::string& result,
                  Encoded& out) {
        if (whole_.erase(event.cause) == 0) {
            JsonWriter whole = frame_of("progress");
            whole.text("stage", "complete").number("progress", kWhole).text("message", "Complete");
            add_timestamp(whole, event.at_us);
            out.frames.push_back(whole.take());
        }
        JsonWriter frame = frame_of("complete", result.size() + 160);
        out.frames.push_back(finish(std::move(frame.raw("result", result)), followed, event));
    }

    static std::string reply(const events::Event& event) {
        const std::string content = raw_text(event, "content");
        return JsonWriter(content.size() + 96)
            .raw("reply", content)
            .raw("finish", raw_text(event, "finish"))
            .raw("medications", "[]")
            .take();
    }

    // Clients go through `medications` of every result.
    static std::string with_medications(std::string result) {
        const auto object = events::scan_object(result);
        if (!object) {
            return result;
        }
        if (const auto* found = object->find("medications")) {
            if (found->value.starts_with('[')) {
                return result;
            }
            const std::string list =
                found->value == "null" ? "[]" : "[" + std::string(found->value) + "]";
            const auto at = static_cast<std::size_t>(found->value.data() - result.data());
            return result.replace(at, found->value.size(), list);
        }
        result.insert(result.rfind('}'),
                      object->members.empty() ? R"("medications":[])" : R"(,"medications":[])");
        return result;
    }

    // `content` or `message`, beside `type` or in `data`.
    Decoded chat(FrameFields& fields) {
        const auto data = events::scan_object(fields.has("data") ? fields.raw("data") : "{}");
        if (!data) {
            return refuse(malformed(data.error()));
        }
        FrameFields inner(*data);
        std::optional<std::string> content;
        for (const std::string_view key : {"content", "message"}) {
            for (FrameFields* place : {&fields, &inner}) {
                content = content ? content : place->text(key);
            }
        }
        if (!content || content->empty()) {
            fields.wrong("content", content ? "must not be empty" : "is missing");
        }
        for (FrameFields* place : {&fields, &inner}) {
            if (place->error()) {
                return refuse(*place->error());
            }
        }
        JsonWriter payload(content->size() + 96);
        payload.text("content", *content);
        for (const std::string_view key : kChatMembers) {
            if (inner.has(key)) {
                payload.raw(key, inner.raw(key));
            }
        }
        Decoded decoded;
        decoded.requests.push_back(send(0, events::types::kChat, payload.take()));
        return decoded;
    }

    std::set<base::Offset> whole_;  // causes of turns that have told 100 %
};

}  // namespace

std::unique_ptr<Dialect> make_clinical() {
    return std::make_unique<Clinical>();
}

}  // namespace chartroom::dialects
