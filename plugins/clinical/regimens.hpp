// What is given for a condition. A plan says what kind of answer a condition has and what goes with
// it; a regimen is one drug with its doses. A plan's regimens form parts, which are given together,
// and lines within a part, of which the first that suits is taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/drugs.hpp"

namespace clinical {

// A dose for an age band, from months up to but not including months.
struct DoseBand {
    double from_months = 0;
    double to_months = 0;
    std::optional<double> weight_below;  // of two bands of one age, the lighter
    // Either an amount in the drug's unit …
    std::optional<double> dose;
    std::optional<double> dose_max;
    // … or by weight, never over `cap` …
    std::optional<double> per_kg;
    std::optional<double> per_kg_max;
    double cap = 0;
    double round = 0;  // what a dose by weight is rounded down to
    // … or words, for what is not counted ("1% cream").
    std::string text;
    int per_day = 1;
    int per_day_max = 1;
    std::optional<double> first;  // a first dose that differs
    int first_per_day = 1;
};

// What must be so, or must not be, for a regimen to be considered.
struct Criterion {
    enum class Kind : std::uint8_t { female, male, pregnant, not_pregnant, age_below, age_from };
    Kind kind = Kind::female;
    double years = 0;
    std::string text;  // as the data file has it
};

struct Regimen {
    std::size_t plan = 0;
    std::string part;
    bool optional = false;   // what is without it still helps
    bool no_weight = false;  // must not wait for a weight
    int line = 1;
    std::string guideline;
    std::size_t drug = 0;
    std::string route;
    std::vector<DoseBand> bands;
    std::string duration;
    std::string note;
    std::vector<Criterion> only_if;  // all
    std::vector<Criterion> not_if;   // none
    const Source* source = nullptr;
    Status status = Status::estimated;
};

struct FirstAidDrug {
    std::size_t drug = 0;
    double dose = 0;
    std::string route;
};

struct Plan {
    enum class Kind : std::uint8_t {
        treat,  // with the regimens
        none,   // no drug is of use
        refer,  // beyond this list: first aid only
    };
    std::string id;
    std::string label;
    Kind kind = Kind::treat;
    std::string reason;  // of none, refer
    std::vector<std::string> first_aid;
    std::optional<FirstAidDrug> first_aid_drug;
    std::vector<std::string> advice;
    std::string follow_up;
    std::string when_to_return;
    const Source* source = nullptr;
    Status status = Status::estimated;
};

class Regimens {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Regimens(const DataSet& data, const Sources& sources, const Drugs& drugs);

    [[nodiscard]] const std::vector<Plan>& plans() const { return plans_; }
    [[nodiscard]] const NameIndex& names() const { return names_; }
    // By part in the order of the file, then by line.
    [[nodiscard]] const std::vector<Regimen>& all() const { return all_; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;

  private:
    void read_plan(const Row& row, const Sources& sources, const Drugs& drugs);
    void read_regimen(const Row& row, const Sources& sources, const Drugs& drugs);

    std::vector<Plan> plans_;
    std::vector<Regimen> all_;
    NameIndex names_;
};

}  // namespace clinical
