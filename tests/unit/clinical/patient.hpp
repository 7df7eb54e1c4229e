// A patient for tests, built fact by fact.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "plugins/clinical/knowledge.hpp"

namespace clinical {

inline const Knowledge& shipped() {
    static const std::unique_ptr<const Knowledge> knowledge =
        load_knowledge(embedded_data()).value();
    return *knowledge;
}

class TestPatient {
  public:
    TestPatient() { facts_.findings.assign(shipped().findings.size(), State::unknown); }

    TestPatient& with(Input input, double value) {
        facts_.set(input, value);
        return *this;
    }
    TestPatient& without(Input input) {
        facts_.inputs[static_cast<std::size_t>(input)].reset();
        return *this;
    }
    TestPatient& yes(const std::string& finding) { return say(finding, State::present); }
    TestPatient& no(const std::string& finding) { return say(finding, State::absent); }

    // Nothing where the score is not made for this patient.
    [[nodiscard]] std::optional<Points> score(const std::string& id) const {
        Facts facts = facts_;
        shipped().findings.derive(facts);
        (void)shipped().scores.evaluate(facts);
        return facts.scores[shipped().scores.find(id).value()];
    }
    [[nodiscard]] ScoreResult result(const std::string& id) const {
        Facts facts = facts_;
        shipped().findings.derive(facts);
        return add_up(shipped().scores.all()[shipped().scores.find(id).value()], facts);
    }

  private:
    TestPatient& say(const std::string& finding, State state) {
        facts_.findings[shipped().findings.find(finding).value()] = state;
        return *this;
    }

    Facts facts_;
};

}  // namespace clinical
