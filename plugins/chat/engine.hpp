// The clinical engine as this plugin uses it: loaded once, then only read.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "plugins/clinical/free_text.hpp"

namespace chat {

struct Engine {
    // Throws std::invalid_argument: what of the data is refused.
    explicit Engine(const nlohmann::json& config);

    std::unique_ptr<const clinical::Knowledge> knowledge;
    std::unique_ptr<const clinical::Formulary> formulary;
    clinical::FreeText reader;  // refers to both
};

}  // namespace chat
