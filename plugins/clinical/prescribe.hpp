// From a request to what a prescriber may sign: for each part of the condition's plan the first
// regimen that suits, and why the others before it do not. Where a part that is needed has none,
// the answer is to refer, and nothing is proposed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/allergies.hpp"
#include "plugins/clinical/dose.hpp"

namespace clinical {

struct Rejected {
    std::string drug;  // its label
    std::string reason;
};

struct Proposal {
    const Regimen* regimen = nullptr;
    Dose dose;
    std::vector<std::string> cautions;
    std::vector<std::string> confirm;  // what was not stated, and is to be asked before signing
    std::vector<Rejected> rejected;    // candidates before this one
};

struct Referral {
    std::string reason;
    std::vector<std::string> first_aid;
    std::vector<Rejected> rejected;
    std::vector<std::string> needed;   // fields without which nothing can be said
    std::vector<std::string> nearest;  // known diagnoses, where it is not known
};

struct FoundInteraction {
    const Interaction* rule = nullptr;
    std::string one;
    std::string other;
    std::string
        between;  // "proposed and current", "proposed", "current", "turned down and current"
};

struct Duplicate {
    std::string one;
    std::string other;
    std::string why;
};

struct Prescription {
    const Plan* plan = nullptr;  // null: not known
    AllergyCheck allergies;
    std::vector<TakenMedicine> taken;
    std::vector<Proposal> proposals;
    std::optional<Referral> referral;  // then there are no proposals
    std::vector<Rejected> left_out;    // optional parts that have no candidate
    std::vector<FoundInteraction> interactions;
    std::vector<Duplicate> duplicates;
};

// Deterministic; under a millisecond. Any thread. Keeps pointers into `formulary`.
[[nodiscard]] Prescription prescribe(const Formulary& formulary,
                                     const PrescriptionRequest& request);

}  // namespace clinical
