// The three steps of an answer with agents: each speaks after the other, knows what was said before
// it, and adds its part to the one answer.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace chat {

struct Agent {
    std::string_view name;     // as clients and the configuration know it
    std::string_view status;   // that says it is at work
    std::string_view heading;  // of its part of the answer
};

inline constexpr Agent kTriage{"triage", "running_triage", "Triage"};
inline constexpr Agent kDiagnostic{"diagnostic", "running_diagnostic", "Diagnostic"};
inline constexpr Agent kTreatment{"treatment", "running_treatment", "Treatment"};

// In the order in which they work.
inline constexpr std::array<const Agent*, 3> kAgents{&kTriage, &kDiagnostic, &kTreatment};

// Who answers: all agents one after the other, or nobody but the assistant itself.
using Agents = std::span<const Agent* const>;

}  // namespace chat
