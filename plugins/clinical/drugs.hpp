// The drugs that the engine knows, with what limits each: allergy groups, caps, kidneys, liver,
// pregnancy, age. A drug without a maximum is known for its interactions only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/allergy_groups.hpp"

namespace clinical {

// A class that interaction rules speak of, and within which two drugs may be one too many.
struct DrugClass {
    std::string id;
    std::string label;
    bool duplicate = false;  // two drugs of it together are a duplicate
};

enum class Action : std::uint8_t { caution, reduce, avoid };
// Of the liver, as Child-Pugh A, B, C.
enum class Hepatic : std::uint8_t { none, mild, moderate, severe };

// Below `below` ml/min. `reduce` says how by one or more of the three numbers.
struct RenalLimit {
    double below = 0;
    Action action = Action::caution;
    double factor = 1;              // of the dose
    std::optional<int> per_day;     // doses a day at most
    std::optional<double> max_day;  // in the drug's unit
    std::string text;
};

struct HepaticLimit {
    Hepatic from = Hepatic::severe;
    Action action = Action::caution;  // never reduce
    std::string text;
};

struct PregnancyLimit {
    Action action = Action::caution;  // never reduce
    double from_week = 0;
    double to_week = 45;  // not included
    std::string text;
};

struct PerKgLimit {
    std::optional<double> max_dose;
    std::optional<double> max_day;
    bool all_ages = false;  // of adults, too
};

struct Monitoring {
    std::string what;
    std::string when;
    std::string why;
};

struct Drug {
    std::string id;
    std::string label;
    std::string atc;
    std::vector<std::size_t> classes;  // by index of Drugs::classes()
    std::vector<std::size_t> groups;   // by index of AllergyGroups
    std::string unit;                  // of the caps; empty: no numbers
    std::optional<double> max_dose;
    std::optional<double> max_day;
    std::optional<double> child_max_day;
    PerKgLimit per_kg;
    double age_min = 0;  // years
    bool needs_egfr = false;
    std::vector<RenalLimit> renal;  // the lowest `below` first
    std::vector<HepaticLimit> hepatic;
    std::vector<PregnancyLimit> pregnancy;
    std::string beers;   // what the Beers list says from 65 years on
    std::string advice;  // how to take it
    std::vector<Monitoring> monitor;
    const Source* source = nullptr;
    Status status = Status::estimated;
};

class Drugs {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Drugs(const DataSet& data, const Sources& sources, const AllergyGroups& groups);

    [[nodiscard]] const std::vector<Drug>& all() const { return all_; }
    [[nodiscard]] const Drug& operator[](std::size_t index) const { return all_[index]; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] const NameIndex& names() const { return names_; }

    [[nodiscard]] const std::vector<DrugClass>& classes() const { return classes_; }
    [[nodiscard]] std::optional<std::size_t> find_class(std::string_view id) const;
    [[nodiscard]] const NameIndex& class_names() const { return class_names_; }

  private:
    void read_class(const Row& row, const Sources& sources);
    void read_drug(const Row& row, const Sources& sources, const AllergyGroups& groups);

    std::vector<Drug> all_;
    std::vector<DrugClass> classes_;
    NameIndex names_;
    NameIndex class_names_;
};

}  // namespace clinical
