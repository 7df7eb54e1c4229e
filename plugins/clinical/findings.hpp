// The findings that the engine can reason about, and what follows from what: a measured value
// decides a finding (`rule`), a finding entails a more general one (`implies`), a duration or a
// severity makes one of another (`of` with a limit).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/facts.hpp"
#include "plugins/clinical/rule.hpp"
#include "plugins/clinical/sources.hpp"

namespace clinical {

struct Finding {
    enum class Type : std::uint8_t { symptom, sign, risk };

    std::string id;
    std::string label;
    Type type = Type::symptom;
    std::string group;  // findings that come together; empty: by itself
    std::vector<std::string> synonyms;
    std::vector<std::string> form_only;  // names that mean this in a form's field, not in a text
    std::string question;                // how to ask for it; empty: by its label
    bool common = false;                 // comes with so much that it speaks against no condition
    bool complaint = false;              // what people come for: chooses among a condition's priors
    std::vector<std::size_t> implies;    // present here, present there
    Rule rule;                           // by measured values
    std::optional<std::size_t> of;       // with one of the limits below
    std::optional<double> hours_min;
    std::optional<double> hours_max;
    std::optional<double> severity_min;  // 1 to 10
    const Source* source = nullptr;
};

class Findings {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Findings(const DataSet& data, const Sources& sources);

    [[nodiscard]] std::span<const Finding> all() const { return all_; }
    [[nodiscard]] const Finding& operator[](std::size_t index) const { return all_[index]; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::vector<std::string> ids() const;

    // What somebody said of a finding beside that it is there.
    struct Detail {
        std::optional<double> hours;     // since it began
        std::optional<double> severity;  // 1 to 10
    };
    // Sets the findings that follow from `finding` being present with `detail`.
    void add_detail(Facts& facts, std::size_t finding, const Detail& detail) const;
    // Sets what measured values and other findings entail. What was said keeps its state.
    void derive(Facts& facts) const;

  private:
    std::vector<Finding> all_;
};

}  // namespace clinical
