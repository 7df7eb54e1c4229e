// The whole answer to a diagnosis request, as values: what was understood, what is urgent, what may
// be the cause, and what to find out next. Pure: the same request and data give the same bytes.
#pragma once

#include <string>
#include <vector>

#include "plugins/clinical/differential.hpp"
#include "plugins/clinical/intake.hpp"

namespace clinical {

inline constexpr std::string_view kDisclaimer =
    "Possible causes, not a diagnosis. For review by a qualified clinician. Not for emergencies: "
    "call your local emergency number. Not a medical device.";

struct Question {
    std::size_t finding = 0;
    std::string ask;
    double information = 0;  // expected, in bits
};

struct Assessment {
    Intake intake;
    std::vector<RedFlags::Raised> flags;
    Differential differential;
    Urgency urgency = Urgency::routine;
    std::vector<std::string> urgency_reasons;
    double confidence = 0;  // 0 to 1
    std::string confidence_word;
    std::vector<std::string> confidence_reasons;
    std::vector<Question> questions;  // by falling information

    // The first of the ranking that is a condition. Never null.
    [[nodiscard]] const Ranked& primary() const;
    // What a result shows: the likely ones, and those not to be missed.
    [[nodiscard]] std::vector<const Ranked*> shown() const;
};

[[nodiscard]] Assessment assess(const Knowledge& knowledge, const DiagnosisRequest& request,
                                double temperature = kTemperature);

// What to ask next: the unknown findings whose answer is expected to change the ranking most.
[[nodiscard]] std::vector<Question> next_questions(const Knowledge& knowledge, const Facts& facts,
                                                   const Differential& differential,
                                                   std::size_t limit);

}  // namespace clinical
