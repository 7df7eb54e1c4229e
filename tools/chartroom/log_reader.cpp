#include "tools/chartroom/log_reader.hpp"

#include "core/app/await.hpp"
#include "core/app/open_log.hpp"

namespace chartroom::tool {
namespace {

using app::await;
using base::Result;
using storage::SessionPage;

constexpr std::size_t kSessionsPerPage = 500;

}  // namespace

Result<std::unique_ptr<LogReader>> LogReader::open(const app::Config& config) {
    std::unique_ptr<LogReader> reader(new LogReader());
    auto log = app::open_log_for_reading(config, reader->clock_, reader->random_);
    if (!log.has_value()) return std::unexpected(log.error());
    reader->log_ = *std::move(log);
    return reader;
}

Result<void> LogReader::each_session(const std::string& prefix,
                                     const std::function<void(const storage::SessionInfo&)>& each) {
    std::string after;
    while (true) {
        const auto page = await<Result<SessionPage>>([&](auto done) {
            log_->sessions(prefix, after, kSessionsPerPage, strand_, std::move(done));
        });
        if (!page.has_value()) return std::unexpected(page.error());
        for (const auto& session : page->sessions) each(session);
        if (!page->more || page->sessions.empty()) return {};
        after = page->sessions.back().id.value;
    }
}

Result<storage::SessionInfo> LogReader::find(const std::string& session) {
    return await<Result<storage::SessionInfo>>(
        [&](auto done) { log_->find_session({session}, strand_, std::move(done)); });
}

Result<base::Offset> LogReader::each_event(
    base::SessionNumber session, base::Offset after,
    const std::function<void(const events::EventPtr&)>& each) {
    while (true) {
        const auto page = await<Result<storage::Page>>([&](auto done) {
            log_->read({.session = session, .after = after}, strand_, std::move(done));
        });
        if (!page.has_value()) return std::unexpected(page.error());
        for (const auto& event : page->events) each(event);
        after = std::max(after, page->scanned_to);
        if (!page->more) return after;
    }
}

Result<storage::VerifyReport> LogReader::verify(const std::string& session) {
    return await<Result<storage::VerifyReport>>(
        [&](auto done) { log_->verify({session}, strand_, std::move(done)); });
}

Result<std::vector<std::string>> LogReader::quarantine() {
    using Rows = std::vector<std::pair<std::string, std::uint64_t>>;
    auto rows =
        await<Result<Rows>>([&](auto done) { log_->quarantine_list(strand_, std::move(done)); });
    if (!rows.has_value()) return std::unexpected(std::move(rows.error()));
    std::vector<std::string> keys;
    for (auto& [key, count] : *rows) keys.push_back(std::move(key));
    return keys;
}

}  // namespace chartroom::tool
