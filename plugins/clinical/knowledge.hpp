// Everything that the engine knows about findings and conditions, read and checked. Immutable.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "plugins/clinical/conditions.hpp"
#include "plugins/clinical/lexicon.hpp"

namespace clinical {

struct Knowledge {
    // Throws DataError: the first row that is refused.
    explicit Knowledge(const DataSet& data);
    Knowledge(const Knowledge&) = delete;  // its parts point at each other
    Knowledge& operator=(const Knowledge&) = delete;

    std::string version;  // kb_version()
    Sources sources;
    Findings findings;
    NameIndex finding_names;
    Lexicon finding_phrases;  // the names that hold in a running text, too
    Scores scores;
    RedFlags red_flags;
    Grades grades;
    Conditions conditions;
};

// Error: file, row and field of what is refused. Any thread.
[[nodiscard]] std::expected<std::unique_ptr<const Knowledge>, std::string> load_knowledge(
    const DataSet& data);

}  // namespace clinical
