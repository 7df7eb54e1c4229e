#include "plugins/chat/red_flags.hpp"

#include <array>
#include <span>

#include "plugins/chat/phrases.hpp"

namespace chat {
namespace {

using Patterns = std::span<const std::string_view>;

// A rule matches if each of its groups has a pattern that is mentioned.
struct Rule {
    std::string_view label;
    std::string_view source;
    std::array<Patterns, 2> groups;  // the second may be empty
};

constexpr std::string_view kStroke[] = {"face ~ droop*",
                                        "facial droop*",
                                        "droop* ~ face",
                                        "facial weakness",
                                        "slurred speech",
                                        "slurring",
                                        "speech ~ slurred",
                                        "words ~ slurred",
                                        "arm ~ weak",
                                        "arm ~ weakness",
                                        "weak* ~ arm",
                                        "arm ~ numb*",
                                        "numb* ~ arm",
                                        "one side ~ weak*",
                                        "one side ~ numb*",
                                        "weak* ~ one side",
                                        "numb* ~ one side",
                                        "sudden* ~ cant speak",
                                        "sudden* ~ cannot speak",
                                        "face ~ fallen"};
constexpr std::string_view kThunderclap[] = {"thunderclap",
                                             "worst headache",
                                             "worst ~ headache",
                                             "headache ~ worst",
                                             "sudden severe headache",
                                             "sudden* ~ severe headache",
                                             "severe ~ sudden headache",
                                             "explosive headache"};
constexpr std::string_view kFever[] = {"fever*", "febrile", "high temperature",
                                       "temperature ~ 38..43"};
constexpr std::string_view kMeningism[] = {
    "stiff neck",      "neck ~ stiff*",  "neck stiffness", "stiffness ~ neck",   "purpur*",
    "purple ~ rash",   "purple ~ spots", "non blanching",  "rash ~ doesnt fade", "rash ~ not fade",
    "bruise like rash"};
constexpr std::string_view kChestPain[] = {
    "chest pain*",    "chest ~ pain*",    "pain* ~ chest",   "chest ~ hurt*",
    "chest pressure", "chest tightness",  "tight* ~ chest",  "pressure ~ chest",
    "chest ~ tight",  "chest ~ crushing", "crushing ~ chest"};
constexpr std::string_view kWithChestPain[] = {
    "sweat*",      "clammy",       "faint*",         "passed out",        "pass out",
    "passing out", "syncope",      "collaps*",       "blacked out",       "short* of breath",
    "breathless*", "cant breathe", "cannot breathe", "trouble breathing", "difficulty breathing",
    "left arm",    "jaw",          "down ~ arm",     "crushing"};
constexpr std::string_view kTearing[] = {"tearing ~ pain", "pain ~ tearing", "ripping ~ pain",
                                         "pain ~ ripping"};
constexpr std::string_view kOxygen[] = {"spo2 ~ 40..91", "oxygen ~ 40..91", "saturation ~ 40..91",
                                        "sats ~ 40..91", "o2 ~ 40..91"};
constexpr std::string_view kAirway[] = {
    "throat ~ swell*",  "throat ~ swollen", "swollen throat",    "swell* ~ throat",
    "throat ~ closing", "throat ~ closed",  "tongue ~ swell*",   "tongue ~ swollen",
    "swollen tongue",   "swell* ~ tongue",  "stridor",           "airway ~ swell*",
    "cant breathe",     "cannot breathe",   "cant get ~ breath", "struggling to breathe",
    "gasping ~ air",    "not breathing",    "stopped breathing", "choking"};
constexpr std::string_view kRash[] = {"rash*", "hives", "urticaria"};
constexpr std::string_view kWithRash[] = {
    "wheez*",           "faint*",      "collaps*",          "low blood pressure",  "hypotens*",
    "short* of breath", "breathless*", "trouble breathing", "difficulty breathing"};
constexpr std::string_view kBleeding[] = {"vomit* ~ blood", "vomit* blood", "throwing up blood",
                                          "threw up blood", "haematemesis", "hematemesis",
                                          "black tarry",    "tarry stool*", "melaena",
                                          "melena",         "black stool*"};
constexpr std::string_view kShock[] = {
    "faint*", "dizz*",      "pale",     "clammy", "cold",           "sweat*",     "collaps*",
    "weak",   "passed out", "confused", "shock",  "heart ~ racing", "lightheaded"};
constexpr std::string_view kAbdomen[] = {
    "rigid abdomen", "rigid ~ abdomen", "rigid ~ belly", "rigid ~ stomach", "abdomen ~ rigid",
    "belly ~ rigid", "stomach ~ rigid", "board like",    "belly ~ hard as", "stomach ~ hard as"};
constexpr std::string_view kPregnant[] = {"pregnan*"};
constexpr std::string_view kWithPregnancy[] = {"bleed*",
                                               "severe pain",
                                               "abdominal pain",
                                               "stomach pain*",
                                               "belly pain*",
                                               "tummy pain*",
                                               "pain* ~ abdomen",
                                               "pain* ~ belly",
                                               "pain* ~ stomach",
                                               "cramp*",
                                               "severe headache",
                                               "headache ~ blood pressure",
                                               "blood pressure ~ headache",
                                               "pelvic pain",
                                               "shoulder pain"};
constexpr std::string_view kTesticle[] = {"testic* ~ pain*", "pain* ~ testic*", "testic* ~ hurt*",
                                          "scrot* ~ pain*",  "pain* ~ scrot*",  "ball* ~ pain*"};
constexpr std::string_view kAcute[] = {"sudden*",  "hour*",   "severe*",      "swollen",
                                       "swelling", "minutes", "this morning", "woke"};
constexpr std::string_view kSaddle[] = {
    "saddle ~ numb*",   "saddle an*",       "numb* ~ groin",
    "numb* ~ buttock*", "numb* ~ genital*", "numb* between ~ legs",
    "groin ~ numb*",    "numb* ~ saddle",   "cant feel ~ wiping"};
constexpr std::string_view kRedEye[] = {"red ~ eye*", "eye* ~ red", "painful ~ eye*",
                                        "eye* ~ pain*", "pain* ~ eye*"};
constexpr std::string_view kVisionLoss[] = {
    "los* ~ vision", "vision loss",     "loss of vision",  "vision ~ gone", "cant see",
    "cannot see",    "blurr* ~ vision", "vision ~ blurr*", "blind*",        "halos"};
constexpr std::string_view kSeizure[] = {"seizure*",  "convuls*",    "having a fit",
                                         "had a fit", "unconscious", "unresponsive",
                                         "wont wake", "cant wake"};
constexpr std::string_view kGlucose[] = {"glucose ~ 14.1..60", "sugar ~ 14.1..60",
                                         "glucose ~ 252..2000", "sugar ~ 252..2000"};
constexpr std::string_view kKetosis[] = {"vomit*",         "throwing up",       "kussmaul",
                                         "deep breathing", "breathing ~ deep*", "breathing ~ fast",
                                         "fruity breath"};
constexpr std::string_view kSuicide[] = {"suicid*",     "kill myself",    "killing myself",
                                         "end my life", "ending my life", "take my ~ life",
                                         "want to die", "wanna die",      "better off dead",
                                         "harm myself", "hurt myself"};
constexpr std::string_view kTinyBaby[] = {
    "newborn*",        "1..12 week* old", "one week old",   "two week* old",   "three week* old",
    "four week* old",  "five week* old",  "six week* old",  "seven week* old", "eight week* old",
    "0..2 month* old", "one month old",   "two month* old", "0..2 months"};
constexpr std::string_view kChild[] = {"baby",     "babies", "child",    "infant",     "toddler",
                                       "newborn*", "son",    "daughter", "month* old", "kid"};
constexpr std::string_view kChildDanger[] = {
    "cant drink",      "cannot drink", "wont drink",        "not drinking",
    "unable to drink", "cant feed",    "not feeding",       "vomit* everything",
    "letharg*",        "hard to wake", "difficult to wake", "floppy",
    "stridor",         "convuls*",     "blue lips",         "lips ~ blue"};

constexpr Rule kRules[] = {
    {"signs of a stroke (face, arm, speech)", "NICE NG128", {kStroke}},
    {"sudden, severe headache", "NICE CG150", {kThunderclap}},
    {"fever with a stiff neck or purple rash", "NICE NG240", {kFever, kMeningism}},
    {"chest pain with sweating, fainting, breathlessness or spread",
     "NICE CG95",
     {kChestPain, kWithChestPain}},
    {"tearing pain", "RCEM/RCR aortic dissection 2021", {kTearing}},
    {"low oxygen saturation", "RCP NEWS2", {kOxygen}},
    {"airway swelling or severe difficulty breathing", "Resuscitation Council UK", {kAirway}},
    {"rash with wheeze, breathlessness or faintness",
     "Resuscitation Council UK",
     {kRash, kWithRash}},
    {"bleeding from the gut with signs of shock", "NICE CG141", {kBleeding, kShock}},
    {"rigid abdomen", "WSES acute abdomen", {kAbdomen}},
    {"pregnancy with pain, bleeding or severe headache",
     "NICE NG126, NG133",
     {kPregnant, kWithPregnancy}},
    {"sudden testicular pain", "EAU paediatric urology", {kTesticle, kAcute}},
    {"numbness in the saddle area", "GIRFT cauda equina 2023", {kSaddle}},
    {"painful or red eye with loss of vision", "NICE NG81, CKS red eye", {kRedEye, kVisionLoss}},
    {"seizure or loss of consciousness", "NICE NG217", {kSeizure}},
    {"high glucose with vomiting or deep breathing", "JBDS DKA", {kGlucose, kKetosis}},
    {"thoughts of suicide or self-harm", "NICE NG225", {kSuicide}},
    {"fever in a baby under 3 months", "NICE NG143", {kFever, kTinyBaby}},
    {"danger sign in a child", "WHO IMCI", {kChild, kChildDanger}},
};

constexpr std::string_view kCall =
    "Call your local emergency number now, or go to the nearest emergency department. Do not wait "
    "for an answer here.";
constexpr std::string_view kStay =
    "You do not have to go through this alone: please call your local emergency number or a crisis "
    "line now, and stay with someone you trust.";

bool matches(const Rule& rule, const Words& words) {
    for (const Patterns& group : rule.groups)
        if (!group.empty() && !words.mention_any(group)) return false;
    return true;
}

}  // namespace

std::optional<Emergency> find_red_flags(std::string_view text) {
    const Words words(text);
    Emergency found{.level = "emergency", .message = {}, .matched = {}, .source = {}};
    bool only_suicide = true;
    std::string labels;
    for (const Rule& rule : kRules) {
        if (!matches(rule, words)) continue;
        only_suicide = only_suicide && rule.groups[0].data() == std::data(kSuicide);
        labels += (labels.empty() ? "" : "; ") + std::string(rule.label);
        if (found.source.find(rule.source) == std::string::npos)
            found.source += (found.source.empty() ? "" : "; ") + std::string(rule.source);
        found.matched.emplace_back(rule.label);
    }
    if (found.matched.empty()) return std::nullopt;
    found.message = only_suicide
                        ? std::string(kStay)
                        : "This may be an emergency: " + labels + ". " + std::string(kCall);
    return found;
}

}  // namespace chat
