#include "core/engine/open_stream.hpp"

#include <nlohmann/json.hpp>

#include "core/events/types.hpp"

namespace chartroom::engine {
namespace {

using nlohmann::json;

std::string_view finish_of(base::Code code) {
    switch (code) {
        case base::Code::cancelled:
            return "cancelled";
        case base::Code::interrupted:
            return "interrupted";
        default:
            return "error";
    }
}

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

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
    const base::Error& error) const {
    json failure{{"code", base::info(error.code).name}, {"message", error.message}};
    if (!open()) return {{events::types::kError, dump(failure)}};

    const json start = json::parse(start_->payload, nullptr, false);
    const json message_id = start.is_object() ? start.value("message_id", json()) : json();
    std::string content;
    for (const auto& token : tokens_) {
        const json piece = json::parse(token->payload, nullptr, false);
        if (piece.is_object() && piece.contains("content") && piece["content"].is_string()) {
            content += piece["content"].get_ref<const std::string&>();
        }
    }
    failure["message_id"] = message_id;
    const json end{{"message_id", message_id},
                   {"content", content},
                   {"finish", finish_of(error.code)},
                   {"usage", nullptr},
                   {"agents_completed", json::array()}};
    return {{events::types::kError, dump(failure)}, {events::types::kStreamEnd, dump(end)}};
}

}  // namespace chartroom::engine
