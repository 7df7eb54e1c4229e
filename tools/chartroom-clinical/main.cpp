// chartroom-clinical: looks after the clinical data. FOLDER: data files in place of those built in.
//
//   lint [FOLDER]                 loads the data; exit 1 and the row that is refused
//   coverage [FOLDER]             what there is, counted
//   cases CASES [FOLDER [T]]      runs the cases of a folder; T: another temperature
//   explain CASES CASE [FOLDER]   why one of them came out as it did
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "tools/chartroom-clinical/coverage.hpp"
#include "tools/chartroom-clinical/explain.hpp"
#include "tools/chartroom-clinical/run_cases.hpp"

namespace {

using namespace clinical;

std::unique_ptr<const Knowledge> load(const char* folder) {
    std::expected<DataSet, std::string> data = embedded_data();
    if (folder != nullptr) data = read_data_folder(folder);
    if (!data) throw DataError(data.error());
    return std::make_unique<const Knowledge>(*data);
}

void print(const Tally& tally, double temperature) {
    std::printf(
        "T %.2f: %zu cases, top-1 %zu, top-3 %zu, top-5 %zu; emergencies %zu of %zu, sent "
        "home %zu; others called emergency %zu; calibration error %.3f\n",
        temperature, tally.cases, tally.top1, tally.top3, tally.top5, tally.emergencies_seen,
        tally.emergencies, tally.sent_home, tally.over_triaged, tally.calibration_error);
}

int run(const char* folder, const char* data_folder, const char* temperature_text) {
    const auto knowledge = load(data_folder);
    const std::vector<Case> cases = read_cases(folder, *knowledge);
    const double temperature =
        temperature_text == nullptr ? kTemperature : std::atof(temperature_text);
    const std::clock_t start = std::clock();
    const auto outcomes = run_cases(*knowledge, cases, temperature);
    const double ms = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    for (const CaseOutcome& outcome : outcomes)
        if (outcome.rank != 1 || outcome.from->emergency != (outcome.urgency == Urgency::emergency))
            std::printf("%s: expected %s, rank %zu; first %s (%.2f); %s%s\n",
                        outcome.from->id.c_str(), outcome.from->expected.c_str(), outcome.rank,
                        outcome.first.c_str(), outcome.first_probability,
                        std::string(name_of(outcome.urgency)).c_str(),
                        outcome.from->emergency ? ", is an emergency" : "");
    print(tally(outcomes), temperature);
    std::printf("%.3f ms of processor time a case\n", ms / static_cast<double>(cases.size()));
    return 0;
}

int explain_case(const char* folder, const std::string& id, const char* data_folder) {
    const auto knowledge = load(data_folder);
    for (const Case& one : read_cases(folder, *knowledge))
        if (one.id == id) {
            std::cout << explain(*knowledge, one, kTemperature);
            return 0;
        }
    throw std::runtime_error("no case has the id " + id);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string command = argc > 1 ? argv[1] : "";
    const char* folder = argc > 2 ? argv[2] : nullptr;
    try {
        if (command == "lint") {
            std::printf("%s: no row is refused\n", load(folder)->version.c_str());
            return 0;
        }
        if (command == "coverage") {
            std::cout << coverage(*load(folder));
            return 0;
        }
        if (command == "explain" && argc > 3)
            return explain_case(folder, argv[3], argc > 4 ? argv[4] : nullptr);
        if (command == "cases" && folder != nullptr)
            return run(folder, argc > 3 ? argv[3] : nullptr, argc > 4 ? argv[4] : nullptr);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    std::fprintf(stderr,
                 "usage: chartroom-clinical lint [FOLDER] | coverage [FOLDER] |\n"
                 "    cases CASES [FOLDER [TEMPERATURE]] | explain CASES CASE [FOLDER]\n"
                 "FOLDER: data files in place of those built in\n");
    return 2;
}
