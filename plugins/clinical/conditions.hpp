// The conditions that the differential ranks, each with what speaks for and against it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/clinical/grades.hpp"
#include "plugins/clinical/name_index.hpp"
#include "plugins/clinical/red_flags.hpp"

namespace clinical {

// How often, among people who come with a complaint; or, without one, among all who come.
struct Prior {
    std::optional<std::size_t> complaint;  // index of a finding
    double probability = 0;
    double age_min = 0;
    double age_max = 200;
    std::string setting;  // "primary_care", "emergency"; empty: either
    std::string numbers;  // what the source reports, in words; may be empty
    const Source* source = nullptr;
    const Source* also = nullptr;       // of the other number, where two went into it; or null
    Status status = Status::estimated;  // verified: a number of the source; estimated: a grade
};

// Incidences become priors through it: episodes of illness that people bring to a family physician,
// for each 1,000 of them and year (236,027 in 93,297 patient years: Okkes and others, The
// probability of specific diagnoses, J Fam Pract 2002).
inline constexpr double kEpisodesPer1000Years = 2530;

// Evidence is a published number; or what guidance describes in words: a hallmark, whose weight
// grades.json gives and which counts as estimated wherever it is shown, or a finding that the
// condition brings, without any weight.
struct Evidence {
    std::size_t finding = 0;
    bool brought = false;  // there is no number: lr_pos is 1, lr_neg empty
    double lr_pos = 1;
    std::optional<double> lr_neg;  // empty: its absence is not evidence
    std::string group;             // empty: by itself
    std::string population;
    std::string numbers;  // what the source reports, in words; may be empty
    const Source* source = nullptr;
    const Source* also = nullptr;  // of the other number, where two went into it; or null
    Status status = Status::estimated;
};

// A score that stands for its parts.
struct Composite {
    struct Band {
        double from = 0;  // points
        double lr = 1;
    };
    std::size_t score = 0;
    std::vector<Band> bands;            // by falling `from`
    std::vector<std::size_t> replaces;  // findings
    const Source* source = nullptr;
    Status status = Status::estimated;
};

struct Condition {
    std::string id;
    std::string label;
    std::vector<std::string> synonyms;
    std::string icd10;
    double age_min = 0;
    double age_max = 200;
    std::string sex;  // "female", "male", "any"
    Rule needs;       // cannot be without, e.g. a pregnancy; empty: nothing
    Urgency urgency = Urgency::routine;
    bool dont_miss = false;
    std::vector<Prior> priors;
    std::vector<Evidence> evidence;
    std::vector<Composite> composites;
    std::vector<std::string> tests;
    std::string follow_up;
    std::string safety_net;
    const Source* source = nullptr;

    // What it says of a finding, with a weight or without; null: nothing.
    [[nodiscard]] const Evidence* about(std::size_t finding) const;
};

// The likelihood ratio of a complaint or sign for a condition that does not bring it. A convention,
// fitted on the development cases.
inline constexpr double kUnexplained = 0.2;

// How often a finding is there in a condition: from its weight, or by convention where it has none.
// `index`: of `finding`. Between 0 and 1, both excluded.
[[nodiscard]] double rate(const Condition& condition, const Finding& finding, std::size_t index);

class Conditions {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Conditions(const DataSet& data, const Sources& sources, const Findings& findings,
               const Scores& scores, const Grades& grades);

    [[nodiscard]] std::span<const Condition> all() const { return all_; }
    [[nodiscard]] const Condition& operator[](std::size_t index) const { return all_[index]; }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    // By id, label or synonym, as NameIndex compares.
    [[nodiscard]] const NameIndex& names() const { return names_; }

  private:
    std::vector<Condition> all_;
    NameIndex names_;
};

}  // namespace clinical
