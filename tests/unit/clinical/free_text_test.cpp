// Free text: what is said, of whom, when, and whether at all.
#include "plugins/clinical/free_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "plugins/clinical/quantities.hpp"
#include "tests/unit/clinical/free_text_fixture.hpp"
#include "tests/unit/clinical/patient.hpp"

namespace clinical {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "+cough[2 days]{mild} -fever ?seizure temperature=38.5 age=45 male takes:warfarin …"
std::string shown(const std::string& text) {
    const Reading reading = reader().read(text);
    std::string out;
    const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : " ") + part; };
    constexpr std::string_view kStandings[] = {"+", "-", "past:", "other:", "?"};
    constexpr std::string_view kRoles[] = {"takes:", "not:", "allergy:", "asked:"};
    for (const auto& mention : reading.findings)
        add(std::string(kStandings[static_cast<std::size_t>(mention.standing)]) +
            shipped().findings[mention.index].id +
            (mention.duration.empty() ? "" : "[" + mention.duration + "]") +
            (mention.severity.empty() ? "" : "{" + mention.severity + "}"));
    for (const auto& drug : reading.drugs)
        add(std::string(kRoles[static_cast<std::size_t>(drug.role)]) + drug.medicine.label);
    for (const std::string& allergy : reading.allergies) add("allergic:" + allergy);
    for (const Vital& vital : reading.values.vitals)
        add(std::string(info(vital.input).name) + "=" + number_text(vital.value));
    if (reading.values.age) add("age=" + number_text(*reading.values.age));
    if (!reading.values.sex.empty()) add(reading.values.sex);
    if (reading.values.pregnancy_weeks)
        add("weeks=" + number_text(*reading.values.pregnancy_weeks));
    if (reading.no_allergies) add("no_allergies");
    if (reading.no_medication) add("no_medication");
    return out;
}

struct Sentence {
    std::string text;
    std::string expected;
};

void PrintTo(const Sentence& sentence, std::ostream* out) {
    *out << sentence.text;
}

class SaidInWords : public ::testing::TestWithParam<Sentence> {};

TEST_P(SaidInWords, IsUnderstood) {
    EXPECT_EQ(shown(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Complaints, SaidInWords,
    ::testing::Values(
        Sentence{"I feel hot and shivery and my whole body aches", "+chills +muscle_aches"},
        Sentence{"It burns when I pee", "+dysuria"},
        Sentence{"my head hurts and I feel sick", "+headache +nausea"},
        Sentence{"The room spins when I turn over in bed", "+positional_vertigo"},
        Sentence{"my left calf is swollen and sore after a long flight", "+leg_swelling +immobile"},
        Sentence{"pt c/o SOB and pleuritic chest pain, no haemoptysis",
                 "+dyspnoea +pleuritic_pain -haemoptysis"},
        Sentence{"My throat really hurts", "+sore_throat"},
        Sentence{"There is pain in my chest", "+chest_pain"},
        Sentence{"My neck is very stiff", "+neck_stiffness"},
        Sentence{"chest pain going down my left arm", "+chest_pain +left_arm_pain"},
        Sentence{"I vomited, then fainted; my skin itches", "+vomiting +syncope +itch"},
        Sentence{"fever but no neck stiffness", "+fever -neck_stiffness"},
        Sentence{"I am fit and well", ""}, Sentence{"frequency and urgency of trains", ""},
        Sentence{"I can\xe2\x80\x99t sleep because of my cough", "+insomnia +cough"}));

INSTANTIATE_TEST_SUITE_P(
    Denials, SaidInWords,
    ::testing::Values(
        Sentence{"no fever or chills, but a cough", "-fever -chills +cough"},
        Sentence{"denies fever, chills, and cough", "-fever -chills -cough"},
        Sentence{"no fever, chills or cough", "-fever -chills -cough"},
        Sentence{"no fever, and I have a cough", "-fever +cough"},
        Sentence{"no chest pain now but an hour ago I did", "+chest_pain"},
        Sentence{"I don't have chest pain right now, but I did this morning",
                 "+chest_pain[this morning]"},
        Sentence{"no fever now, but yesterday I had a headache",
                 "-fever +headache[since yesterday]"},
        Sentence{"no fever but a headache since yesterday", "-fever +headache[since yesterday]"},
        Sentence{"no fever, cough for two days", "-fever +cough[two days]"},
        Sentence{"No chest pain, no sweating", "-chest_pain -sweating"},
        Sentence{"Chest pain without sweating or fainting", "+chest_pain -sweating -syncope"},
        Sentence{"it isn't a rash", "-rash"}, Sentence{"I no longer have a fever", "-fever"},
        Sentence{"cough has gone but the sore throat is still there", "-cough +sore_throat"},
        Sentence{"the rash has not gone", "+rash"},
        Sentence{"the vomiting stopped yesterday", "-vomiting"},
        Sentence{"Fever? No. Cough? Yes.", "-fever +cough"},
        Sentence{"neither fever nor cough", "-fever -cough"},
        Sentence{"I haven't had any vomiting or diarrhoea", "-vomiting -diarrhoea"},
        Sentence{"I don't think I have a fever", "-fever"},
        Sentence{"he is short of breath, but there is no chest pain", "+dyspnoea -chest_pain"},
        Sentence{"She denies any pain on urination; positive for haematuria",
                 "-dysuria +haematuria"},
        Sentence{"I am not sweating, just dizzy", "-sweating +vertigo"},
        Sentence{"It is not only chest pain, I am also sweating", "+chest_pain +sweating"},
        Sentence{"No doubt this is a seizure", "+seizure"},
        Sentence{"The medicine does not help my headache", "+headache"},
        Sentence{"I have no appetite", "+loss_of_appetite"},
        Sentence{"My father is not breathing", "+cannot_breathe"},
        Sentence{"no history of asthma", "-asthma_history"},
        Sentence{"I am not pregnant", "-pregnant"}));

INSTANTIATE_TEST_SUITE_P(
    OfOthersOfOldAndOfDoubt, SaidInWords,
    ::testing::Values(
        Sentence{"my father had a seizure", "other:seizure"},
        Sentence{"my sister has diabetes", "other:diabetes"},
        Sentence{"migraine runs in my family", "other:migraine_history"},
        Sentence{"my mother had chest pain and I have a cough", "other:chest_pain +cough"},
        Sentence{"My mother has chest pain and is sweating", "+chest_pain +sweating"},
        Sentence{"My wife just had a seizure", "+seizure"},
        Sentence{"last year I had chest pain", "past:chest_pain"},
        Sentence{"Last year, I had chest pain, now I have a cough", "past:chest_pain +cough"},
        Sentence{"I had a seizure as a child", "past:seizure past:child"},
        Sentence{"two years ago I coughed up blood", "past:haemoptysis"},
        Sentence{"in 2019 I had a DVT", "+previous_vte"},
        Sentence{"the headache started 2 days ago", "+headache[2 days]"},
        Sentence{"could it be a seizure?", "?seizure"},
        Sentence{"What should I do if I get chest pain?", "?chest_pain"},
        Sentence{"Could stress cause chest pain?", "?stress ?chest_pain"},
        Sentence{"I don't know if I have a fever", "?fever"},
        Sentence{"I am afraid of seizures", "?seizure"},
        Sentence{"should I worry about my headache?", "?anxious +headache"},
        Sentence{"Is it normal that I have chest pain and sweating?", "+chest_pain +sweating"},
        Sentence{"My chest hurts, is it a heart attack?", "+chest_pain"}));

INSTANTIATE_TEST_SUITE_P(
    Values, SaidInWords,
    ::testing::Values(
        Sentence{"headache for 2 weeks, cough since yesterday",
                 "+headache[2 weeks] +cough[since yesterday]"},
        Sentence{"I have had a headache and a sore throat for three days",
                 "+headache[three days] +sore_throat[three days]"},
        Sentence{"I've had mild headaches for a few months", "+headache[few months]{mild}"},
        Sentence{"I have a terrible headache and a slight cough",
                 "+severe_headache{severe} +cough{mild}"},
        Sentence{"sore throat, 7/10", "+sore_throat"},
        Sentence{"sore throat 8 out of 10", "+sore_throat{8/10}"},
        Sentence{"temp 39.2, pulse 120, RR 28, BP 85/50, sats 89 %",
                 "temperature=39.2 heart_rate=120 respiratory_rate=28 systolic=85 diastolic=50 "
                 "oxygen_saturation=89"},
        Sentence{"Temp: 38.9C HR: 120 BP: 90/60",
                 "temperature=38.9 heart_rate=120 systolic=90 diastolic=60"},
        Sentence{"temperature of 101.3 F", "temperature=38.5"},
        Sentence{"39.5\xc2\xb0 C this morning", "temperature=39.5"},
        Sentence{"My temperature is 36.8", "temperature=36.8"},
        Sentence{"a fever of 38.5 for 3 days", "+fever[3 days] temperature=38.5"},
        Sentence{"BP was 130 over 80", "systolic=130 diastolic=80"},
        Sentence{"my sugar is 110 mg/dl", "glucose=6.1"},
        Sentence{"heart rate 110 bpm, oxygen saturation 94%",
                 "heart_rate=110 oxygen_saturation=94"},
        Sentence{"he's 68, has a fever", "+fever age=68"},
        Sentence{"my period is 2 weeks late", "+missed_period[2 weeks]"},
        Sentence{"it would be better if I were dead", "+suicidal"},
        Sentence{"I took too many paracetamol tablets", "+overdose takes:paracetamol"},
        Sentence{"red eye with yellow gunk", "+red_eye +sticky_eye"},
        Sentence{"I'm 45, male. Since noon a cough", "+cough age=45 male"},
        Sentence{"45F with dysuria x 3 days", "+dysuria[3 days] age=45 female"},
        Sentence{"I'm a 34 year old man", "age=34 male"},
        Sentence{"She is a 30-year-old woman", "age=30 female"}, Sentence{"I am 45", "age=45"},
        Sentence{"aged 67, I weigh 80 kg", "weight=80 age=67"},
        Sentence{"my 6 month old baby has a cough", "+child +cough age=0.5"},
        Sentence{"I am 20 weeks pregnant", "+pregnant weeks=20"},
        Sentence{"I am 45 minutes late", ""}));

INSTANTIATE_TEST_SUITE_P(
    Medicines, SaidInWords,
    ::testing::Values(
        Sentence{"Can I take ibuprofen with warfarin?", "asked:ibuprofen asked:warfarin"},
        Sentence{"I take warfarin, can I have ibuprofen?",
                 "+anticoagulant takes:warfarin asked:ibuprofen"},
        Sentence{"I stopped taking warfarin", "not:warfarin"},
        Sentence{"I have asthma and take salbutamol",
                 "+asthma_history +asthma_history takes:salbutamol"},
        Sentence{"I'm allergic to penicillin, it gave me a rash",
                 "+penicillin_allergy allergy:penicillins allergic:penicillin rash"},
        Sentence{"I am not allergic to penicillin", "-penicillin_allergy not:penicillins"},
        Sentence{"I am allergic to peanuts and sulfa", "allergic:peanuts allergic:sulfa"},
        Sentence{"No known allergies, no regular medication", "no_allergies no_medication"}));

TEST(FreeText, SaysWhatItDidNotUnderstand) {
    const std::string text = "I have a cough, my elbow glows in the dark. My temperature is 400 C";
    const Reading reading = reader().read(text);
    ASSERT_EQ(reading.not_understood.size(), 1u);
    const Span span = reading.not_understood[0];
    EXPECT_EQ(text.substr(span.begin, span.end - span.begin), "my elbow glows in the dark");
    EXPECT_THAT(reading.values.refused, ElementsAre(HasSubstr("from 25 to 45")));
}

TEST(FreeText, SmallTalkIsNoComplaint) {
    for (const char* text : {"Hello!", "hi, what can you do?", "Thank you very much", "ok"}) {
        const Reading reading = reader().read(text);
        EXPECT_TRUE(reading.greeting) << text;
        EXPECT_FALSE(reading.says_something()) << text;
        EXPECT_THAT(reading.not_understood, IsEmpty()) << text;
    }
    EXPECT_FALSE(reader().read("").greeting);
}

TEST(FreeText, SpansAreWhereTheWordsStand) {
    const std::string text =
        "Gr\xc3\xbc\xc3\x9f"
        "e \xe2\x80\x93 I have chest PAIN.";
    const Reading reading = reader().read(text);
    ASSERT_EQ(reading.findings.size(), 1u);
    const Span span = reading.findings[0].span;
    EXPECT_EQ(text.substr(span.begin, span.end - span.begin), "chest PAIN");
}

TEST(FreeText, OfALongTextTheBeginningIsRead) {
    std::string text = "fever. ";
    for (std::size_t i = 0; i < kTextWordsMax; ++i) text += "a ";
    const Reading reading = reader().read(text + ". cough");
    EXPECT_EQ(reading.findings.size(), 1u);
    EXPECT_TRUE(reading.cut);
    EXPECT_FALSE(reader().read("fever").cut);
    std::string list;
    for (std::size_t i = 0; i <= kMentionsMax; ++i) list += "fever, ";
    EXPECT_EQ(reader().read(list).findings.size(), kMentionsMax);
    EXPECT_TRUE(reader().read(list).cut);
}

// Whatever comes: no crash, the same again, and places inside the text.
TEST(FreeText, AnyBytesAreRead) {
    const std::vector<std::string> pieces{
        "fever",         "no ",         "chest pain",  ",",     ".",    "?",
        "39.5",          " C ",         "130/80",      "\n",    "\xff", "\xe2\x80",
        "\xc2",          "\xb0",        " my father ", " I ",   "(",    "45",
        "weeks ",        "not",         " or ",        " and ", "'",    "/10 ",
        " allergic to ", " ibuprofen ", "bp ",         " over "};
    std::mt19937_64 random(7);  // NOLINT: the same each time
    for (int run = 0; run < 3'000; ++run) {
        std::string text;
        const std::size_t length = random() % 40;
        for (std::size_t i = 0; i < length; ++i)
            text += random() % 4 == 0 ? std::string(1, static_cast<char>(random() % 256))
                                      : pieces[random() % pieces.size()];
        const Reading reading = reader().read(text);
        for (const auto* mentions : {&reading.findings, &reading.conditions})
            for (const auto& mention : *mentions) {
                ASSERT_LT(mention.span.begin, mention.span.end);
                ASSERT_LE(mention.span.end, text.size());
            }
        ASSERT_EQ(shown(text), shown(text));
    }
}

}  // namespace
}  // namespace clinical
