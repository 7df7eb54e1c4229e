// Chat: the protocol around an answer. Checks the message, publishes it, warns of an emergency,
// collects the context, lets the configured assistant answer, by itself or agent after agent, and
// closes the stream exactly once.
#include <algorithm>
#include <array>
#include <chartroom/json.hpp>
#include <chartroom/plugin.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "plugins/chat/agents.hpp"
#include "plugins/chat/answer.hpp"
#include "plugins/chat/consultation.hpp"
#include "plugins/chat/engine.hpp"
#include "plugins/chat/home_updates.hpp"
#include "plugins/chat/prompt.hpp"
#include "plugins/chat/provider_builtin.hpp"
#include "plugins/chat/provider_openai.hpp"
#include "plugins/chat/request.hpp"
#include "plugins/chat/settings.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<chartroom::Row>;

constexpr std::array<std::string_view, 2> kContextTypes{"message", "stream_end"};
// How far back `chat.respond` looks for the message, in messages and answers: a host's most.
constexpr std::uint32_t kRespondRows = 1'000;

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

// A user's error is nobody else's to see. Somebody anonymous is another party after a reconnect,
// and would not get it then.
void refuse(const chartroom::Turn& turn, const chartroom::Message& message,
            const Invalid& invalid) {
    const bool known = chartroom::is_user(message.actor());
    turn.emit("error",
              Json{{"code", invalid.code}, {"message", invalid.message}, {"field", invalid.field}},
              {.to = known ? chartroom::only(message.actor()) : chartroom::everyone()});
}

void publish(const chartroom::Turn& turn, const chartroom::Message& message,
             const Request& request) {
    Json event{{"id", message.id()},
               {"content", request.content},
               {"message_type", request.message_type},
               {"sender", message.sender()},
               {"created_at", rfc3339(turn.now())}};
    if (!request.fields.is_null()) event["fields"] = request.fields;
    turn.emit("message", event);
    join_participants(turn, message.actor());
    tell_homes(turn, event);
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

std::unique_ptr<Assistant> make_assistant(const Settings& settings, const Engine& engine) {
    if (settings.provider == Settings::Provider::openai)
        return std::make_unique<OpenAiAssistant>(engine, settings);
    return std::make_unique<BuiltinAssistant>(engine, settings.token_delay);
}

// A message that is to be answered.
struct Question {
    std::uint64_t id = 0;
    std::string asker;  // its sender
    Request request;
    std::optional<Rows> before;  // what was said before it, where that is known already
};

bool names(const chartroom::Row& row, std::string_view type, const char* key, std::uint64_t id) {
    if (row.type != type) return false;
    const Json data = Json::parse(row.bytes, nullptr, false);
    return data.is_object() && data.value(key, Json()) == id;
}

// The row of the message with this id; end: it is not among them.
Rows::const_iterator find_message(const Rows& rows, std::uint64_t id) {
    return std::ranges::find_if(
        rows, [&](const chartroom::Row& row) { return names(row, "message", "id", id); });
}

bool has_answer(const Rows& rows, std::uint64_t id) {
    return std::ranges::any_of(rows, [&](const chartroom::Row& row) {
        return names(row, "stream_end", "in_reply_to", id);
    });
}

class Chat : public chartroom::Handler {
  public:
    explicit Chat(const chartroom::Config& config)
        : settings_(read_settings(config.text())),
          engine_(Json::parse(config.text())),
          assistant_(make_assistant(settings_, engine_)) {}

    chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
        if (message.type() == "profile") return keep_profile(turn, std::move(message));
        if (message.type() == "chat.respond") return respond(turn, std::move(message));
        return chat(turn, std::move(message));
    }

  private:
    chartroom::Task chat(chartroom::Turn turn, chartroom::Message message) const {
        const std::expected<Request, Invalid> request = parse_request(message.bytes());
        if (!request) {
            refuse(turn, message, request.error());
            co_return;
        }
        publish(turn, message, *request);
        if (request->message_type != "user") co_return;
        const Question question{message.id(), std::string(message.sender()), *request,
                                std::nullopt};
        co_await stream_answer(turn, message.answer_id(), question);
    }

    // Answers a message that has no answer. Turns of a session follow each other, so one that was
    // in progress when this was asked for has ended by now.
    chartroom::Task respond(chartroom::Turn turn, chartroom::Message message) const {
        const std::expected<RespondRequest, Invalid> request = parse_respond(message.bytes());
        if (!request) {
            refuse(turn, message, request.error());
            co_return;
        }
        Rows rows = co_await turn.history({.last = kRespondRows, .types = kContextTypes});
        const auto asked = find_message(rows, request->message);
        if (asked == rows.cend()) {
            refuse(turn, message, {"not_found", "There is no such message here", "message"});
            co_return;
        }
        if (has_answer(rows, request->message)) co_return;
        const Json said = asked->data();
        Question question{request->message, said.value("sender", std::string()), {}, std::nullopt};
        question.request.content = said.value("content", std::string());
        question.request.assistant = request->assistant;
        rows.erase(asked, rows.cend());
        const auto kept = std::min<std::size_t>(rows.size(), settings_.history);
        rows.erase(rows.cbegin(), rows.cend() - static_cast<std::ptrdiff_t>(kept));
        question.before = std::move(rows);
        co_await stream_answer(turn, message.answer_id(), question);
    }

    // What a client wants to find again when it comes back: a dialect reads it from the log.
    chartroom::Task keep_profile(chartroom::Turn turn, chartroom::Message message) const {
        if (const auto profile = parse_profile(message.bytes())) {
            turn.emit("profile", message.bytes());
        } else {
            refuse(turn, message, profile.error());
        }
        co_return;
    }

    // The stream, from its start to its end, whatever happens between.
    chartroom::Async<> stream_answer(chartroom::Turn turn, std::uint64_t id,
                                     const Question& question) const {
        const Agents agents = question.request.agents ? Agents(kAgents) : Agents();
        Answer answer(turn, id, question.id);
        answer.start(agents);
        Ending ending;
        try {
            Conversation talk = co_await prepare(turn, question, answer);
            if (agents.empty()) {
                answer.status("generating_response");
                ending = co_await assistant_->answer(turn, talk, answer);
            } else {
                ending = co_await run_agents(turn, agents, talk, answer);
            }
        } catch (const chartroom::Cancelled& cancelled) {
            ending = stopped(cancelled.reason());
        }
        answer.end(ending);
        if (answer.text().empty()) co_return;
        tell_homes(turn, Json{{"id", id},
                              {"content", answer.text()},
                              {"message_type", "assistant"},
                              {"sender", "assistant"},
                              {"created_at", rfc3339(turn.now())}});
    }

    // All that is known before anybody answers; warns of an emergency on the way: of one in the
    // message at once, of one that it completes when the history is known.
    chartroom::Async<Conversation> prepare(chartroom::Turn turn, const Question& question,
                                           Answer& answer) const {
        answer.status("validating");
        answer.status("checking_emergency");
        clinical::Reading reading = engine_.reader.read(question.request.content);
        const std::optional<Emergency> at_once =
            emergency_in(engine_, question.request.profile, reading);
        if (at_once) answer.warn(*at_once);
        answer.status("processing");
        Rows rows;
        if (settings_.history > 0) {
            answer.status("retrieving_context");
            if (question.before) {
                rows = *question.before;
            } else {
                // One more than asked for: the message itself is among them.
                rows =
                    co_await turn.history({.last = settings_.history + 1, .types = kContextTypes});
            }
        }
        Conversation talk = make_conversation(rows, question.id, question.request, question.asker);
        talk.consultation.emplace(
            consult(engine_, talk.profile, said_before(talk), std::move(reading)));
        // What only adds up with what was said before.
        if (!at_once && talk.consultation->new_emergency)
            answer.warn(*talk.consultation->new_emergency);
        co_return talk;
    }

    // One after the other, each with what those before have said. What stops one stops the rest.
    chartroom::Async<Ending> run_agents(chartroom::Turn turn, Agents agents, Conversation& talk,
                                        Answer& answer) const {
        Ending whole;
        for (const Agent* agent : agents) {
            answer.begin_part(*agent);
            const std::size_t begin = answer.text().size();
            talk.agent = agent;
            const Ending part = co_await assistant_->answer(turn, talk, answer);
            if (part.fault) co_return part;
            if (part.finish != "stop") whole.finish = part.finish;
            if (answer.full()) co_return whole;
            answer.end_part(*agent);
            talk.parts.push_back({agent, answer.text().substr(begin)});
        }
        co_return whole;
    }

    const Settings settings_;
    const Engine engine_;
    const std::unique_ptr<const Assistant> assistant_;
};

}  // namespace
}  // namespace chat

CHARTROOM_PLUGIN(chat::Chat, R"({
    "id": "org.chartroom.chat",
    "version": "1.0.0",
    "handles": ["chat", "chat.respond", "profile"],
    "emits": ["message", "stream_start", "status", "emergency", "token", "stream_end", "error",
              "profile", "conversation", "message_added"],
    "needs": ["chartroom.timer/1", "chartroom.http/1", "chartroom.history/1", "chartroom.state/1",
              "chartroom.owner/1"],
    "capabilities": {"net": ["*"], "history": true, "broadcast": true},
    "limits": {"deadline_ms": 600000, "commands": 40000},
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
            "assistants": {"type": "object", "maxProperties": 100, "default": {},
                "description": "openai: other assistants by the id that clients ask for; what one leaves out is as above, and an id that is not here is the assistant above",
                "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {
                    "model": {"type": "string", "minLength": 1},
                    "system_prompt": {"type": "string", "maxLength": 32768},
                    "temperature": {"type": "number", "minimum": 0, "maximum": 2}}}},
            "agents": {"type": "object", "additionalProperties": false, "default": {},
                "description": "openai: what each agent is told after the assistant's system_prompt",
                "properties": {
                    "triage": {"type": "string", "maxLength": 32768,
                        "default": "You are the first of three steps: triage. In at most five short lines say how soon this should be seen by somebody, which stated facts make you think so, and which signs would make it urgent. No causes and no treatment: other steps follow."},
                    "diagnostic": {"type": "string", "maxLength": 32768,
                        "default": "You are the second of three steps: diagnostic. After the triage, list the causes that a clinician may want to consider, most likely first, each with the stated facts for and against it, and ask for what is missing. Possible causes, never a diagnosis. No treatment: another step follows."},
                    "treatment": {"type": "string", "maxLength": 32768,
                        "default": "You are the last of three steps: treatment. Say what a clinician may want to check or consider next, what the person can do meanwhile, and when to come back. Name no dose and no new drug. Close with: For review by a qualified clinician. Not a medical device."}}},
            "max_tokens": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 0,
                "description": "openai: of one answer, or of one agent's part; 0: the model's own limit"},
            "history": {"type": "integer", "minimum": 0, "maximum": 200, "default": 20,
                "description": "how many earlier messages and answers are taken into account"},
            "retries": {"type": "integer", "minimum": 0, "maximum": 10, "default": 2,
                "description": "openai: how often a request that failed is sent again"},
            "strict": {"type": "boolean", "default": false,
                "description": "openai: nothing of the model's text is shown before the whole was checked; a text with a drug, a condition or a clinical number that the engine did not give is replaced by the engine's own"},
            "data_directory": {"type": "string", "default": "",
                "description": "a folder with clinical data files in place of those built in; empty: those"},
            "idle_timeout_ms": {"type": "integer", "minimum": 100, "maximum": 600000, "default": 60000,
                "description": "openai: how long the service may be silent"}
        }
    }
})")
