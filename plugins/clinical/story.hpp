// What is known of one patient after several messages: findings, values and background add up, and
// what is said later corrects what was said before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/free_text.hpp"
#include "plugins/clinical/prescription_request.hpp"
#include "plugins/clinical/request.hpp"

namespace clinical {

class Story {
  public:
    struct Said {
        State state = State::present;
        std::string duration;  // as written; may be empty
        std::string severity;
        std::size_t order = 0;  // of its first mention among all
        friend bool operator==(const Said&, const Said&) = default;
    };

    // `knowledge` outlives it.
    explicit Story(const Knowledge& knowledge) : knowledge_(&knowledge) {}

    // The next message. What it denies takes back what entails it ("no fever" the high fever of
    // before, and the temperature that was one); what it states takes back a denial.
    void add(const Reading& reading);

    // From a record rather than a text; as written.
    void add_condition(std::string name);
    void add_medication(std::string name);
    void add_allergy(std::string name);
    void set_value(Input input, double value) { values_[input] = value; }
    void set_sex(std::string sex) { sex_ = std::move(sex); }
    void set_pregnant(bool pregnant) { pregnant_ = pregnant; }
    // Also an empty list is a statement.
    void medications_are_stated() { medications_stated_ = true; }
    void allergies_are_stated() { allergies_stated_ = true; }

    // Findings by index; what a value or a record says is not among them.
    [[nodiscard]] const std::map<std::size_t, Said>& findings() const { return findings_; }
    [[nodiscard]] const std::map<Input, double>& values() const { return values_; }
    [[nodiscard]] const std::string& sex() const { return sex_; }
    [[nodiscard]] std::optional<bool> pregnant() const { return pregnant_; }
    [[nodiscard]] const std::vector<std::string>& conditions() const { return conditions_; }
    [[nodiscard]] const std::vector<std::string>& medications() const { return medications_; }
    [[nodiscard]] const std::vector<std::string>& allergies() const { return allergies_; }

    // Whether there is a complaint, a sign or a measured value to reason from.
    [[nodiscard]] bool has_complaint() const;

    [[nodiscard]] DiagnosisRequest diagnosis_request() const;
    // Nothing without an age: no dose can be looked up then.
    [[nodiscard]] std::optional<PrescriptionRequest> prescription_request(
        const std::string& diagnosis) const;

  private:
    void state(std::size_t finding, Said said);
    void deny(std::size_t finding, const std::map<std::size_t, Said>& of_this_message);
    [[nodiscard]] std::vector<bool> entailed_by(std::size_t finding) const;

    const Knowledge* knowledge_;
    std::map<std::size_t, Said> findings_;
    std::size_t mentioned_ = 0;
    std::map<Input, double> values_;
    std::string sex_;
    std::optional<bool> pregnant_;
    std::optional<double> pregnancy_weeks_;
    std::vector<std::string> conditions_;
    std::vector<std::string> medications_;
    std::vector<std::string> allergies_;
    bool medications_stated_ = false;
    bool allergies_stated_ = false;
};

}  // namespace clinical
