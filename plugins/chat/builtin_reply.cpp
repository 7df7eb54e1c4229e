#include "plugins/chat/builtin_reply.hpp"

#include <initializer_list>

#include "plugins/chat/reply_sections.hpp"
#include "plugins/chat/utf8.hpp"

namespace chat {
namespace {

constexpr std::string_view kIntroduction =
    "Hello. I am the built-in assistant of this server. I work offline and by fixed rules: I take "
    "down what troubles somebody, recognise warning signs, name what a clinician may want to "
    "consider, and look up whether medicines go together. I make no diagnosis. What brings you "
    "here?";
constexpr std::string_view kAskForComplaint =
    "I found no symptom, sign or measured value in this that I know, so I can say nothing about "
    "a cause. What troubles you most, since when, and how bad is it from 1 to 10?";
constexpr std::string_view kMore = "Is there more to add, or has anything changed?";

// The sections that say something, an empty line between them.
std::string paragraphs(std::initializer_list<std::string> sections) {
    std::string text;
    for (const std::string& section : sections)
        if (!section.empty()) text += (text.empty() ? "" : "\n\n") + section;
    return text;
}

std::string reminder(const Consultation& consultation) {
    const bool old = consultation.emergency && !consultation.new_emergency;
    return old ? "What was said before may still be an emergency: " +
                     consultation.emergency->message
               : std::string();
}

std::string whole_reply(const Engine& engine, const Conversation& talk) {
    const Consultation& now = *talk.consultation;
    const std::string drugs = drug_answer(engine, now);
    const std::string known = understood(engine, now, talk.question);
    if (!now.assessment) {
        if (now.reading.greeting && known.empty()) return std::string(kIntroduction);
        return paragraphs(
            {drugs, known, drugs.empty() ? std::string(kAskForComplaint) : "", disclaimer(engine)});
    }
    if (!drugs.empty() && !now.news) return paragraphs({reminder(now), drugs, disclaimer(engine)});
    if (now.reading.greeting && !now.news)
        return paragraphs({reminder(now), known, next_questions(engine, now), std::string(kMore),
                           disclaimer(engine)});
    return paragraphs({reminder(now), drugs, known, how_soon(now), possibilities(engine, now),
                       next_questions(engine, now), watch_for(now), disclaimer(engine)});
}

std::string triage_part(const Engine& engine, const Conversation& talk) {
    const Consultation& now = *talk.consultation;
    const std::string known = understood(engine, now, talk.question);
    if (!now.assessment) return paragraphs({known, std::string(kAskForComplaint)});
    const std::string signs =
        now.emergency ? "Warning signs were recognised: follow the advice for an emergency first."
                      : "None of the warning signs that I know was recognised. That does not rule "
                        "one out: if it gets worse, have it looked at at once.";
    return paragraphs({reminder(now), known, signs, how_soon(now), scores(now)});
}

std::string diagnostic_part(const Engine& engine, const Conversation& talk) {
    const Consultation& now = *talk.consultation;
    if (!now.assessment) return "There is nothing yet to name a possible cause for.";
    return paragraphs({possibilities(engine, now), next_questions(engine, now)});
}

std::string treatment_part(const Engine& engine, const Conversation& talk) {
    const Consultation& now = *talk.consultation;
    return paragraphs({drug_answer(engine, now), treatment(engine, now),
                       now.assessment ? watch_for(now) : "", disclaimer(engine)});
}

}  // namespace

std::string builtin_reply(const Engine& engine, const Conversation& talk) {
    if (talk.agent == &kTriage) return triage_part(engine, talk);
    if (talk.agent == &kDiagnostic) return diagnostic_part(engine, talk);
    if (talk.agent == &kTreatment) return treatment_part(engine, talk);
    return whole_reply(engine, talk);
}

std::string engine_context(const Engine& engine, const Conversation& talk) {
    const Consultation& now = *talk.consultation;
    std::string text =
        paragraphs({drug_answer(engine, now), understood(engine, now, talk.question)});
    if (now.assessment)
        text = paragraphs({text, how_soon(now), scores(now), possibilities(engine, now),
                           next_questions(engine, now), treatment(engine, now), watch_for(now)});
    return std::string(cut(text, kContextBytesMax));
}

std::vector<std::string_view> in_pieces(std::string_view text, std::size_t words) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool ends_word =
            (text[i] == ' ' || text[i] == '\n') &&
            (i + 1 == text.size() || (text[i + 1] != ' ' && text[i + 1] != '\n'));
        if (!ends_word || ++count < words) continue;
        pieces.push_back(text.substr(begin, i + 1 - begin));
        begin = i + 1;
        count = 0;
    }
    if (begin < text.size()) pieces.push_back(text.substr(begin));
    return pieces;
}

}  // namespace chat
