// A listing of sessions, from the ranges of ids that access gives a principal. It reads the log's
// table of sessions and no session, so it loads none into memory.
#pragma once

#include <functional>

#include "core/auth/access.hpp"
#include "core/base/executor.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/notice.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::engine {

// Answers with a SessionList, or with Refused where the log cannot be read. On `on`, whose thread
// it is called on; `log` outlives it.
void list_sessions(Listing listing, const auth::AccessPolicy& policy, storage::EventLog& log,
                   base::Executor& on, std::move_only_function<void(NoticeBody)> answer);

}  // namespace chartroom::engine
