// The three dialects whose clients may send plain text.
#include <array>

#include "core/dialects/frames.hpp"

namespace chartroom::dialects {
namespace {

constexpr auto kIn = Direction::to_server;
constexpr auto kOut = Direction::to_client;

constexpr std::array kPlain = {
    Frame{"chat", kIn, "A question, answered by one reply",
          R"({"type":"object","required":["content"],"properties":{
"content":{"type":"string"},"role":{"type":"string"}}})",
          R"({"content":"What can you help me with?"})"},
    Frame{"symptoms", kIn, "A doctor's question, for all who follow the patient",
          R"({"type":"object","required":["symptoms"],"properties":{
"symptoms":{"type":"string"},"doctor_id":{"type":["string","integer"]},
"patient_id":{"type":["string","integer"]}}})",
          R"({"symptoms":"a cough","doctor_id":"d-1"})"},
    Frame{"text", kIn, "Any other text is echoed", R"({"type":"string"})", "hello"},
    Frame{"reply", kOut, "The whole answer",
          R"({"type":"object","required":["reply"],"properties":{
"reply":{"type":"string"},"error":{"type":"object","required":["code","message"]},
"offset":{"type":"integer"},"session":{"type":"string"},"epoch":{"type":"string"}}})"},
    Frame{
        "status", kOut, "With `?status=1`, before the reply",
        R"({"type":"object","required":["status"],"properties":{"status":{"const":"processing"}}})"},
    Frame{"question", kOut, "What a doctor asked, for the patient's other followers",
          R"({"type":"object","required":["question","doctor_id"],"properties":{
"question":{"type":"string"}}})"},
    Frame{"echo", kOut, "`Echo: ` and the text; with `?envelope=1` an object around it",
          R"({"type":["string","object"],"pattern":"^Echo: "})"},
};

constexpr std::array kQuestion = {
    Frame{"question", kIn, "A question, as an object or as plain text",
          R"({"type":["object","string"],"properties":{"question":{"type":"string"}}})",
          R"({"question":"What can you help me with?"})"},
    Frame{"cancel", kIn, "Stop the newest answer, or the one that event `cause` began",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"cancel"},"cause":{"type":"integer","minimum":0}}})",
          R"({"type":"cancel"})"},
    Frame{"start", kOut, "An answer begins",
          R"({"type":"object","required":["type"],"properties":{"type":{"const":"start"},
"offset":{"type":"integer"},"session":{"type":"string"},"epoch":{"type":"string"}}})"},
    Frame{"token", kOut, "The next piece of it",
          R"({"type":"object","required":["type","content"],"properties":{
"type":{"const":"token"},"content":{"type":"string"},"offset":{"type":"integer"}}})"},
    Frame{"end", kOut, "It is whole",
          R"({"type":"object","required":["type"],"properties":{"type":{"const":"end"},
"offset":{"type":"integer"}}})"},
    Frame{"error", kOut, "A refusal or a failure; an answer that is open still gets its end",
          R"({"type":"object","required":["type","message"],"properties":{
"type":{"const":"error"},"message":{"type":"string"},"code":{"type":"string"},
"field":{"type":"string"},"retry_after_ms":{"type":"integer"}}})"},
};

constexpr std::array kBroadcast = {
    Frame{"text", kIn, "What everybody is to hear", R"({"type":"string"})", "hello"},
    Frame{"heard", kOut, "`Someone said: ` and the text; with `?envelope=1` an object around it",
          R"({"type":["string","object"],"pattern":"^Someone said: "})"},
    Frame{"error", kOut, "A refusal",
          R"({"type":"object","required":["error"],"properties":{
"error":{"type":"object","required":["code","message"]}}})"},
};

}  // namespace

std::span<const Frame> plain_frames() {
    return kPlain;
}
std::span<const Frame> question_frames() {
    return kQuestion;
}
std::span<const Frame> broadcast_frames() {
    return kBroadcast;
}

}  // namespace chartroom::dialects
