#include "plugins/clinical/rule.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace clinical {
namespace {

constexpr std::string_view kAnd = " and ";

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

std::optional<Op> op_named(std::string_view text) {
    constexpr std::pair<std::string_view, Op> kOps[] = {{"<", Op::less},
                                                        {"<=", Op::at_most},
                                                        {">", Op::more},
                                                        {">=", Op::at_least},
                                                        {"=", Op::equal}};
    for (const auto& [name, op] : kOps)
        if (name == text) return op;
    return std::nullopt;
}

// "name op number", or nothing where `text` has no spaces.
std::optional<Literal> read_comparison(const Row& row, std::string_view field,
                                       std::string_view text, const RuleNames& names) {
    const std::size_t first = text.find(' ');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = text.find(' ', first + 1);
    const std::string quoted = "\"" + std::string(text) + "\": ";
    if (second == std::string_view::npos) row.refuse(field, quoted + "must be `name op number`");
    Literal literal;
    const std::string_view name = text.substr(0, first);
    if (const auto input = input_named(name)) {
        literal.kind = Literal::Kind::input;
        literal.index = static_cast<std::size_t>(*input);
    } else if (const auto score = index_of(names.scores, name)) {
        literal.kind = Literal::Kind::score;
        literal.index = *score;
    } else {
        row.refuse(field, quoted + "no input and no score above has this name");
    }
    const auto op = op_named(text.substr(first + 1, second - first - 1));
    if (!op) row.refuse(field, quoted + "the comparison must be < <= > >= or =");
    literal.op = *op;
    const std::string_view digits = text.substr(second + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), literal.number);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
        row.refuse(field, quoted + "the last word must be a number");
    return literal;
}

Literal read_literal(const Row& row, std::string_view field, std::string_view text,
                     const RuleNames& names) {
    Literal literal;
    std::string_view finding = text;
    if (text.starts_with("no ")) {
        literal.negated = true;
        finding.remove_prefix(3);
    } else if (const auto comparison = read_comparison(row, field, text, names)) {
        return *comparison;
    }
    const auto index = index_of(names.findings, finding);
    if (!index) row.refuse(field, "no finding has the id " + std::string(finding));
    literal.index = *index;
    return literal;
}

bool compare(double value, Op op, double number) {
    switch (op) {
        case Op::less:
            return value < number;
        case Op::at_most:
            return value <= number;
        case Op::more:
            return value > number;
        case Op::at_least:
            return value >= number;
        case Op::equal:
            break;
    }
    return value == number;
}

State state_of(bool holds) {
    return holds ? State::present : State::absent;
}

// A range is below, above or around the number; around it is unknown.
State holds_of(const Points& points, Op op, double number) {
    const bool low = compare(points.min, op, number);
    const bool high = compare(points.max, op, number);
    if (op == Op::equal && !points.exact())
        return number < points.min || number > points.max ? State::absent : State::unknown;
    return low == high ? state_of(low) : State::unknown;
}

}  // namespace

Clause read_clause(const Row& row, std::string_view field, std::string_view text,
                   const RuleNames& names) {
    Clause clause{.all = {}, .text = std::string(text)};
    while (true) {
        const std::size_t end = text.find(kAnd);
        clause.all.push_back(read_literal(row, field, text.substr(0, end), names));
        if (end == std::string_view::npos) return clause;
        text.remove_prefix(end + kAnd.size());
    }
}

Rule read_rule(const Row& row, std::string_view field, const RuleNames& names) {
    Rule rule;
    for (const std::string& text : row.texts(field))
        rule.push_back(read_clause(row, field, text, names));
    return rule;
}

State holds(const Literal& literal, const Facts& facts) {
    switch (literal.kind) {
        case Literal::Kind::finding: {
            const State state = facts.findings[literal.index];
            if (!literal.negated || state == State::unknown) return state;
            return state_of(state == State::absent);
        }
        case Literal::Kind::input: {
            const auto& value = facts.inputs[literal.index];
            return value ? state_of(compare(*value, literal.op, literal.number)) : State::unknown;
        }
        case Literal::Kind::score:
            break;
    }
    if (literal.index >= facts.scores.size() || !facts.scores[literal.index]) return State::unknown;
    return holds_of(*facts.scores[literal.index], literal.op, literal.number);
}

State holds(const Clause& clause, const Facts& facts) {
    State all = State::present;
    for (const Literal& literal : clause.all) {
        const State one = holds(literal, facts);
        if (one == State::absent) return State::absent;
        if (one == State::unknown) all = State::unknown;
    }
    return all;
}

State holds(const Rule& rule, const Facts& facts) {
    State any = State::absent;
    for (const Clause& clause : rule) {
        const State one = holds(clause, facts);
        if (one == State::present) return State::present;
        if (one == State::unknown) any = State::unknown;
    }
    return any;
}

}  // namespace clinical
