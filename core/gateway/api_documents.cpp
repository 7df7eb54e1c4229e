#include "core/gateway/api_documents.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/dialects/frames.hpp"

namespace chartroom::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& document) {
    return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Pattern to template: {session...} is {session} in both documents.
std::string template_of(std::string_view path) {
    std::string out(path);
    for (std::size_t at; (at = out.find("...}")) != std::string::npos;) out.erase(at, 3);
    return out;
}

Json reference(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

// ---- openapi.json ------------------------------------------------------------------------------

Json schema_of(const Field& field) {
    switch (field.kind) {
        case FieldKind::text: {
            Json schema = {{"type", "string"}};
            if (field.required) schema["minLength"] = 1;
            if (field.max < std::numeric_limits<std::int64_t>::max())
                schema["maxLength"] = field.max;
            return schema;
        }
        case FieldKind::integer:
            return {{"type", "integer"}, {"minimum", field.min}, {"maximum", field.max}};
        case FieldKind::position: {
            Json text = {{"type", "string"}, {"pattern", "^([^:]+:)?[0-9]+$"}};
            if (field.in != In::body) return text;
            return {{"oneOf", {std::move(text), {{"type", "integer"}, {"minimum", 0}}}}};
        }
        case FieldKind::object:
            return {{"type", "object"}};
    }
    return Json::object();
}

std::string_view to_text(In in) {
    return in == In::path ? "path" : in == In::query ? "query" : "header";
}

Json parameters_of(const Endpoint& row) {
    Json parameters = Json::array();
    for (const Field& field : row.fields) {
        if (field.in == In::body) continue;
        parameters.push_back({{"name", field.name},
                              {"in", to_text(field.in)},
                              {"description", field.summary},
                              {"required", field.required},
                              {"schema", schema_of(field)}});
    }
    return parameters;
}

Json body_of(const Endpoint& row) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field& field : row.fields) {
        if (field.in != In::body) continue;
        Json schema = schema_of(field);
        schema["description"] = field.summary;
        properties[std::string(field.name)] = std::move(schema);
        if (field.required) required.push_back(field.name);
    }
    Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"required", true},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json replies_of(const Endpoint& row) {
    Json replies = Json::object();
    for (const Reply& reply : row.replies) {
        Json one = {{"description", reply.summary}};
        if (reply.status != 204) {
            Json content = Json::object();
            if (!reply.schema.empty()) content["schema"] = reference(reply.schema);
            one["content"][std::string(reply.media)] = std::move(content);
        }
        replies[std::to_string(reply.status)] = std::move(one);
    }
    replies["default"] = {
        {"description", "A refusal"},
        {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}};
    return replies;
}

Json security_of(Guard guard) {
    Json ways = Json::array();
    if (guard != Guard::anyone) ways.push_back({{"token", Json::array()}});
    if (guard == Guard::token_or_ticket) ways.push_back({{"ticket", Json::array()}});
    return ways;
}

// ---- asyncapi.json -----------------------------------------------------------------------------

// The parameters of a route's path, in their order.
std::vector<std::string> parameters_in(std::string_view path) {
    std::vector<std::string> names;
    for (std::size_t at = 0; (at = path.find('{', at)) != std::string_view::npos; ++at) {
        names.emplace_back(path.substr(at + 1, path.find('}', at) - at - 1));
    }
    return names;
}

// "/ws/chat/{session_id}" as a key.
std::string key_of(std::string_view path) {
    std::string key;
    for (const char c : path) {
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (plain || c == '_') {
            key += c;
        } else if (!key.empty() && key.back() != '_') {
            key += '_';
        }
    }
    while (key.ends_with('_')) key.pop_back();
    return key.empty() ? "root" : key;
}

std::string message_key(std::string_view dialect, const dialects::Frame& frame) {
    return std::string(dialect) +
           (frame.direction == dialects::Direction::to_server ? ".in." : ".out.") +
           std::string(frame.name);
}

Json message_of(const dialects::Frame& frame) {
    const Json schema = Json::parse(frame.schema);
    const bool is_text = schema.contains("type") && schema["type"] == "string";
    Json message = {{"name", frame.name},
                    {"summary", frame.summary},
                    {"contentType", is_text ? "text/plain" : "application/json"},
                    {"payload", schema}};
    if (!frame.example.empty()) {
        Json payload = is_text ? Json(frame.example) : Json::parse(frame.example);
        // An example of a payload is an object here.
        if (payload.is_object()) message["examples"] = Json::array({{{"payload", payload}}});
    }
    return message;
}

std::string_view to_text(RouteAuth auth) {
    switch (auth) {
        case RouteAuth::none:
            return "No token is taken.";
        case RouteAuth::optional:
            return "Anonymous without a token; refused with a bad one.";
        case RouteAuth::required:
            return "A token is required.";
    }
    return "";
}

Json channel_of(const Route& route, const dialects::Description& spoken) {
    Json channel = {
        {"address", route.path},
        {"title", spoken.dialect},
        {"description", std::string(spoken.summary) + ". " + std::string(to_text(route.auth)) +
                            " `?session=NAME&after=N&epoch=E` resumes."}};
    for (const std::string& name : parameters_in(route.path)) {
        channel["parameters"][name] = {{"description", "A name; see the route's dialect"}};
    }
    for (const dialects::Frame& frame : spoken.frames) {
        const std::string key = message_key(spoken.dialect, frame);
        channel["messages"][key] = {{"$ref", "#/components/messages/" + key}};
    }
    channel["bindings"]["ws"] = {{"method", "GET"}, {"bindingVersion", "0.1.0"}};
    return channel;
}

Json operation_of(const std::string& channel, const dialects::Description& spoken,
                  dialects::Direction direction) {
    const bool in = direction == dialects::Direction::to_server;
    Json operation = {{"action", in ? "receive" : "send"},
                      {"channel", {{"$ref", "#/channels/" + channel}}},
                      {"summary", in ? "What clients send" : "What the server sends"},
                      {"messages", Json::array()}};
    for (const dialects::Frame& frame : spoken.frames) {
        if (frame.direction != direction) continue;
        operation["messages"].push_back({{"$ref", "#/channels/" + channel + "/messages/" +
                                                      message_key(spoken.dialect, frame)}});
    }
    return operation;
}

}  // namespace

std::string openapi_document(const std::vector<Endpoint>& rows, std::string_view version) {
    Json document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Chartroom over HTTP"},
          {"version", version},
          {"description",
           "Sessions, events and messages without a socket. Refusals are problem documents "
           "(RFC 9457). A position is `epoch:offset`. The same over WebSocket: /asyncapi.json."}}},
        {"servers", Json::array({{{"url", "/"}}})}};
    Json& paths = document["paths"] = Json::object();
    for (const Endpoint& row : rows) {
        std::string method(row.method);
        std::ranges::transform(method, method.begin(),
                               [](char c) { return static_cast<char>(c - 'A' + 'a'); });
        Json operation = {{"operationId", row.id}, {"summary", row.summary}};
        if (Json ways = security_of(row.guard); !ways.empty())
            operation["security"] = std::move(ways);
        if (Json all = parameters_of(row); !all.empty()) operation["parameters"] = std::move(all);
        if (row.takes_body()) operation["requestBody"] = body_of(row);
        operation["responses"] = replies_of(row);
        paths[template_of(row.path)][method] = std::move(operation);
    }
    Json& components = document["components"];
    for (const std::string_view name : api_schema_names()) {
        components["schemas"][std::string(name)] = Json::parse(api_schema(name));
    }
    components["securitySchemes"] = {
        {"token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
        {"ticket", {{"type", "apiKey"}, {"in", "query"}, {"name", "ticket"}}}};
    return text_of(document);
}

std::string asyncapi_document(const std::vector<Route>& routes, std::string_view version,
                              std::string_view host, bool tls) {
    Json document = {{"asyncapi", "3.0.0"},
                     {"info",
                      {{"title", "Chartroom over WebSocket"},
                       {"version", version},
                       {"description",
                        "One session may be spoken over any route. Close codes from 4000 up: 4001 "
                        "token, 4003 forbidden, 4008 slow, 4009 erased, 4029 too many connections, "
                        "4429 rate limited; 1012: come back and resume."}}},
                     {"defaultContentType", "application/json"}};
    document["servers"]["this"] = {{"host", host}, {"protocol", tls ? "wss" : "ws"}};
    for (const char* part : {"channels", "operations"}) document[part] = Json::object();
    Json& messages = document["components"]["messages"] = Json::object();
    for (const Route& route : routes) {
        const dialects::Description* spoken = dialects::describe(route.dialect);
        if (spoken == nullptr) continue;
        const std::string key = key_of(route.path);
        document["channels"][key] = channel_of(route, *spoken);
        using dialects::Direction;
        document["operations"][key + "_in"] = operation_of(key, *spoken, Direction::to_server);
        document["operations"][key + "_out"] = operation_of(key, *spoken, Direction::to_client);
        for (const dialects::Frame& frame : spoken->frames) {
            messages[message_key(spoken->dialect, frame)] = message_of(frame);
        }
    }
    return text_of(document);
}

}  // namespace chartroom::gateway
