// Chat: the protocol around an answer. Checks the message, publishes it, warns of an emergency,
// collects the context, lets the configured assistant answer, and closes the stream exactly once.
#include <array>
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "plugins/chat/answer.hpp"
#include "plugins/chat/prompt.hpp"
#include "plugins/chat/provider_builtin.hpp"
#include "plugins/chat/provider_openai.hpp"
#include "plugins/chat/red_flags.hpp"
#include "plugins/chat/request.hpp"
#include "plugins/chat/settings.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 2> kContextTypes{"message", "stream_end"};

// 2026-01-15T10:30:00.123Z
std::string rfc3339(chartroom::Time at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss time(floor<milliseconds>(at - day));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return text.data();
}

void refuse(const chartroom::Turn& turn, const Invalid& invalid) {
    turn.emit("error",
              Json{{"code", invalid.code}, {"message", invalid.message}, {"field", invalid.field}});
}

void publish(const chartroom::Turn& turn, const chartroom::Message& message,
             const Request& request) {
    Json event{{"id", message.id()},
               {"content", request.content},
               {"message_type", request.message_type},
               {"sender", message.actor()},
               {"created_at", rfc3339(turn.now())}};
    if (!request.fields.is_null()) event["fields"] = request.fields;
    turn.emit("message", event);
}

// The end of an answer that somebody stopped.
Ending stopped(chartroom::CancelReason reason) {
    Ending ending;
    switch (reason) {
        case chartroom::CancelReason::client_stop:
            ending.finish = "cancelled";
            break;
        case chartroom::CancelReason::deadline:
            ending.finish = "error";
            ending.fault = Fault{"deadline_exceeded", "The answer took too long."};
            break;
        default:
            ending.finish = "interrupted";
    }
    return ending;
}

std::unique_ptr<Assistant> make_assistant(const Settings& settings) {
    if (settings.provider == Settings::Provider::openai)
        return std::make_unique<OpenAiAssistant>(settings);
    return std::make_unique<BuiltinAssistant>(settings.token_delay);
}

class Chat : public chartroom::Handler {
  public:
    explicit Chat(const chartroom::Config& config)
        : settings_(read_settings(config.text())), assistant_(make_assistant(settings_)) {}

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        const std::expected<Request, Invalid> request = parse_request(message.bytes());
        if (!request) {
            refuse(turn, request.error());
            co_return;
        }
        publish(turn, message, *request);
        if (request->message_type != "user") co_return;
        Answer answer(turn, message.answer_id());
        answer.start(message.id());
        Ending ending;
        try {
            ending = co_await respond(turn, message.id(), *request, answer);
        } catch (const chartroom::Cancelled& cancelled) {
            ending = stopped(cancelled.reason());
        }
        answer.end(ending);
    }

  private:
    chartroom::Async<Ending> respond(chartroom::Turn turn, std::uint64_t message_id,
                                     const Request& request, Answer& answer) const {
        answer.status("validating");
        answer.status("checking_emergency");
        const std::optional<Emergency> emergency = find_red_flags(request.content);
        if (emergency) answer.warn(*emergency);
        answer.status("processing");
        std::vector<chartroom::Row> rows;
        if (settings_.history > 0) {
            answer.status("retrieving_context");
            // One more than asked for: the message itself is among them.
            rows = co_await turn.history({.last = settings_.history + 1, .types = kContextTypes});
        }
        Conversation talk = make_conversation(rows, message_id, request);
        talk.emergency = emergency.has_value();
        answer.status("generating_response");
        co_return co_await assistant_->answer(turn, talk, answer);
    }

    const Settings settings_;
    const std::unique_ptr<const Assistant> assistant_;
};

}  // namespace
}  // namespace chat

CHARTROOM_PLUGIN(chat::Chat, R"({
    "id": "org.chartroom.chat",
    "version": "1.0.0",
    "handles": ["chat"],
    "emits": ["message", "stream_start", "status", "emergency", "token", "stream_end", "error"],
    "needs": ["chartroom.timer/1", "chartroom.http/1", "chartroom.history/1"],
    "capabilities": {"net": ["*"], "history": true},
    "limits": {"deadline_ms": 300000},
    "license": "MIT",
    "config_schema": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "provider": {"enum": ["builtin", "openai"], "default": "builtin",
                "description": "who answers: the offline assistant, or a service that speaks OpenAI's chat completions"},
            "token_delay_ms": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0,
                "description": "builtin: the time between two words"},
            "base_url": {"type": "string",
                "description": "openai: what stands before /chat/completions, e.g. https://api.openai.com/v1"},
            "model": {"type": "string", "description": "openai: the model's name"},
            "api_key_env": {"type": "string", "description": "openai: the environment variable that holds the key"},
            "api_key_file": {"type": "string", "description": "openai: the file that holds the key"},
            "system_prompt": {"type": "string", "maxLength": 32768,
                "default": "You are a careful assistant in a clinical chat. You give general information for review by a qualified clinician, never a diagnosis, and never the words 'you have'. Ask about what is missing. In an emergency, say first that the local emergency number must be called."},
            "temperature": {"type": "number", "minimum": 0, "maximum": 2, "default": 0.3},
            "max_tokens": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 0,
                "description": "openai: of one answer; 0: the model's own limit"},
            "history": {"type": "integer", "minimum": 0, "maximum": 200, "default": 20,
                "description": "how many earlier messages and answers are taken into account"},
            "retries": {"type": "integer", "minimum": 0, "maximum": 10, "default": 2,
                "description": "openai: how often a request that failed is sent again"},
            "idle_timeout_ms": {"type": "integer", "minimum": 100, "maximum": 600000, "default": 60000,
                "description": "openai: how long the service may be silent"}
        }
    }
})")
