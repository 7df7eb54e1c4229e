// What the server speaks, for machines: openapi.json from the endpoint table, asyncapi.json from
// the routes and the tables of the dialects. Nothing in them is written for them alone but the
// schemas of answers. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/gateway/endpoint.hpp"
#include "core/gateway/options.hpp"

namespace chartroom::gateway {

// OpenAPI 3.1.0.
[[nodiscard]] std::string openapi_document(const std::vector<Endpoint>& rows,
                                           std::string_view version);

// AsyncAPI 3.0.0; `host` is where the client reached the server, `tls` how.
[[nodiscard]] std::string asyncapi_document(const std::vector<Route>& routes,
                                            std::string_view version, std::string_view host,
                                            bool tls);

// A schema that answers name, as JSON Schema (2020-12): Reply::schema is one of these. Empty: there
// is none.
[[nodiscard]] std::string_view api_schema(std::string_view name);
[[nodiscard]] std::vector<std::string_view> api_schema_names();

}  // namespace chartroom::gateway
