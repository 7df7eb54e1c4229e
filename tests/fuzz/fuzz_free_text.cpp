// Free text, a line a message: any bytes are read, what is found lies inside them, and what they
// add up to can be assessed.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "plugins/clinical/assessment.hpp"
#include "plugins/clinical/story.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clinical;
    static const auto knowledge = load_knowledge(embedded_data()).value();
    static const auto formulary = load_formulary(embedded_data()).value();
    static const FreeText reader(*knowledge, *formulary);
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Story story(*knowledge);
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const Reading reading = reader.read(line);
        for (const auto& mention : reading.findings)
            if (mention.span.begin >= mention.span.end || mention.span.end > line.size())
                __builtin_trap();
        for (const Span& span : reading.not_understood)
            if (span.begin >= span.end || span.end > line.size()) __builtin_trap();
        story.add(reading);
    }
    (void)assess(*knowledge, story.diagnosis_request());
    (void)story.prescription_request("pain");
    return 0;
}
