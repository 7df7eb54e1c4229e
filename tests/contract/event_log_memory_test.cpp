#include "storage/memory/memory_event_log.hpp"
#include "tests/contract/event_log_contract.hpp"

namespace chartroom::storage::contract {
namespace {

class MemoryStore final : public StoreUnderTest {
  public:
    MemoryStore() : log_(std::make_unique<MemoryEventLog>(disk_, random_)) {}
    EventLog& log() override { return *log_; }
    void reopen() override {
        log_.reset();
        log_ = std::make_unique<MemoryEventLog>(disk_, random_);
    }

  private:
    base::SeededRandom random_{1};
    MemoryDisk disk_{random_};
    std::unique_ptr<MemoryEventLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Memory, EventLogContract,
                         testing::Values([]() -> std::unique_ptr<StoreUnderTest> {
                             return std::make_unique<MemoryStore>();
                         }));

}  // namespace
}  // namespace chartroom::storage::contract
