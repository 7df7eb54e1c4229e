#include <array>

#include "core/dialects/frames.hpp"

namespace chartroom::dialects {
namespace {

constexpr auto kIn = Direction::to_server;
constexpr auto kOut = Direction::to_client;

constexpr std::array kFrames = {
    Frame{"session.open", kIn,
          "The first frame. Without a session: a new one; without `after`: from the head; 0: from "
          "the beginning",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"session.open"},"session":{"type":"string"},"after":{"type":"integer","minimum":0},
"epoch":{"type":"string"},"token":{"type":"string"},"participant":{"type":"string"},
"client":{"type":"object"}}})",
          R"({"type":"session.open","session":"home","after":0})"},
    Frame{"message", kIn,
          "A message of any type that a plugin handles. `id` is the client's: a repeat is answered "
          "as the first was and runs nothing. `since`: the offset that the client knew when it "
          "first sent it",
          R"({"type":"object","required":["type"],"properties":{
"type":{"type":"string","maxLength":128},"id":{"type":"string","maxLength":64},
"since":{"type":"integer","minimum":0},"epoch":{"type":"string"},"session":{"type":"string"},
"data":{"type":"object"}}})",
          R"({"type":"echo","id":"c-17","since":0,"data":{"content":"hello"}})"},
    Frame{"session.join", kIn, "Follow another session",
          R"({"type":"object","required":["type","session"],"properties":{
"type":{"const":"session.join"},"session":{"type":"string"},
"after":{"type":"integer","minimum":0},"epoch":{"type":"string"}}})",
          R"({"type":"session.join","session":"other"})"},
    Frame{"session.leave", kIn, "Follow it no more",
          R"({"type":"object","required":["type","session"],"properties":{
"type":{"const":"session.leave"},"session":{"type":"string"}}})",
          R"({"type":"session.leave","session":"other"})"},
    Frame{"session.history", kIn, "A page of a session: before, or after, a place in it",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"session.history"},"session":{"type":"string"},"id":{"type":"string"},
"before":{"type":"integer","minimum":0},"after":{"type":"integer","minimum":0},
"epoch":{"type":"string"},"limit":{"type":"integer","minimum":1,"maximum":1000}}})",
          R"({"type":"session.history","before":100,"limit":50})"},
    Frame{"ack", kIn, "Everything up to this offset was shown to a person",
          R"({"type":"object","required":["type","offset"],"properties":{
"type":{"const":"ack"},"session":{"type":"string"},"offset":{"type":"integer","minimum":0}}})",
          R"({"type":"ack","offset":12})"},
    Frame{"cancel", kIn, "Stop the turn that event `cause` began; absent: one's newest",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"cancel"},"session":{"type":"string"},"id":{"type":"string"},
"cause":{"type":"integer","minimum":0}}})",
          R"({"type":"cancel","cause":12})"},
    Frame{"session.refresh", kIn, "New credentials without reconnecting",
          R"({"type":"object","required":["type","token"],"properties":{
"type":{"const":"session.refresh"},"token":{"type":"string"}}})",
          R"({"type":"session.refresh","token":"eyJ…"})"},
    Frame{"ping", kIn, "Answered by pong, for clients that see no pings of WebSocket",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"ping"},"id":{"type":"string"}}})",
          R"({"type":"ping","id":"p-1"})"},

    Frame{
        "session.opened", kOut,
        "`resumed`: what follows behind the `after` that was given is complete",
        R"({"type":"object","required":["type","session","epoch","head","resumed","limits","server"],
"properties":{"type":{"const":"session.opened"},"session":{"type":"string"},
"asked":{"type":"string"},"epoch":{"type":"string"},"head":{"type":"integer"},
"resumed":{"type":"boolean"},"participant":{"type":"string"},
"limits":{"type":"object","additionalProperties":{"type":"integer"}},"server":{"type":"string"}}})"},
    Frame{"session.live", kOut, "All that the log had at opening has been sent",
          R"({"type":"object","required":["type","session","offset"],"properties":{
"type":{"const":"session.live"},"session":{"type":"string"},"offset":{"type":"integer"}}})"},
    Frame{"session.position", kOut, "Nothing for this follower up to `offset`: a valid `after`",
          R"({"type":"object","required":["type","session","offset","prev"],"properties":{
"type":{"const":"session.position"},"session":{"type":"string"},"offset":{"type":"integer"},
"prev":{"type":"integer"}}})"},
    Frame{"accepted", kOut, "The message is durable at `offset`",
          R"({"type":"object","required":["type","session","offset","duplicate"],"properties":{
"type":{"const":"accepted"},"id":{"type":"string"},"session":{"type":"string"},
"offset":{"type":"integer"},"duplicate":{"type":"boolean"}}})"},
    Frame{"event", kOut,
          "An event of the type that `type` says; `prev` is the offset of the one before it for "
          "this follower (in a page there is none)",
          R"({"type":"object","required":["type","session","offset","at"],"properties":{
"type":{"type":"string"},"session":{"type":"string"},"offset":{"type":"integer","minimum":1},
"prev":{"type":"integer","minimum":0},"cause":{"type":"integer","minimum":1},
"at":{"type":"string","format":"date-time"},"actor":{"type":"string"},"data":{},
"encoding":{"const":"base64"}}})"},
    Frame{"session.reset", kOut, "What the client holds is not this log's past: drop it",
          R"({"type":"object","required":["type","session","reason","epoch","first","head"],
"properties":{"type":{"const":"session.reset"},"session":{"type":"string"},
"reason":{"enum":["epoch","trimmed","erased","ahead"]},"epoch":{"type":"string"},
"first":{"type":"integer"},"head":{"type":"integer"}}})"},
    Frame{"session.joined", kOut, "The answer to session.join",
          R"({"type":"object","required":["type","session","epoch","head","resumed"],"properties":{
"type":{"const":"session.joined"},"session":{"type":"string"},"asked":{"type":"string"},
"epoch":{"type":"string"},"head":{"type":"integer"},"resumed":{"type":"boolean"}}})"},
    Frame{"session.left", kOut, "It is followed no more, as asked or for the reason of `code`",
          R"({"type":"object","required":["type","session"],"properties":{
"type":{"const":"session.left"},"session":{"type":"string"},"code":{"type":"string"},
"message":{"type":"string"}}})"},
    Frame{"session.page", kOut, "The answer to session.history",
          R"({"type":"object","required":["type","session","events","more"],"properties":{
"type":{"const":"session.page"},"session":{"type":"string"},"id":{"type":"string"},
"events":{"type":"array","items":{"type":"object"}},"more":{"type":"boolean"}}})"},
    Frame{"session.expiring", kOut, "Refresh the token",
          R"({"type":"object","required":["type","in_ms"],"properties":{
"type":{"const":"session.expiring"},"in_ms":{"type":"integer"}}})"},
    Frame{"pong", kOut, "The answer to ping",
          R"({"type":"object","required":["type"],"properties":{
"type":{"const":"pong"},"id":{"type":"string"}}})"},
    Frame{"error", kOut, "A refusal; `fatal`: the connection closes",
          R"({"type":"object","required":["type","code","message","fatal"],"properties":{
"type":{"const":"error"},"code":{"type":"string"},"message":{"type":"string"},
"field":{"type":"string"},"id":{"type":"string"},"retry_after_ms":{"type":"integer"},
"fatal":{"type":"boolean"}}})"},
};

}  // namespace

std::span<const Frame> native_frames() {
    return kFrames;
}

}  // namespace chartroom::dialects
