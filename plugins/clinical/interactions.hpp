// Which drugs do not go together, as rules on drugs and classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/drugs.hpp"

namespace clinical {

enum class Severity : std::uint8_t { moderate, major, contraindicated };
[[nodiscard]] std::string_view name(Severity severity);

// What somebody takes or may be given: a drug, or a class where no more is known ("an SSRI").
struct Medicine {
    std::string label;
    std::optional<std::size_t> drug;
    std::vector<std::size_t> classes;
};

struct Interaction {
    // One side of a rule.
    struct Side {
        std::optional<std::size_t> drug;
        std::optional<std::size_t> drug_class;
        [[nodiscard]] bool covers(const Medicine& medicine) const;
    };
    Side a;
    Side b;
    Severity severity = Severity::moderate;
    std::string mechanism;
    std::string management;
    const Source* source = nullptr;
    Status status = Status::estimated;
};

class Interactions {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Interactions(const DataSet& data, const Sources& sources, const Drugs& drugs);

    [[nodiscard]] const std::vector<Interaction>& all() const { return all_; }
    // The most severe rule for the two, or null. A drug does not interact with itself.
    [[nodiscard]] const Interaction* between(const Medicine& one, const Medicine& other) const;

  private:
    std::vector<Interaction> all_;
};

// Why the two are one too many: "same ingredient", or the class; empty: they are not.
[[nodiscard]] std::string duplicate_of(const Drugs& drugs, const Medicine& one,
                                       const Medicine& other);

}  // namespace clinical
