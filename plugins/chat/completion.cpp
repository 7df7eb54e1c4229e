#include "plugins/chat/completion.hpp"

#include <nlohmann/json.hpp>

namespace chat {
namespace {

using Json = nlohmann::json;

std::uint64_t count(const Json& usage, const char* key) {
    const auto found = usage.find(key);
    return found != usage.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

// A null stands for an absent member throughout this format.
const Json* member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

void Usage::add(const Usage& other) {
    prompt_tokens += other.prompt_tokens;
    completion_tokens += other.completion_tokens;
    total_tokens += other.total_tokens;
}

std::string Completion::feed(std::string_view bytes) {
    std::string text;
    for (const std::string& data : sse_.feed(bytes)) {
        if (state_ != State::running) break;
        if (data == "[DONE]") {
            state_ = State::done;
        } else {
            take(data, text);
        }
    }
    if (sse_.overflowed()) state_ = State::malformed;
    return text;
}

void Completion::take(const std::string& data, std::string& text) try {
    const Json chunk = Json::parse(data);
    if (member(chunk, "error") != nullptr) {
        state_ = State::malformed;
        return;
    }
    if (const Json* usage = member(chunk, "usage"))
        usage_ = {count(*usage, "prompt_tokens"), count(*usage, "completion_tokens"),
                  count(*usage, "total_tokens")};
    const Json& choices = chunk.at("choices");
    if (!choices.is_array() || choices.empty()) return;  // the chunk that carries the usage
    const Json& choice = choices.front();
    if (!choice.is_object()) {
        state_ = State::malformed;
        return;
    }
    if (const Json* delta = member(choice, "delta"))
        if (const Json* content = member(*delta, "content"))
            text += content->get_ref<const std::string&>();
    if (const Json* reason = member(choice, "finish_reason"))
        finish_ = *reason == "length" ? "length" : "stop";
} catch (const Json::exception&) {
    state_ = State::malformed;
}

}  // namespace chat
