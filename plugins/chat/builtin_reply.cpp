#include "plugins/chat/builtin_reply.hpp"

#include <algorithm>
#include <span>

#include "plugins/chat/phrases.hpp"
#include "plugins/chat/utf8.hpp"

namespace chat {
namespace {

using Patterns = std::span<const std::string_view>;

constexpr std::size_t kQuoteBytesMax = 240;
constexpr std::size_t kQuestionsMax = 4;  // asked at once
constexpr std::size_t kSummaryLinesMax = 12;

constexpr std::string_view kIntroduction =
    "Hello. I am the built-in assistant of this server. I work offline and by fixed rules: I can "
    "take down what troubles you and ask what a clinician would want to know, and I recognise some "
    "warning signs. I make no diagnosis. What brings you here?";
constexpr std::string_view kDisclaimer =
    "Not a diagnosis. For review by a qualified clinician. Not for emergencies: call your local "
    "emergency number. Not a medical device.";

constexpr std::string_view kDuration[] = {"since", "day*",    "week*",   "month*",
                                          "hour*", "year*",   "minutes", "yesterday",
                                          "today", "tonight", "morning", "last night"};
constexpr std::string_view kSeverity[] = {"mild*",       "moderate*", "severe*",  "unbearable",
                                          "worst",       "slight*",   "bad",      "0..10 out of",
                                          "0..10 of 10", "0..10 10",  "terrible", "strong"};
constexpr std::string_view kCourse[] = {"worse*",      "better",  "constant*", "comes and goes",
                                        "come and go", "improv*", "spread*",   "same"};
constexpr std::string_view kOther[] = {"also",   "and",    "with",        "fever*",
                                       "nause*", "vomit*", "cough*",      "rash*",
                                       "dizz*",  "tired*", "nothing else"};
constexpr std::string_view kAge[] = {"1..120 year*", "years old", "aged 0..120",
                                     "age 0..120",   "im 1..120", "i am 1..120"};
constexpr std::string_view kBackground[] = {
    "medication*", "medicine*",  "tablet*", "allerg*", "diabet*",      "asthma", "pregnan*",
    "pressure",    "conditions", "history", "healthy", "take nothing", "none"};

struct Topic {
    std::string_view question;
    Patterns answered_by;
};
constexpr Topic kTopics[] = {
    {"When did it begin, and how long has it lasted?", kDuration},
    {"How strong is it, from 0 (nothing) to 10 (the worst you can imagine)?", kSeverity},
    {"Is it getting better, worse, or does it come and go? Does anything bring it on or ease it?",
     kCourse},
    {"What else have you noticed: fever, sickness, cough, rash, weakness, anything unusual?",
     kOther},
    {"How old are you, and are you or could you be pregnant?", kAge},
    {"Which conditions, medicines and allergies do you have?", kBackground},
};

constexpr std::string_view kGreetings[] = {
    "hello",          "hi", "hey", "good morning", "good evening", "good afternoon", "who are you",
    "what can you do"};

// At most `size` bytes of one line, at a character's boundary.
std::string quote(std::string_view text, std::size_t size) {
    std::string line(text);
    std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    if (line.size() <= size) return line;
    return std::string(cut(line, size)) + " …";
}

bool is_greeting(const Words& words) {
    return words.all().size() <= 6 && words.mention_any(kGreetings);
}

std::string restated(const Conversation& talk) {
    return "You wrote: \"" + quote(talk.question, kQuoteBytesMax) + "\"\n\n";
}

std::string summary(const std::vector<std::string_view>& said) {
    std::string reply = "Thank you. This is what you have told me, to show to a clinician:\n";
    const std::size_t first = said.size() > kSummaryLinesMax ? said.size() - kSummaryLinesMax : 0;
    for (std::size_t i = first; i < said.size(); ++i)
        reply += "- " + quote(said[i], kQuoteBytesMax) + "\n";
    return reply + "\nIf anything changes or worries you, have it looked at. Is there more to add?";
}

std::string questions(const Conversation& talk, const std::vector<std::string_view>& open) {
    std::string reply = talk.emergency
                            ? "While help is on its way, it is useful to have this ready:\n"
                            : "To describe it well to a clinician, please tell me:\n";
    for (std::size_t i = 0; i < std::min(open.size(), kQuestionsMax); ++i)
        reply += std::to_string(i + 1) + ". " + std::string(open[i]) + "\n";
    return reply + "\nI am the built-in offline assistant and cannot judge what the cause is.";
}

// What the person has said of it all, and what has not been answered yet.
struct Heard {
    std::vector<std::string_view> said;
    std::vector<std::string_view> open;
};

Heard listen(const Conversation& talk) {
    Heard heard;
    std::string all;
    for (const Conversation::Line& line : talk.earlier) {
        if (!line.from_person || is_greeting(Words(line.text))) continue;
        heard.said.push_back(line.text);
        all += line.text + "\n";
    }
    heard.said.push_back(talk.question);
    all += talk.question;
    const Words words(all);
    for (const Topic& topic : kTopics)
        if (!words.mention_any(topic.answered_by)) heard.open.push_back(topic.question);
    return heard;
}

std::string whole_reply(const Conversation& talk) {
    if (is_greeting(Words(talk.question)) && !talk.emergency) return std::string(kIntroduction);
    const Heard heard = listen(talk);
    const std::string reply =
        heard.open.empty() ? summary(heard.said) : restated(talk) + questions(talk, heard.open);
    return reply + "\n\n" + std::string(kDisclaimer);
}

std::string triage_part(const Conversation& talk) {
    return restated(talk) +
           (talk.emergency
                ? "A warning sign was recognised in it: follow the advice above first."
                : "None of the warning signs that I know was recognised in it. That does not rule "
                  "one out: if it gets worse, have it looked at at once.");
}

std::string diagnostic_part(const Conversation& talk) {
    const Heard heard = listen(talk);
    return heard.open.empty() ? summary(heard.said) : questions(talk, heard.open);
}

std::string treatment_part() {
    return "I suggest no treatment: that is for a clinician who has seen you. Have ready what you "
           "take, and what you do not tolerate.\n\n" +
           std::string(kDisclaimer);
}

}  // namespace

std::string builtin_reply(const Conversation& talk) {
    if (talk.agent == &kTriage) return triage_part(talk);
    if (talk.agent == &kDiagnostic) return diagnostic_part(talk);
    if (talk.agent == &kTreatment) return treatment_part();
    return whole_reply(talk);
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
