// What must not wait: rules over the facts, each with its source.
#pragma once

#include <string>
#include <vector>

#include "plugins/clinical/scores.hpp"

namespace clinical {

enum class Urgency : std::uint8_t { self_care, routine, soon, urgent, emergency };

[[nodiscard]] std::string_view name_of(Urgency urgency);
[[nodiscard]] Urgency urgency_of(const Row& row);  // field `urgency`; throws DataError

struct RedFlag {
    std::string id;
    std::string label;
    Urgency urgency = Urgency::emergency;
    Rule rule;
    std::string action;                   // what to do first
    std::vector<std::string> conditions;  // ids, shown whatever their probability
    const Source* source = nullptr;
};

class RedFlags {
  public:
    // Throws DataError. Keeps pointers into `sources`. Whether `conditions` exist is checked by
    // Knowledge, which reads them later.
    RedFlags(const DataSet& data, const Sources& sources, const Findings& findings,
             const Scores& scores);

    struct Raised {
        const RedFlag* flag = nullptr;
        std::string because;  // the clause that holds
    };
    // In the order of the file. facts.scores must be set.
    [[nodiscard]] std::vector<Raised> raised(const Facts& facts) const;
    [[nodiscard]] const std::vector<RedFlag>& all() const { return all_; }

  private:
    std::vector<RedFlag> all_;
};

}  // namespace clinical
