#include "core/dialects/dialect.hpp"

#include <array>

#include "core/dialects/broadcast.hpp"
#include "core/dialects/clinical.hpp"
#include "core/dialects/conversation.hpp"
#include "core/dialects/native.hpp"
#include "core/dialects/plain.hpp"
#include "core/dialects/question.hpp"
#include "core/dialects/stream.hpp"

namespace chartroom::dialects {
namespace {

struct Entry {
    std::string_view name;
    std::unique_ptr<Dialect> (*make)();
};
constexpr std::array kDialects = {
    Entry{"native", make_native},
    Entry{"plain", make_plain},
    Entry{"question", make_question},
    Entry{"broadcast", make_broadcast},
    Entry{"clinical", make_clinical},
    Entry{"stream", make_stream},
    Entry{"conversation", make_conversation},
};

}  // namespace

std::unique_ptr<Dialect> make_dialect(std::string_view name) {
    for (const auto& entry : kDialects) {
        if (entry.name == name) {
            return entry.make();
        }
    }
    return nullptr;
}

std::vector<std::string_view> dialect_names() {
    std::vector<std::string_view> names;
    for (const auto& entry : kDialects) {
        names.push_back(entry.name);
    }
    return names;
}

}  // namespace chartroom::dialects
