// openapi.json and asyncapi.json are what the tables say.
#include "core/gateway/api_documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace chartroom::gateway {
namespace {

using nlohmann::json;

// Every reference in `part` that leads nowhere in `whole`.
std::vector<std::string> broken_references(const json& part, const json& whole) {
    std::vector<std::string> broken;
    if (part.is_object() && part.contains("$ref")) {
        const std::string to = part["$ref"];
        if (!whole.contains(json::json_pointer(to.substr(1)))) broken.push_back(to);
    }
    if (part.is_structured()) {
        for (const auto& inner : part) {
            std::ranges::copy(broken_references(inner, whole), std::back_inserter(broken));
        }
    }
    return broken;
}

TEST(ApiDocuments, ARowIsAnOperationWithItsFieldsAndAnswers) {
    const std::vector<Endpoint> rows = {
        {.method = "POST",
         .path = "/things/{thing...}/parts",
         .id = "makePart",
         .summary = "Makes a part",
         .guard = Guard::token_or_ticket,
         .fields = {{.name = "thing", .in = In::path, .summary = "Which", .required = true},
                    {.name = "limit",
                     .kind = FieldKind::integer,
                     .summary = "How many",
                     .min = 1,
                     .max = 9},
                    {.name = "kind", .in = In::body, .summary = "What", .required = true, .max = 5},
                    {.name = "since", .in = In::body, .kind = FieldKind::position, .summary = ""}},
         .replies = {{202, "Made", "Accepted"}, {204, "There is none"}},
         .handler = nullptr}};
    const json document = json::parse(openapi_document(rows, "v1"));
    EXPECT_EQ(document["openapi"], "3.1.0");
    const json& made = document["paths"]["/things/{thing}/parts"]["post"];
    EXPECT_EQ(made["operationId"], "makePart");
    EXPECT_EQ(made["security"].size(), 2u);
    ASSERT_EQ(made["parameters"].size(), 2u);
    EXPECT_EQ(made["parameters"][0]["in"], "path");
    EXPECT_EQ(made["parameters"][1]["schema"],
              json::parse(R"({"type":"integer","minimum":1,"maximum":9})"));
    const json& body = made["requestBody"]["content"]["application/json"]["schema"];
    EXPECT_EQ(body["required"], json::parse(R"(["kind"])"));
    EXPECT_EQ(body["properties"]["kind"]["maxLength"], 5);
    EXPECT_TRUE(body["properties"]["since"].contains("oneOf"));
    EXPECT_FALSE(made["responses"]["204"].contains("content"));
    EXPECT_TRUE(made["responses"].contains("default"));
    EXPECT_TRUE(broken_references(document, document).empty());
}

TEST(ApiDocuments, ARouteIsAChannelWithTheFramesOfItsDialect) {
    const std::vector<Route> routes = {{"/v1/session", "native"},
                                       {"/ws/chat/{session_id}", "question"}};
    const json document = json::parse(asyncapi_document(routes, "v1", "chat.example:8000", true));
    EXPECT_EQ(document["asyncapi"], "3.0.0");
    EXPECT_EQ(document["servers"]["this"]["protocol"], "wss");
    EXPECT_EQ(document["channels"].size(), 2u);
    const json& asked = document["channels"]["ws_chat_session_id"];
    EXPECT_EQ(asked["address"], "/ws/chat/{session_id}");
    EXPECT_TRUE(asked["parameters"].contains("session_id"));
    EXPECT_EQ(document["operations"]["v1_session_in"]["action"], "receive");
    EXPECT_EQ(document["operations"]["v1_session_out"]["action"], "send");
    EXPECT_TRUE(document["components"]["messages"].contains("native.in.session.open"));
    const auto broken = broken_references(document, document);
    EXPECT_TRUE(broken.empty()) << broken.front();
}

TEST(ApiDocuments, EverySchemaIsJson) {
    for (const std::string_view name : api_schema_names()) {
        EXPECT_TRUE(json::accept(api_schema(name))) << name;
    }
    EXPECT_TRUE(api_schema("nothing").empty());
}

}  // namespace
}  // namespace chartroom::gateway
