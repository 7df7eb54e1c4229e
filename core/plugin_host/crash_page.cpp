#include "core/plugin_host/crash_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <span>

#include "core/base/check.hpp"
#include "core/plugin_host/siphash.hpp"

namespace chartroom::plugin_host {

namespace {

constexpr std::uint64_t kMagic = 0x6567617068736372;  // "rcshpage"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSlots = 256;
constexpr std::size_t kBuilds = 64;
constexpr std::size_t kBuildBytesMax = 4096;
constexpr std::size_t kSessionBytesMax = 255;
constexpr std::size_t kSignalStackBytes = 64u << 10;

struct BuildRow {
    std::uint32_t length;
    char text[kBuildBytesMax];
};

}  // namespace

struct CrashSlot {
    std::atomic<std::uint32_t> busy;
    std::atomic<std::uint32_t> flagged;
    std::uint32_t build;
    std::uint32_t session_length;
    std::uint64_t key;
    std::atomic<std::int64_t> started_us;
    char session[kSessionBytesMax + 1];
};

struct CrashPageLayout {
    std::uint64_t magic;
    std::uint32_t version;
    std::atomic<std::uint32_t> slots_taken;
    SipKey key;
    std::atomic<std::uint32_t> builds_taken;
    std::uint32_t reserved;
    BuildRow builds[kBuilds];
    CrashSlot slots[kSlots];
};

namespace {

// The thread's slot, for the signal handler and so that it is looked up once. A page is told from
// one at the same address before it by its id.
thread_local CrashSlot* t_slot = nullptr;
thread_local std::uint64_t t_page = 0;

// A stack for the signal handler, for the thread's life.
class SignalStack {
  public:
    SignalStack() : bytes_(std::make_unique<char[]>(kSignalStackBytes)) {
        stack_t mine{};
        mine.ss_sp = bytes_.get();
        mine.ss_size = kSignalStackBytes;
        installed_ = sigaltstack(nullptr, &before_) == 0 && (before_.ss_flags & SS_DISABLE) != 0 &&
                     sigaltstack(&mine, nullptr) == 0;
    }
    ~SignalStack() {
        if (installed_) sigaltstack(&before_, nullptr);
    }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

  private:
    std::unique_ptr<char[]> bytes_;
    stack_t before_{};
    bool installed_ = false;
};

// What was installed before us. Static because a signal handler has no other way to reach it.
constexpr std::array kFatalSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
std::array<struct sigaction, 65> g_before{};

// Async-signal-safe: it touches this thread's slot and calls sigaction and raise.
extern "C" void on_fatal_signal(int signal) {
    CrashSlot* slot = t_slot;
    if (slot != nullptr && slot->busy.load(std::memory_order_relaxed) != 0)
        slot->flagged.store(1, std::memory_order_relaxed);
    sigaction(signal, &g_before.at(static_cast<std::size_t>(signal)), nullptr);
    raise(signal);  // blocked until we return, then as if we had not been there
}

base::Result<void*> map_file(int file) {
    if (ftruncate(file, sizeof(CrashPageLayout)) != 0)
        return base::fail(base::Code::io, std::strerror(errno));
    void* memory =
        mmap(nullptr, sizeof(CrashPageLayout), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) return base::fail(base::Code::io, std::strerror(errno));
    return memory;
}

void make_new(CrashPageLayout& layout, base::Random& random) {
    std::memset(static_cast<void*>(&layout), 0, sizeof layout);
    layout.version = kVersion;
    layout.key = {random.u64(), random.u64()};
    layout.magic = kMagic;
}

std::string build_text(const CrashPageLayout& layout, std::uint32_t row) {
    if (row >= kBuilds) return {};
    const BuildRow& build = layout.builds[row];
    return {build.text, std::min<std::size_t>(build.length, kBuildBytesMax)};
}

std::string session_text(const CrashSlot& slot) {
    return {slot.session, std::min<std::size_t>(slot.session_length, kSessionBytesMax)};
}

}  // namespace

base::Result<std::unique_ptr<CrashPage>> CrashPage::open(const std::filesystem::path& path,
                                                         base::Random& random) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return base::fail(base::Code::io, "cannot open the crash page " + path.string() + ": " +
                                              std::strerror(errno));
    const auto memory = map_file(file);
    if (!memory) {
        ::close(file);
        return base::fail(base::Code::io, "cannot map the crash page " + path.string() + ": " +
                                              memory.error().message);
    }
    auto* layout = static_cast<CrashPageLayout*>(*memory);
    if (layout->magic != kMagic || layout->version != kVersion) make_new(*layout, random);
    std::unique_ptr<CrashPage> page(new CrashPage(layout, file));
    page->take_culprits();
    return page;
}

CrashPage::CrashPage(CrashPageLayout* layout, int file) : layout_(layout), file_(file) {
    static std::atomic<std::uint64_t> next_id{1};
    id_ = next_id.fetch_add(1);
}

CrashPage::~CrashPage() {
    if (t_page == id_) {
        t_slot = nullptr;
        t_page = 0;
    }
    munmap(layout_, sizeof(CrashPageLayout));
    ::close(file_);
}

void CrashPage::take_culprits() {
    for (CrashSlot& slot : layout_->slots) {
        if (slot.busy != 0 && slot.flagged != 0)
            culprits_.push_back(
                {build_text(*layout_, slot.build), to_text(slot.key), session_text(slot)});
    }
    std::memset(static_cast<void*>(layout_->slots), 0, sizeof layout_->slots);
    std::memset(layout_->builds, 0, sizeof layout_->builds);
    layout_->slots_taken = 0;
    layout_->builds_taken = 0;
}

std::uint32_t CrashPage::add_build(std::string_view build) {
    const std::lock_guard lock(builds_mutex_);
    const std::uint32_t taken = layout_->builds_taken;
    for (std::uint32_t row = 0; row < taken; ++row)
        if (build_text(*layout_, row) == build) return row;
    if (taken == kBuilds || build.size() > kBuildBytesMax) return kBuilds;
    BuildRow& row = layout_->builds[taken];
    build.copy(row.text, build.size());
    row.length = static_cast<std::uint32_t>(build.size());
    layout_->builds_taken = taken + 1;
    return taken;
}

std::uint64_t CrashPage::hash(std::string_view bytes) const {
    return siphash(layout_->key, bytes);
}

std::uint64_t CrashPage::combine(std::uint64_t build_hash, std::string_view type,
                                 std::string_view bytes) const {
    const std::array<std::uint64_t, 3> parts{build_hash, hash(type), hash(bytes)};
    return hash({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

std::uint64_t CrashPage::key_of(std::string_view build, std::string_view type,
                                std::string_view bytes) const {
    return combine(hash(build), type, bytes);
}

std::string CrashPage::to_text(std::uint64_t key) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i)
        bytes.at(i) = static_cast<std::uint8_t>(key >> (56 - 8 * i));
    return base::to_hex(bytes);
}

CrashSlot* CrashPage::slot_of_this_thread() {
    if (t_page == id_) return t_slot;
    static thread_local SignalStack stack;
    const std::uint32_t taken = layout_->slots_taken.fetch_add(1);
    t_slot = taken < kSlots ? &layout_->slots[taken] : nullptr;
    t_page = id_;
    return t_slot;
}

CrashPage::Step::Step(CrashPage& page, std::uint32_t build, std::uint64_t key,
                      std::string_view session, std::int64_t started_us)
    : slot_(page.slot_of_this_thread()) {
    if (slot_ == nullptr) return;
    CHECK(slot_->busy.load(std::memory_order_relaxed) == 0);
    slot_->build = build;
    slot_->key = key;
    slot_->session_length =
        static_cast<std::uint32_t>(session.copy(slot_->session, kSessionBytesMax));
    slot_->started_us.store(started_us, std::memory_order_relaxed);
    slot_->busy.store(1, std::memory_order_release);
}

// A session's name may be a person's: none stays in the file once its step is over.
CrashPage::Step::~Step() {
    if (slot_ == nullptr) return;
    slot_->busy.store(0, std::memory_order_release);
    std::fill_n(slot_->session, slot_->session_length, '\0');
    slot_->session_length = 0;
}

std::optional<Hung> CrashPage::flag_hung(std::int64_t now_us, std::int64_t running_us_max) {
    const std::size_t taken = std::min<std::size_t>(layout_->slots_taken, kSlots);
    for (CrashSlot& slot : std::span(layout_->slots).first(taken)) {
        if (slot.busy.load(std::memory_order_acquire) == 0) continue;
        const std::int64_t running = now_us - slot.started_us.load(std::memory_order_relaxed);
        if (running < running_us_max) continue;
        slot.flagged.store(1, std::memory_order_relaxed);
        return Hung{build_text(*layout_, slot.build), session_text(slot), running};
    }
    return std::nullopt;
}

void CrashPage::catch_fatal_signals() {
    static std::once_flag once;
    std::call_once(once, [] {
        for (const int signal : kFatalSignals) {
            struct sigaction ours{};
            ours.sa_handler = on_fatal_signal;
            ours.sa_flags = SA_ONSTACK;
            sigemptyset(&ours.sa_mask);
            sigaction(signal, &ours, &g_before.at(static_cast<std::size_t>(signal)));
        }
    });
}

}  // namespace chartroom::plugin_host
