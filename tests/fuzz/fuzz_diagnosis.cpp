// The request of a diagnosis: any bytes are refused by field or assessed; what is assessed adds up.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "plugins/clinical/diagnosis_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clinical;
    static const auto knowledge = load_knowledge(embedded_data()).value();
    const auto request = parse_diagnosis({reinterpret_cast<const char*>(data), size});
    if (!request) {
        if (request.error().field.empty() || request.error().message.empty()) __builtin_trap();
        return 0;
    }
    const Assessment assessment = assess(*knowledge, *request);
    double sum = 0;
    for (const Ranked& ranked : assessment.differential.ranked) sum += ranked.probability;
    if (!(std::abs(sum - 1) < 1e-6)) __builtin_trap();
    (void)report(*knowledge, *request, assessment);
    return 0;
}
