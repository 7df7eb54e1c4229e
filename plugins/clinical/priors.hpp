// How likely each condition is before anything but the complaint, the setting and the age is known.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "plugins/clinical/knowledge.hpp"

namespace clinical {

// Of one patient.
class Priors {
  public:
    struct Of {
        const Prior* prior = nullptr;
        double probability = 0;
        bool of_complaint = false;  // among those who come with the complaint
        // Estimated where conventions went into it: a share that follows from a frequency.
        Status status = Status::estimated;
    };

    // `possible`: the conditions that this patient can have.
    Priors(const Knowledge& knowledge, const Facts& facts, std::string_view setting,
           const std::vector<const Condition*>& possible);

    // What the patient comes for, a finding: one whose causes are known well, or that was named
    // first.
    [[nodiscard]] std::optional<std::size_t> complaint() const { return complaint_; }

    // Where there is a complaint that the condition brings: its published share of those who come
    // with it, or else what follows from how frequent it is and how often it brings the complaint.
    // Otherwise how frequent it is among all who come.
    [[nodiscard]] Of of(const Condition& condition) const;

    // What the conditions leave of those who come with the complaint; 0 where there is none.
    [[nodiscard]] double rest() const { return rest_; }

  private:
    // What the data says of a complaint.
    struct Known {
        std::size_t complaint = 0;
        std::size_t published = 0;  // conditions with a share of it
        double shares = 0;          // the sum of these
        double shared = 0;          // how often these conditions come with it, of all who come
        double others = 0;          // and the others that bring it
        [[nodiscard]] bool well() const;
        // From how often the others come with it, of all who come, to their shares of those who
        // come with it: as the published shares say, and no more than these leave.
        [[nodiscard]] double others_scale() const;
    };

    [[nodiscard]] Known known(std::size_t complaint,
                              const std::vector<const Condition*>& possible) const;
    [[nodiscard]] std::optional<Known> chief(const std::vector<const Condition*>& possible) const;
    [[nodiscard]] const Prior* best(const Condition& condition,
                                    std::optional<std::size_t> complaint) const;
    [[nodiscard]] double frequency(const Condition& condition) const;
    [[nodiscard]] double ages_share(const Condition& condition) const;
    [[nodiscard]] double comes_with(const Condition& condition, std::size_t complaint) const;

    const Knowledge& knowledge_;
    const Facts& facts_;
    std::string_view setting_;
    std::optional<std::size_t> complaint_;
    double scale_ = 0;  // Known::others_scale() of the complaint
    double rest_ = 0;
};

}  // namespace clinical
