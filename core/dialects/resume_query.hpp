// `?session=NAME&after=N&epoch=E` of a connect URL, which resumes on every route.
#pragma once

#include <optional>

#include "core/base/error.hpp"
#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {

struct ResumeQuery {
    Join join;                         // slot 0, with what the URL says
    std::optional<base::Error> error;  // `after` is no offset: it was left out
};
[[nodiscard]] ResumeQuery read_resume_query(const ConnectInfo& info);

// Whether the URL has `?flag=1`.
[[nodiscard]] bool has_flag(const ConnectInfo& info, std::string_view flag);

}  // namespace chartroom::dialects
