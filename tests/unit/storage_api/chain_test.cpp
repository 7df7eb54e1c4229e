// Fixed vectors: what is chained today must verify for ever.
#include "storage/api/chain.hpp"

#include <gtest/gtest.h>

#include "core/base/random.hpp"
#include "core/base/sha256.hpp"

namespace chartroom::storage {
namespace {

using events::Event;

Event sample() {
    Event event;
    event.offset = {0x1112131415161718};
    event.at_us = 0x2122232425262728;
    event.kind = events::Kind::out;
    event.cls = events::Class::piece;
    event.ends_turn = true;
    event.type = {0x31, "message"};
    event.actor = {0x41, "user/ann"};
    event.subject = {0x51, "user/bob"};
    event.audience = {events::Scope::all_but, 0x61};
    event.cause = {0x71};
    event.build = 0x81;
    event.source = {base::SessionNumber{0x91}, base::Offset{0xa1}};
    event.client_id = "id";
    event.payload = "{}";
    return event;
}

TEST(Chain, AHeaderIsTheseBytes) {
    EXPECT_EQ(base::to_hex(encode_header({0x0102030405060708}, sample())),
              "0102020302000000"
              "0807060504030201"
              "1817161514131211"
              "2827262524232221"
              "3100000000000000"
              "4100000000000000"
              "5100000000000000"
              "6100000000000000"
              "7100000000000000"
              "8100000000000000"
              "9100000000000000"
              "a100000000000000");
}

TEST(Chain, AHeaderHoldsNoTextAndNotWhetherARowIsErased) {
    Event other = sample();
    other.type.text = other.actor.text = other.subject.text = "else";
    other.client_id = "else";
    other.payload = "else";
    other.erased = true;
    EXPECT_EQ(encode_header({1}, other), encode_header({1}, sample()));
}

TEST(Chain, ADigestIsOfSecretOffsetIdAndBytes) {
    base::Secret secret;
    secret.fill(7);
    const Event event = sample();
    std::string text(32, '\7');
    text += std::string("\x18\x17\x16\x15\x14\x13\x12\x11", 8);
    text += std::string("\x02\0\0\0\0\0\0\0", 8);
    text += "id{}";
    EXPECT_EQ(row_digest(event, secret), base::sha256(text));
}

TEST(Chain, TheSplitBetweenIdAndBytesCounts) {
    Event one = sample(), two = sample();
    one.client_id = "ab";
    one.payload = "c";
    two.client_id = "a";
    two.payload = "bc";
    EXPECT_NE(row_digest(one, {}), row_digest(two, {}));
}

TEST(Chain, AStepIsOfThePreviousHashAndTheRows) {
    base::Secret secret;
    secret.fill(9);
    const auto a = std::make_shared<Event>(sample());
    auto b = std::make_shared<Event>(sample());
    b->subject = {};  // no subject: 32 zero bytes
    base::Digest previous;
    previous.fill(3);
    const base::Digest step = chain_step(previous, {5}, std::vector<events::EventPtr>{a, b},
                                         [&](std::uint64_t subject) -> const base::Secret& {
                                             EXPECT_EQ(subject, 0x51u);
                                             return secret;
                                         });
    base::Sha256 sha;
    sha.add(previous).add(encode_header({5}, *a)).add(row_digest(*a, secret));
    sha.add(encode_header({5}, *b)).add(row_digest(*b, {}));
    EXPECT_EQ(step, sha.finish());
    EXPECT_EQ(base::to_hex(step),
              "2103b24c669ef4bf1ef42ac24821c10d70627d5b845c82e42d1f17b0223e633b");
}

}  // namespace
}  // namespace chartroom::storage
