#include "tools/chartroom/ws_client.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace chartroom::tool {
namespace {

void give(FrameReader& reader, std::string_view bytes) {
    std::memcpy(reader.space(bytes.size()), bytes.data(), bytes.size());
    reader.filled(bytes.size());
}

std::string server_frame(unsigned first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
        out += static_cast<char>(payload.size());
    } else {
        out += static_cast<char>(126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size());
    }
    return out.append(payload);
}

TEST(WsUrl, IsTakenApart) {
    const auto url = parse_ws_url("ws://127.0.0.1:8000/v1/session?a=1");
    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->host, "127.0.0.1");
    EXPECT_EQ(url->port, "8000");
    EXPECT_EQ(url->target, "/v1/session?a=1");
    EXPECT_EQ(parse_ws_url("ws://[::1]:9")->host, "::1");
    EXPECT_EQ(parse_ws_url("ws://[::1]")->port, "80");
    EXPECT_EQ(parse_ws_url("ws://host")->target, "/");
}

TEST(WsUrl, OtherSchemesAndEmptyHostsAreRefused) {
    for (const char* text :
         {"wss://host/", "http://host/", "host", "ws://", "ws://:80/", "ws://h:"}) {
        EXPECT_FALSE(parse_ws_url(text).has_value()) << text;
    }
}

TEST(AppendFrame, MasksAsTheStandardsExampleDoes) {
    std::uint32_t mask = 0;
    std::memcpy(&mask, "\x37\xfa\x21\x3d", 4);
    std::string out;
    append_frame(out, Opcode::text, "Hello", mask);  // RFC 6455 section 5.7
    EXPECT_EQ(out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(AppendFrame, WritesTheThreeLengths) {
    for (const std::size_t size : {125u, 126u, 65'535u, 65'536u}) {
        std::string out;
        append_frame(out, Opcode::text, std::string(size, 'a'), 0);
        const std::size_t header = size < 126 ? 2 : size < 65'536 ? 4 : 10;
        EXPECT_EQ(out.size(), header + 4 + size);
        EXPECT_EQ(static_cast<unsigned char>(out[1]) & 0x7fu, size < 126    ? size
                                                              : header == 4 ? 126u
                                                                            : 127u);
    }
}

TEST(FrameReader, CutsAStreamOfFramesWhereverItIsSplit) {
    const std::string stream = server_frame(0x81, "one") +
                               server_frame(0x01, std::string(300, 'x')) + server_frame(0x80, "") +
                               server_frame(0x89, "ping");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        FrameReader reader;
        std::vector<std::string> payloads;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            give(reader, std::string_view(stream).substr(at, piece));
            while (true) {
                const auto frame = reader.next();
                ASSERT_TRUE(frame.has_value());
                if (!frame->has_value()) break;
                payloads.emplace_back((*frame)->payload);
            }
        }
        EXPECT_EQ(payloads, (std::vector<std::string>{"one", std::string(300, 'x'), "", "ping"}));
    }
}

TEST(FrameReader, RefusesMaskedReservedAndEndlessFrames) {
    for (const std::string_view bytes :
         {std::string_view("\x81\x85\x00\x00", 4), std::string_view("\xc1\x00", 2),
          std::string_view("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10)}) {
        FrameReader reader;
        give(reader, bytes);
        EXPECT_FALSE(reader.next().has_value());
    }
}

}  // namespace
}  // namespace chartroom::tool
