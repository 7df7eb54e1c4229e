#include "plugins/chat/builtin_reply.hpp"

#include <algorithm>
#include <span>

#include "plugins/chat/phrases.hpp"

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
    while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xc0) == 0x80) --size;
    return line.substr(0, size) + " …";
}

bool is_greeting(const Words& words) {
    return words.all().size() <= 6 && words.mention_any(kGreetings);
}

std::string summary(const std::vector<std::string_view>& said) {
    std::string reply = "Thank you. This is what you have told me, to show to a clinician:\n";
    const std::size_t first = said.size() > kSummaryLinesMax ? said.size() - kSummaryLinesMax : 0;
    for (std::size_t i = first; i < said.size(); ++i)
        reply += "- " + quote(said[i], kQuoteBytesMax) + "\n";
    return reply + "\nIf anything changes or worries you, have it looked at. Is there more to add?";
}

std::string follow_up(const Conversation& talk, const std::vector<std::string_view>& open) {
    std::string reply = "You wrote: \"" + quote(talk.question, kQuoteBytesMax) + "\"\n\n";
    if (talk.emergency)
        reply += "While help is on its way, it is useful to have this ready:\n";
    else
        reply += "To describe it well to a clinician, please tell me:\n";
    for (std::size_t i = 0; i < std::min(open.size(), kQuestionsMax); ++i)
        reply += std::to_string(i + 1) + ". " + std::string(open[i]) + "\n";
    return reply + "\nI am the built-in offline assistant and cannot judge what the cause is.";
}

}  // namespace

std::string builtin_reply(const Conversation& talk) {
    const Words now(talk.question);
    std::vector<std::string_view> said;
    std::string all;
    for (const Conversation::Line& line : talk.earlier) {
        if (!line.from_person || is_greeting(Words(line.text))) continue;
        said.push_back(line.text);
        all += line.text + "\n";
    }
    if (is_greeting(now) && !talk.emergency) return std::string(kIntroduction);
    said.push_back(talk.question);
    all += talk.question;

    const Words words(all);
    std::vector<std::string_view> open;
    for (const Topic& topic : kTopics)
        if (!words.mention_any(topic.answered_by)) open.push_back(topic.question);
    const std::string reply = open.empty() ? summary(said) : follow_up(talk, open);
    return reply + "\n\n" + std::string(kDisclaimer);
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
