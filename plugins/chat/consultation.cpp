#include "plugins/chat/consultation.hpp"

#include <algorithm>

#include "plugins/chat/patient_profile.hpp"

namespace chat {
namespace {

using Flags = std::vector<clinical::RedFlags::Raised>;

Flags flags_of(const Engine& engine, const clinical::Story& story) {
    const clinical::Intake intake = clinical::take_in(*engine.knowledge, story.diagnosis_request());
    return engine.knowledge->red_flags.raised(intake.facts);
}

bool same(const clinical::Story& one, const clinical::Story& other) {
    return one.findings() == other.findings() && one.values() == other.values() &&
           one.sex() == other.sex() && one.pregnant() == other.pregnant() &&
           one.medications() == other.medications() && one.allergies() == other.allergies();
}

}  // namespace

std::optional<Emergency> emergency_in(const Engine& engine, const nlohmann::json& profile,
                                      std::string_view message) {
    clinical::Story story(*engine.knowledge);
    add_profile(story, profile);
    story.add(engine.reader.read(message));
    return emergency_of(flags_of(engine, story));
}

Consultation consult(const Engine& engine, const nlohmann::json& profile,
                     std::span<const std::string_view> earlier, std::string_view message) {
    clinical::Story story(*engine.knowledge);
    add_profile(story, profile);
    for (const std::string_view text : earlier) story.add(engine.reader.read(text));
    const clinical::Story before = story;
    Consultation consultation{engine.reader.read(message), std::move(story)};
    consultation.story.add(consultation.reading);
    consultation.news = !same(before, consultation.story);
    Flags flags = flags_of(engine, consultation.story);
    consultation.emergency = emergency_of(flags);
    const Flags old = flags_of(engine, before);
    std::erase_if(flags, [&](const auto& raised) {
        return std::ranges::find(old, raised.flag, &clinical::RedFlags::Raised::flag) != old.end();
    });
    consultation.new_emergency = emergency_of(flags);
    if (consultation.story.has_complaint())
        consultation.assessment =
            clinical::assess(*engine.knowledge, consultation.story.diagnosis_request());
    return consultation;
}

}  // namespace chat
