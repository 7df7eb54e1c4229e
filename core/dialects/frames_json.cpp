// The three dialects whose frames are all JSON objects with a type.
#include <array>

#include "core/dialects/frames.hpp"

namespace chartroom::dialects {
namespace {

constexpr auto kIn = Direction::to_server;
constexpr auto kOut = Direction::to_client;

constexpr std::array kClinical = {
    Frame{"chat", kIn, "A question; its text beside `type` or in `data`, as content or message",
          R"({"type":"object","required":["type"],"properties":{"type":{"const":"chat"},
"content":{"type":"string"},"message":{"type":"string"},"data":{"type":"object"}}})",
          R"({"type":"chat","data":{"content":"What can you help me with?"}})"},
    Frame{"message", kIn, "Any other type that a plugin handles: diagnosis, prescription, …",
          R"({"type":"object","required":["type"],"properties":{"type":{"type":"string"},
"data":{"type":"object"}}})",
          R"({"type":"diagnosis","data":{"symptoms":["cough"],"age":40}})"},
    Frame{"cancel", kIn, "Stop what runs",
          R"({"type":"object","required":["type"],"properties":{"type":{"const":"cancel"},
"cause":{"type":"integer","minimum":0}}})",
          R"({"type":"cancel"})"},
    Frame{"progress", kOut, "How far it is; 100 comes before complete",
          R"({"type":"object","required":["type","stage","progress","message","timestamp"],
"properties":{"type":{"const":"progress"},"stage":{"type":"string"},
"progress":{"type":"number"},"message":{"type":"string"},"timestamp":{"type":"string"}}})"},
    Frame{"stream_chunk", kOut, "A piece of the result; of a chat, `token`; an `emergency`",
          R"({"type":"object","required":["type","content","timestamp"],"properties":{
"type":{"const":"stream_chunk"},"content":{"type":"object"},"timestamp":{"type":"string"}}})"},
    Frame{"complete", kOut, "The whole result; of a chat, `reply`",
          R"({"type":"object","required":["type","result","timestamp"],"properties":{
"type":{"const":"complete"},"result":{"type":"object"},"timestamp":{"type":"string"}}})"},
    Frame{"error", kOut, "A refusal or a failure",
          R"({"type":"object","required":["type","error","timestamp"],"properties":{
"type":{"const":"error"},"error":{"type":"string"},"code":{"type":"string"},
"timestamp":{"type":"string"}}})"},
};

constexpr std::array kStream = {
    Frame{"message", kIn, "A question, with agents or without, and the patient's profile",
          R"({"type":"object","required":["message"],"properties":{"message":{"type":"string"},
"session_id":{"type":["string","null"]},"enable_agents":{"type":"boolean"},
"patient_profile":{"type":["object","null"]}}})",
          R"({"message":"What can you help me with?","enable_agents":false})"},
    Frame{"cancel", kIn, "Stop the newest answer, or the one that event `cause` began",
          R"({"type":"object","required":["type"],"properties":{"type":{"const":"cancel"},
"cause":{"type":"integer","minimum":0}}})",
          R"({"type":"cancel"})"},
    Frame{"connection", kOut, "The first frame",
          R"({"type":"object","required":["type","status","session_id","timestamp"],"properties":{
"type":{"const":"connection"},"status":{"enum":["connected","resumed"]},
"session_id":{"type":"string"},"timestamp":{"type":"string"}}})"},
    Frame{"stream_start", kOut, "An answer begins",
          R"({"type":"object","required":["type","metadata","timestamp"],"properties":{
"type":{"const":"stream_start"},"metadata":{"type":"object","required":["workflow","agents"],
"properties":{"workflow":{"enum":["multi_agent","single"]},
"agents":{"type":"array","items":{"type":"string"}}}},"timestamp":{"type":"string"}}})"},
    Frame{"status", kOut, "What is being done",
          R"({"type":"object","required":["type","status","details","timestamp"],"properties":{
"type":{"const":"status"},"status":{"type":"string"},"details":{"type":"object"},
"timestamp":{"type":"string"}}})"},
    Frame{"emergency", kOut, "Before the first token, at once",
          R"({"type":"object","required":["type","level","message","matched","timestamp"],
"properties":{"type":{"const":"emergency"},"level":{"type":"string"},
"message":{"type":"string"},"matched":{"type":"array"},"timestamp":{"type":"string"}}})"},
    Frame{"token", kOut, "The next piece of the answer",
          R"({"type":"object","required":["type","content","timestamp"],"properties":{
"type":{"const":"token"},"content":{"type":"string"},"timestamp":{"type":"string"}}})"},
    Frame{"stream_end", kOut, "It is whole, cancelled or failed",
          R"({"type":"object","required":["type","metadata","timestamp"],"properties":{
"type":{"const":"stream_end"},"metadata":{"type":"object",
"required":["agents_completed","session_id","finish"]},"timestamp":{"type":"string"}}})"},
    Frame{"error", kOut, "A refusal or a failure; an answer that is open still gets its end",
          R"({"type":"object","required":["type","error_type","message","timestamp"],"properties":{
"type":{"const":"error"},"error_type":{"type":"string"},"message":{"type":"string"},
"timestamp":{"type":"string"}}})"},
};

// Every frame of this dialect is {"type", "data"}.
constexpr std::array kConversation = {
    Frame{"auth", kIn, "The first frame; a later one refreshes the token",
          R"({"type":"object","required":["type","token"],"properties":{
"type":{"const":"auth"},"token":{"type":"string"}}})",
          R"({"type":"auth","token":"eyJ…"})"},
    Frame{"join_conversation", kIn, "Follow a conversation, from `after` on",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"join_conversation"},"data":{"type":"object","required":["conversation_id"],
"properties":{"conversation_id":{"type":["integer","string"]},
"after":{"type":"integer","minimum":0},"epoch":{"type":"string"}}}}})",
          R"({"type":"join_conversation","data":{"conversation_id":7}})"},
    Frame{"leave_conversation", kIn, "Follow it no more",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"leave_conversation"},"data":{"type":"object","required":["conversation_id"],
"properties":{"conversation_id":{"type":["integer","string"]}}}}})",
          R"({"type":"leave_conversation","data":{"conversation_id":7}})"},
    Frame{
        "send_message", kIn, "A message; one of type `user` is answered by itself",
        R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"send_message"},"data":{"type":"object","required":["conversation_id","content"],
"properties":{"conversation_id":{"type":["integer","string"]},"content":{"type":"string"},
"message_type":{"type":"string"}}}}})",
        R"({"type":"send_message","data":{"conversation_id":7,"content":"hello","message_type":"user"}})"},
    Frame{"stream_response", kIn, "Follow the answer of a message; it never makes a second one",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"stream_response"},"data":{"type":"object",
"required":["conversation_id","message_id"]}}})",
          R"({"type":"stream_response","data":{"conversation_id":7,"message_id":134217730}})"},
    Frame{"typing", kIn, "Typing, or not; also typing_start and typing_stop",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"enum":["typing","typing_start","typing_stop"]},"data":{"type":"object",
"required":["conversation_id"],"properties":{"is_typing":{"type":"boolean"}}}}})",
          R"({"type":"typing","data":{"conversation_id":7,"is_typing":true}})"},
    Frame{"auth_success", kOut, "The token is good",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"auth_success"},"data":{"type":"object","required":["user_id"],
"properties":{"user_id":{"type":["integer","string"]}}}}})"},
    Frame{"message_received", kOut, "A message, to every follower",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"message_received"},"data":{"type":"object","required":["message"],
"properties":{"message":{"type":"object","required":["id","content","message_type","sender_id",
"created_at","conversation_id"]}}}}})"},
    Frame{"stream_start", kOut, "An answer begins; `message_id` is its own",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"stream_start"},"data":{"type":"object",
"required":["message_id","in_reply_to","conversation_id"]}}})"},
    Frame{"stream_content", kOut, "The next piece; the last one is empty and complete",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"stream_content"},"data":{"type":"object",
"required":["message_id","content","is_complete"]}}})"},
    Frame{"stream_complete", kOut, "The answer is whole, cancelled or failed",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"stream_complete"},"data":{"type":"object","required":["message_id","usage"]}}})"},
    Frame{"typing_indicator", kOut, "Somebody else types; off by itself after 6 s",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"typing_indicator"},"data":{"type":"object",
"required":["conversation_id","user_id","is_typing"]}}})"},
    Frame{"conversation_updated", kOut, "For the lists of other tabs",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"conversation_updated"},"data":{"type":"object","required":["conversation"]}}})"},
    Frame{"message_added", kOut, "The same, to connections that don't follow the conversation",
          R"({"type":"object","required":["type","data"],"properties":{
"type":{"const":"message_added"},"data":{"type":"object","required":["message"]}}})"},
    Frame{"error", kOut, "A refusal or a failure; codes are upper case here",
          R"({"type":"object","required":["type","data"],"properties":{"type":{"const":"error"},
"data":{"type":"object","required":["code","message"]}}})"},
};

}  // namespace

std::span<const Frame> clinical_frames() {
    return kClinical;
}
std::span<const Frame> stream_frames() {
    return kStream;
}
std::span<const Frame> conversation_frames() {
    return kConversation;
}

}  // namespace chartroom::dialects
