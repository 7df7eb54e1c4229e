#include "core/dialects/client_error.hpp"

#include <algorithm>
#include <limits>

#include "core/events/json_scan.hpp"

namespace chartroom::dialects {
namespace {

base::Code code_of(std::string_view name) {
    for (auto code = base::Code{}; code <= base::Code::internal;
         code = static_cast<base::Code>(static_cast<int>(code) + 1)) {
        if (base::info(code).name == name) {
            return code;
        }
    }
    return base::Code::plugin_failed;
}

}  // namespace

base::Error event_error(const events::Event& event) {
    base::Error error{.code = base::Code::plugin_failed, .message = {}};
    if (const auto payload = events::scan_object(event.payload)) {
        const auto text = [&](std::string_view member) {
            const auto* found = payload->find(member);
            return found == nullptr ? std::string()
                                    : events::json_string(found->value).value_or("");
        };
        error.code = code_of(text("code"));
        error.message = text("message");
        error.field = text("field");
        if (const auto* retry = payload->find("retry_after_ms")) {
            constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
            error.retry_after_ms = static_cast<std::uint32_t>(
                std::min(events::json_integer(retry->value).value_or(0), kMax));
        }
    }
    if (error.message.empty()) {
        error.message = base::info(error.code).meaning;
    }
    return client_error(error);
}

}  // namespace chartroom::dialects
