// All that prescribing knows, read and checked. Immutable.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/clinical/interactions.hpp"
#include "plugins/clinical/regimens.hpp"

namespace clinical {

struct Formulary {
    // Throws DataError: the first row that is refused.
    explicit Formulary(const DataSet& data);
    Formulary(const Formulary&) = delete;  // its parts point at each other
    Formulary& operator=(const Formulary&) = delete;

    std::string version;  // kb_version()
    Sources sources;
    AllergyGroups groups;
    Drugs drugs;
    Interactions interactions;
    Regimens regimens;
};

// Error: file, row and field of what is refused. Any thread.
[[nodiscard]] std::expected<std::unique_ptr<const Formulary>, std::string> load_formulary(
    const DataSet& data);

}  // namespace clinical
