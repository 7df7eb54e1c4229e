#include "core/dialects/resume_query.hpp"

#include "core/events/json_scan.hpp"

namespace chartroom::dialects {

ResumeQuery read_resume_query(const ConnectInfo& info) {
    ResumeQuery result;
    if (const auto session = info.query.find("session"); session != info.query.end()) {
        result.join.name = session->second;
    }
    if (const auto epoch = info.query.find("epoch"); epoch != info.query.end()) {
        result.join.epoch = base::Epoch{epoch->second};
    }
    if (const auto after = info.query.find("after"); after != info.query.end()) {
        if (const auto offset = events::json_integer(after->second)) {
            result.join.after = base::Offset{*offset};
        } else {
            result.error = base::Error{.code = base::Code::validation_error,
                                       .message = "after must be an offset: a whole number",
                                       .field = "after"};
        }
    }
    return result;
}

bool has_flag(const ConnectInfo& info, std::string_view flag) {
    const auto found = info.query.find(flag);
    return found != info.query.end() && found->second == "1";
}

}  // namespace chartroom::dialects
