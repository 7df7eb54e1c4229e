#include "plugins/chat/consultation.hpp"

#include <algorithm>
#include <utility>

#include "plugins/chat/patient_profile.hpp"
#include "plugins/clinical/subject.hpp"

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

// A story before anything was said of `subject`. The profile is that of who writes.
clinical::Story begun(const Engine& engine, const nlohmann::json& profile,
                      std::string_view subject) {
    clinical::Story story(*engine.knowledge);
    if (subject.empty() || subject == clinical::kTheWriter) add_profile(story, profile);
    return story;
}

// Where `to` is somebody else than `subject`, the story begins anew; true where one of another
// person is set aside for that.
bool turn_to(const Engine& engine, const nlohmann::json& profile, std::string_view to,
             std::string_view& subject, clinical::Story& story) {
    if (to.empty() || to == subject) return false;
    const std::string_view from = std::exchange(subject, to);
    if (from.empty() && story.has_complaint()) return false;  // that was of the same one
    if (clinical::may_be_same(from, to)) return false;
    if (from.empty() && to == clinical::kTheWriter) return false;
    const bool another = story.has_complaint();
    story = begun(engine, profile, to);
    return another;
}

}  // namespace

std::optional<Emergency> emergency_in(const Engine& engine, const nlohmann::json& profile,
                                      const clinical::Reading& message) {
    clinical::Story story = begun(engine, profile, message.subject);
    story.add(message);
    return emergency_of(flags_of(engine, story));
}

Consultation consult(const Engine& engine, const nlohmann::json& profile,
                     std::span<const Said> earlier, clinical::Reading message) {
    clinical::Story story = begun(engine, profile, {});
    std::string_view subject;
    for (const Said& said : earlier) {
        const clinical::Reading reading = engine.reader.read(said.text);
        const bool another_i = reading.subject == clinical::kTheWriter && !said.by_who_asks;
        turn_to(engine, profile, another_i ? kAnotherWriter : reading.subject, subject, story);
        story.add(reading);
    }
    const bool another = turn_to(engine, profile, message.subject, subject, story);
    const clinical::Story before = story;
    Consultation consultation{std::move(message), std::move(story), subject, another};
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
