// Scores that add up points: tables from scores.json, one evaluator. What is missing makes a range.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/clinical/findings.hpp"

namespace clinical {

struct Score {
    struct Band {
        Clause when;
        double points = 0;
    };
    struct Item {
        std::string name;
        std::vector<Band> bands;  // the first that holds counts; none: 0
    };
    struct Reading {
        double from = 0;  // points
        std::string label;
    };

    std::string id;
    std::string label;
    std::vector<Item> items;
    std::vector<Reading> readings;  // by rising `from`
    double age_min = 0;
    double age_max = 200;
    Rule not_if;    // not made for these patients
    Rule relevant;  // worth showing; empty: where one of its items is known
    bool composite_only = false;
    // A single item of so many points is reported in words of its own (NEWS2's 3); 0: none.
    double alarm_points = 0;
    std::string alarm_label;
    const Source* source = nullptr;
};

// A score for one patient.
struct ScoreResult {
    struct ItemResult {
        const Score::Item* item = nullptr;
        Points points;
    };
    const Score* score = nullptr;
    std::size_t index = 0;
    Points points;
    std::vector<ItemResult> items;
    bool alarm = false;  // an item has alarm_points for certain
    // In words; of the whole range where it spans more than one reading.
    std::string interpretation;
};

class Scores {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Scores(const DataSet& data, const Sources& sources, const Findings& findings);

    [[nodiscard]] std::span<const Score> all() const { return all_; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] std::vector<std::string> ids() const;

    // Sets facts.scores, in the order of the file, and returns what is worth showing. A score for
    // other ages or patients has no value.
    [[nodiscard]] std::vector<ScoreResult> evaluate(Facts& facts) const;

  private:
    std::vector<Score> all_;
};

// One score, whether it is made for this patient or not.
[[nodiscard]] ScoreResult add_up(const Score& score, const Facts& facts);

}  // namespace clinical
