#include <filesystem>

#include "storage/sqlite/sqlite_event_log.hpp"
#include "tests/contract/event_log_contract.hpp"

namespace chartroom::storage::contract {
namespace {

// A file of its own for each test, gone with it.
class SqliteStore final : public StoreUnderTest {
  public:
    explicit SqliteStore(Durability durability) : durability_(durability) {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "chartroom-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
        reopen();
    }
    ~SqliteStore() override {
        log_.reset();
        std::filesystem::remove_all(folder_);
    }
    EventLog& log() override { return *log_; }
    void reopen() override {
        log_.reset();
        auto opened = SqliteEventLog::open({.path = folder_ / "log.db", .durability = durability_},
                                           random_, clock_);
        if (!opened) throw std::runtime_error(opened.error().message);
        log_ = *std::move(opened);
    }

  private:
    const Durability durability_;
    std::filesystem::path folder_;
    base::SystemRandom random_;
    base::SystemClock clock_;
    std::unique_ptr<SqliteEventLog> log_;
};

template <Durability durability>
std::unique_ptr<StoreUnderTest> make() {
    return std::make_unique<SqliteStore>(durability);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogContract,
                         testing::Values(&make<Durability::power_loss>,
                                         &make<Durability::process_crash>));

}  // namespace
}  // namespace chartroom::storage::contract
