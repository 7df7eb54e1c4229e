#include "tools/chartroom-clinical/case_file.hpp"

#include <algorithm>
#include <fstream>

namespace clinical {
namespace {

Case read_case(const Row& row, const Knowledge& knowledge) {
    Case read{.id = row.id(),
              .source = row.text("source"),
              .request = {},
              .expected = row.id("expect"),
              .emergency = row.flag("emergency")};
    if (!knowledge.conditions.find(read.expected)) row.refuse("expect", "no condition has this id");
    auto request = parse_diagnosis(row.value("request").dump());
    if (!request) row.refuse("request." + request.error().field, request.error().message);
    read.request = std::move(*request);
    row.done();
    return read;
}

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& folder, const Knowledge& knowledge) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Case> cases;
    for (const auto& path : files) {
        std::ifstream file(path);
        std::string line;
        for (std::size_t number = 1; std::getline(file, line); ++number) {
            if (line.empty()) continue;
            const std::string place = path.filename().string() + ", line " + std::to_string(number);
            const auto json = nlohmann::json::parse(line, nullptr, false);
            if (json.is_discarded()) throw DataError(place + ": not JSON");
            // Cases of a prescription stand in files of their own.
            if (!json.contains("expect")) continue;
            cases.push_back(read_case(Row(json, place), knowledge));
        }
    }
    return cases;
}

}  // namespace clinical
