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
    const Source* source = nullptr;
    Status status = Status::estimated;  // verified: a number of the source; estimated: a grade
};

// Evidence is a published number, or a grade: guidance describes the finding in words, and
// grades.json says what such words weigh. A grade counts as estimated wherever it is shown.
struct Evidence {
    std::size_t finding = 0;
    double lr_pos = 1;
    std::optional<double> lr_neg;  // empty: its absence is not evidence
    std::string group;             // empty: by itself
    std::string population;
    const Source* source = nullptr;
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
};

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
