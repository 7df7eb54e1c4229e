// Micro-benchmarks of the SQLite store: appending groups of two rows, and reading what a session
// has missed. `--benchmark_filter` picks; CHARTROOM_BENCH_FOLDER says on which disk (default: the
// system's temporary folder).
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "storage/sqlite/sqlite_event_log.hpp"
#include "tests/contract/await.hpp"
#include "tests/contract/event_log_writer.hpp"

namespace chartroom::storage {
namespace {

using contract::Row;
using contract::Writer;

constexpr std::size_t kPayloadBytes = 150;

class BenchLog {
  public:
    explicit BenchLog(Durability durability) : durability_(durability) {
        const char* chosen = std::getenv("CHARTROOM_BENCH_FOLDER");
        const std::filesystem::path root =
            chosen == nullptr ? std::filesystem::temp_directory_path() : chosen;
        std::string pattern = (root / "chartroom-bench-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
        folder_ = pattern;
        open();
    }
    void reopen() {
        log_.reset();
        open();
    }
    ~BenchLog() {
        log_.reset();
        std::filesystem::remove_all(folder_);
    }
    BenchLog(const BenchLog&) = delete;
    BenchLog& operator=(const BenchLog&) = delete;
    [[nodiscard]] SqliteEventLog& log() { return *log_; }

  private:
    void open() {
        auto opened = SqliteEventLog::open({.path = folder_ / "log.db", .durability = durability_},
                                           random_, clock_);
        if (!opened) throw std::runtime_error(opened.error().message);
        log_ = *std::move(opened);
    }

    const Durability durability_;
    std::filesystem::path folder_;
    base::SystemRandom random_;
    base::SystemClock clock_;
    std::unique_ptr<SqliteEventLog> log_;
};

// Waits until a number of calls have been answered.
class Gate {
  public:
    void open_one() {
        const std::lock_guard lock(mutex_);
        ++answered_;
        came_.notify_one();
    }
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return answered_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::size_t answered_ = 0;
};

std::vector<Writer> make_writers(EventLog& log, std::size_t count) {
    std::vector<Writer> writers;
    for (std::size_t i = 0; i < count; ++i) writers.emplace_back(log, "open/" + std::to_string(i));
    return writers;
}

Group next_group(Writer& writer) {
    const std::string payload(kPayloadBytes, 'x');
    Group group = writer.group(
        {Row{.kind = events::Kind::in,
             .payload = payload,
             .client_id =
                 "6f1b" + std::to_string(writer.number().value * 1'000'003 + writer.head().value)},
         Row{.kind = events::Kind::out, .payload = payload, .cause = writer.head().next()}});
    writer.took(group);
    return group;
}

// `sessions` sessions with `in_flight` groups each, all handed over before the first is answered.
// Making the groups is not measured.
void append_rounds(benchmark::State& state, Durability durability) {
    const auto sessions = static_cast<std::size_t>(state.range(0));
    const auto in_flight = static_cast<std::size_t>(state.range(1));
    BenchLog bench(durability);
    contract::InlineExecutor on;
    std::vector<Writer> writers = make_writers(bench.log(), sessions);
    std::size_t rows = 0;
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<std::vector<Group>> calls;
        for (std::size_t round = 0; round < in_flight; ++round) {
            std::vector<Group> groups;
            for (Writer& writer : writers) groups.push_back(next_group(writer));
            calls.push_back(std::move(groups));
        }
        Gate gate;
        state.ResumeTiming();
        for (auto& call : calls) {
            bench.log().append(std::move(call), on, [&](std::vector<AppendAnswer> answers) {
                for (const auto& answer : answers) {
                    if (answer.status != AppendStatus::ok) std::abort();
                }
                gate.open_one();
            });
        }
        gate.wait_for(in_flight);
        rows += 2 * sessions * in_flight;
    }
    const StoreStats stats = bench.log().stats();
    state.counters["rows/s"] =
        benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsRate);
    state.counters["rows/commit"] =
        static_cast<double>(stats.events) / static_cast<double>(stats.commits);
}

void append_power_loss(benchmark::State& state) {
    append_rounds(state, Durability::power_loss);
}
void append_process_crash(benchmark::State& state) {
    append_rounds(state, Durability::process_crash);
}
BENCHMARK(append_power_loss)
    ->Args({50, 1})
    ->Args({500, 1})
    ->Args({500, 16})
    ->Args({5000, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->MinTime(3.0);
BENCHMARK(append_process_crash)
    ->Args({500, 16})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->MinTime(3.0);

constexpr std::size_t kMillionSessions = 1'000;

// A million rows of 1,000 sessions.
std::vector<Writer> fill_a_million(EventLog& log) {
    std::vector<Writer> writers = make_writers(log, kMillionSessions);
    for (std::size_t rows = 0; rows < 1'000'000; rows += 2 * kMillionSessions) {
        std::vector<Group> groups;
        for (Writer& writer : writers) groups.push_back(next_group(writer));
        (void)contract::await<std::vector<AppendAnswer>>(
            [&](Executor& on, auto done) { log.append(std::move(groups), on, std::move(done)); });
    }
    return writers;
}

// The newest thousand rows of one session out of a million, page by page.
void resume_1000_of_a_million(benchmark::State& state) {
    BenchLog bench(Durability::process_crash);
    const std::vector<Writer> writers = fill_a_million(bench.log());
    std::size_t next = 0;
    for (auto _ : state) {
        const Writer& writer = writers[next++ * 7 % kMillionSessions];
        ReadRequest request{.session = writer.number(), .after = {writer.head().value - 1'000}};
        std::size_t rows = 0;
        for (bool more = true; more;) {
            const Page page = contract::await<Result<Page>>([&](Executor& inline_on, auto done) {
                                  bench.log().read(request, inline_on, std::move(done));
                              }).value();
            rows += page.events.size();
            request.after = page.scanned_to;
            more = page.more;
        }
        if (rows != 1'000) std::abort();
    }
}
BENCHMARK(resume_1000_of_a_million)->UseRealTime()->Unit(benchmark::kMicrosecond)->MinTime(2.0);

// Closing in order and opening again, with a log of a million rows.
void reopen_with_a_million(benchmark::State& state) {
    BenchLog bench(Durability::process_crash);
    (void)fill_a_million(bench.log());
    for (auto _ : state) bench.reopen();
}
BENCHMARK(reopen_with_a_million)->UseRealTime()->Unit(benchmark::kMillisecond)->MinTime(2.0);

}  // namespace
}  // namespace chartroom::storage

BENCHMARK_MAIN();
