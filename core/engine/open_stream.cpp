#include "core/engine/open_stream.hpp"

#include <nlohmann/json.hpp>

#include "core/events/types.hpp"

namespace chartroom::engine {
namespace {

using nlohmann::json;

std::string_view finish_of(std::string_view code) {
    if (code == base::info(base::Code::cancelled).name) return events::finish::kCancelled;
    if (code == base::info(base::Code::interrupted).name) return events::finish::kInterrupted;
    return events::finish::kError;
}

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

bool OpenStream::goes_on(const events::Event& event) {
    const std::string_view type = event.type.text;
    return event.kind == events::Kind::out &&
           (type == events::types::kToken || type == events::types::kStatus ||
            type == events::types::kStreamEnd);
}

void OpenStream::observe(const events::EventPtr& row) {
    if (row->kind != events::Kind::out) return;
    if (row->type.text == events::types::kStreamStart) {
        start_ = row;
        tokens_.clear();
    } else if (row->type.text == events::types::kStreamEnd) {
        start_ = nullptr;
        tokens_.clear();
    } else if (start_ != nullptr && row->type.text == events::types::kToken) {
        tokens_.push_back(row);
    }
}

std::vector<std::pair<std::string_view, std::string>> OpenStream::close(
    std::string_view code, std::string_view message) const {
    json failure{{"code", code}, {"message", message}};
    if (!open()) return {{events::types::kError, dump(failure)}};

    const json start = json::parse(start_->payload, nullptr, false);
    const auto of_start = [&](const char* key) {
        return start.is_object() ? start.value(key, json()) : json();
    };
    const json message_id = of_start("message_id");
    std::string content;
    for (const auto& token : tokens_) {
        const json piece = json::parse(token->payload, nullptr, false);
        if (piece.is_object() && piece.contains("content") && piece["content"].is_string()) {
            content += piece["content"].get_ref<const std::string&>();
        }
    }
    failure["message_id"] = message_id;
    json end{{"message_id", message_id},
             {"content", content},
             {"finish", finish_of(code)},
             {"usage", {{"prompt_tokens", 0}, {"completion_tokens", 0}, {"total_tokens", 0}}},
             {"agents_completed", json::array()}};
    if (json asked = of_start("in_reply_to"); !asked.is_null())
        end["in_reply_to"] = std::move(asked);
    return {{events::types::kError, dump(failure)}, {events::types::kStreamEnd, dump(end)}};
}

}  // namespace chartroom::engine
