// A case to run the differential on: a request, what is expected, and the guidance it is made of.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/clinical/assessment.hpp"

namespace clinical {

struct Case {
    std::string id;
    std::string source;
    DiagnosisRequest request;
    std::string expected;  // a condition's id
    bool emergency = false;
};

// Every *.jsonl below `folder`, by name, a case a line:
// {id, source, expect, emergency?, request: {symptoms, vitals?, history?, setting?}}.
// Throws DataError: file, line and what is wrong.
[[nodiscard]] std::vector<Case> read_cases(const std::filesystem::path& folder,
                                           const Knowledge& knowledge);

}  // namespace clinical
