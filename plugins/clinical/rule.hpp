// The one small language of the data files: what is true of a patient.
//   rule        ::= [ "clause", … ]                 any of them
//   clause      ::= literal { " and " literal }
//   literal     ::= finding | "no " finding | name op number
//   name        ::= an input (input.hpp) or a score;  op ::= < <= > >= =
// Answers are three-valued: what is not known makes a clause unknown, not false.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/data_file.hpp"
#include "plugins/clinical/facts.hpp"

namespace clinical {

enum class Op : std::uint8_t { less, at_most, more, at_least, equal };

struct Literal {
    enum class Kind : std::uint8_t { finding, input, score };
    Kind kind = Kind::finding;
    std::size_t index = 0;  // of the finding, the input or the score
    bool negated = false;   // of a finding
    Op op = Op::equal;
    double number = 0;
};

struct Clause {
    std::vector<Literal> all;
    std::string text;  // as the data file has it
};
using Rule = std::vector<Clause>;  // any

// The ids that a rule may use, by index. Scores that are not read yet are not there.
struct RuleNames {
    std::vector<std::string> findings;
    std::vector<std::string> scores;
};

// Throws DataError for `field` of `row`: an unknown name, a broken comparison.
[[nodiscard]] Clause read_clause(const Row& row, std::string_view field, std::string_view text,
                                 const RuleNames& names);
[[nodiscard]] Rule read_rule(const Row& row, std::string_view field, const RuleNames& names);

[[nodiscard]] State holds(const Literal& literal, const Facts& facts);
[[nodiscard]] State holds(const Clause& clause, const Facts& facts);
[[nodiscard]] State holds(const Rule& rule, const Facts& facts);

}  // namespace clinical
