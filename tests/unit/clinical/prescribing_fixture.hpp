// The embedded formulary, and requests in one line, for the tests of prescribing.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/clinical/prescription_report.hpp"

namespace clinical {

inline const Formulary& formulary() {
    static const auto loaded = load_formulary(embedded_data());
    if (!loaded) ADD_FAILURE() << loaded.error();
    return **loaded;
}

inline PrescriptionRequest request_of(const nlohmann::json& data) {
    auto request = read_prescription_request(data);
    if (!request) {
        ADD_FAILURE() << request.error().field << ": " << request.error().message;
        return {};
    }
    return std::move(*request);
}

// {"diagnosis", "patient_info", "allergies", "current_medications"}
inline nlohmann::json ask(const std::string& diagnosis, nlohmann::json patient,
                          nlohmann::json allergies = nlohmann::json::array(),
                          nlohmann::json medications = nlohmann::json::array()) {
    return {{"diagnosis", diagnosis},
            {"patient_info", std::move(patient)},
            {"allergies", std::move(allergies)},
            {"current_medications", std::move(medications)}};
}

inline PrescriptionReport answer(const nlohmann::json& data) {
    const PrescriptionRequest request = request_of(data);
    return report(formulary(), request, prescribe(formulary(), request));
}

inline nlohmann::json result(const nlohmann::json& data) {
    return answer(data).result;
}

// The ids of what is proposed.
inline std::vector<std::string> drugs_of(const nlohmann::json& result) {
    std::vector<std::string> ids;
    for (const auto& medication : result["medications"]) ids.push_back(medication["drug_id"]);
    return ids;
}

inline const Drug& drug(const std::string& id) {
    return formulary().drugs[formulary().drugs.find(id).value()];
}

}  // namespace clinical
