#include "tests/fakes/engine/fake_handler.hpp"

#include <nlohmann/json.hpp>

namespace chartroom::fakes {

using nlohmann::json;

struct FakeHandler::Program {
    std::deque<json> todo;
    engine::Op last_op = 0;
    std::uint64_t answer_id = 0;
    std::string actor;
    std::string streamed;
    bool streaming = false;
    bool deaf = false;

    engine::Op op() { return ++last_op; }
};

namespace {

engine::Emit emit(std::string type, const json& payload,
                  events::Class cls = events::Class::lasting) {
    engine::Emit command;
    command.type = std::move(type);
    command.payload = payload.dump();
    command.cls = cls;
    return command;
}

}  // namespace

FakeHandler::FakeHandler(engine::HandlerInfo info) : info_(std::move(info)) {}
FakeHandler::~FakeHandler() = default;

std::shared_ptr<FakeHandler> FakeHandler::make(bool parallel) {
    engine::HandlerInfo info;
    info.id = parallel ? "test.parallel" : "test.run";
    info.version = "1.0.0";
    info.build = R"({"id":")" + info.id + R"(","version":"1.0.0"})";
    info.handles = {parallel ? "prun" : "run"};
    info.parallel_turns = parallel;
    info.may_broadcast = true;
    info.may_read_history = true;
    info.net = {"example.org"};
    return std::make_shared<FakeHandler>(std::move(info));
}

base::Result<std::vector<engine::Command>> FakeHandler::step(const engine::StepEvent& event) {
    std::vector<engine::Command> out;
    const auto say = [&](const std::string& text) {
        out.emplace_back(emit("echo", json{{"content", prefix + text}}));
    };
    if (const auto* message = std::get_if<engine::MessageEvent>(&event.body)) {
        auto program = std::make_unique<Program>();
        const json payload = json::parse(message->payload);
        for (const auto& instruction : payload.at("do")) program->todo.push_back(instruction);
        program->answer_id = message->answer_id;
        program->actor = std::string(message->actor);
        turns_[event.turn] = std::move(program);
    }
    const auto entry = turns_.find(event.turn);
    if (entry == turns_.end()) {
        return base::fail(base::Code::plugin_failed, "a step of a turn that is over");
    }
    Program& program = *entry->second;

    if (std::holds_alternative<engine::DiscardEvent>(event.body)) {
        turns_.erase(entry);
        return out;
    }
    if (std::holds_alternative<engine::CancelEvent>(event.body)) {
        if (program.deaf) return out;
        if (program.streaming) {
            out.emplace_back(emit("stream_end", json{{"message_id", program.answer_id},
                                                     {"content", program.streamed},
                                                     {"finish", "cancelled"}}));
        } else {
            say("cancelled");
        }
        out.emplace_back(engine::End{});
        turns_.erase(entry);
        return out;
    }
    const auto end_stream = [&](const char* finish) {
        program.streaming = false;
        out.emplace_back(emit("stream_end", json{{"message_id", program.answer_id},
                                                 {"content", program.streamed},
                                                 {"finish", finish}}));
    };
    if (const auto* chunk = std::get_if<engine::ChunkEvent>(&event.body)) {
        program.streamed += chunk->bytes;
        out.emplace_back(emit("token",
                              json{{"message_id", program.answer_id}, {"content", chunk->bytes}},
                              events::Class::piece));
        return out;
    }
    if (const auto* effect = std::get_if<engine::EffectEvent>(&event.body)) {
        if (program.streaming) {
            end_stream(effect->outcome == engine::Outcome::ok ? "stop" : "interrupted");
        } else if (!program.todo.empty() && program.todo.front().contains("history")) {
            program.todo.pop_front();
            say(std::to_string(effect->items.size()) + " in history");
        } else {
            say(std::string(effect->bytes));
        }
    }
    while (!program.todo.empty()) {
        const json instruction = program.todo.front();
        if (!instruction.contains("history")) program.todo.pop_front();
        if (instruction.contains("emit")) {
            say(instruction["emit"]);
        } else if (instruction.contains("only")) {
            auto only =
                emit("echo", json{{"content", prefix + instruction["only"].get<std::string>()}});
            only.scope = events::Scope::only;
            only.party = program.actor;
            out.emplace_back(std::move(only));
        } else if (instruction.contains("stream")) {
            out.emplace_back(emit("stream_start", json{{"message_id", program.answer_id}}));
            engine::HttpRequest request;
            request.op = program.op();
            request.method = "POST";
            request.url = "http://example.org/";
            request.body = instruction["stream"];
            out.emplace_back(std::move(request));
            program.streamed.clear();
            program.streaming = true;
            return out;
        } else if (instruction.contains("sleep_ms")) {
            out.emplace_back(engine::StartTimer{
                program.op(), instruction["sleep_ms"].get<std::uint64_t>() * 1000});
            return out;
        } else if (instruction.contains("state")) {
            out.emplace_back(engine::SetState{instruction["state"]});
        } else if (instruction.contains("say_state")) {
            say("state: " + std::string(event.state));
        } else if (instruction.contains("history")) {
            engine::ReadHistory history;
            history.op = program.op();
            history.types = {"echo"};
            history.limit = instruction["history"];
            out.emplace_back(std::move(history));
            return out;
        } else if (instruction.contains("activity")) {
            out.emplace_back(engine::RunActivity{program.op(), "reverse", instruction["activity"]});
            return out;
        } else if (instruction.contains("to")) {
            auto across = emit("echo", json{{"content", instruction["text"]}});
            across.target = instruction["to"];
            out.emplace_back(std::move(across));
        } else if (instruction.contains("home")) {
            auto across = emit("echo", json{{"content", instruction["text"]}});
            across.target = "home";
            across.owner = instruction["home"];
            across.scope = events::Scope::followers_of;
            out.emplace_back(std::move(across));
        } else if (instruction.contains("refuse")) {
            out.emplace_back(engine::End{true, "validation_error", instruction["refuse"]});
            turns_.erase(entry);
            return out;
        } else if (instruction.contains("throw")) {
            turns_.erase(entry);
            return base::fail(base::Code::plugin_failed, "told to throw");
        } else if (instruction.contains("hang")) {
            program.deaf = true;
            return out;
        } else if (instruction.contains("wait")) {
            return out;
        } else if (instruction.contains("flood")) {
            for (int i = 0; i < instruction["flood"].get<int>(); ++i) say("flood");
        } else if (instruction.contains("bad_end")) {
            out.emplace_back(emit("stream_start", json{{"message_id", program.answer_id}}));
            out.emplace_back(emit("token",
                                  json{{"message_id", program.answer_id}, {"content", "half "}},
                                  events::Class::piece));
            break;
        }
    }
    out.emplace_back(engine::End{});
    turns_.erase(entry);
    return out;
}

}  // namespace chartroom::fakes
