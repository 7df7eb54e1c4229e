// The crash page: a memory-mapped file that says which plugin was given which input in each thread,
// so that a plugin that takes the server down is known at the next start.
//
// A thread writes its slot before a step and clears it after. The kernel keeps the page when the
// process dies, so it costs no system call. A slot that was left written proves nothing by itself
// (kill -9, a power cut); only the handler of a fatal signal, which runs in the guilty thread, and
// the watchdog set a slot's flag, and only flagged slots name culprits.
//
// Layout: Header, kBuilds build rows, kSlots slots (crash_page.cpp). A file that is not this is
// replaced. Valid in one process at a time: the log's lock sees to that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace chartroom::plugin_host {

// An input that took the server down the last time.
struct Culprit {
    std::string build;    // as HandlerInfo::build; empty if it was too long for the page
    std::string key;      // of the input: for the quarantine table and PluginHost::refuse()
    std::string session;  // where it was being handled (cut to 255 bytes)
};

// A step that does not return.
struct Hung {
    std::string build;
    std::string session;
    std::int64_t running_us = 0;
};

struct CrashPageLayout;
struct CrashSlot;

class CrashPage {
  public:
    // Opens `file` or makes it (0600), takes note of its culprits and wipes it. `random` gives the
    // key of a new file. Errors: io.
    [[nodiscard]] static base::Result<std::unique_ptr<CrashPage>> open(
        const std::filesystem::path& file, base::Random& random);
    ~CrashPage();
    CrashPage(const CrashPage&) = delete;
    CrashPage& operator=(const CrashPage&) = delete;

    // What the file named when it was opened.
    [[nodiscard]] const std::vector<Culprit>& culprits() const { return culprits_; }

    // Gives a build a row of the page; the same text gets the same row. Any thread. Over kBuilds,
    // or too long: a row without a text, whose culprits are known by their key alone.
    [[nodiscard]] std::uint32_t add_build(std::string_view build);

    // Names an input: the same for the same build, type and bytes, in this state directory only.
    [[nodiscard]] std::uint64_t key_of(std::string_view build, std::string_view type,
                                       std::string_view bytes) const;
    [[nodiscard]] std::uint64_t hash(std::string_view bytes) const;
    [[nodiscard]] std::uint64_t combine(std::uint64_t build_hash, std::string_view type,
                                        std::string_view bytes) const;
    [[nodiscard]] static std::string to_text(std::uint64_t key);

    // Marks this thread as being in a step, for the scope's life.
    class Step {
      public:
        Step(CrashPage& page, std::uint32_t build, std::uint64_t key, std::string_view session,
             std::int64_t started_us);
        ~Step();
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

      private:
        CrashSlot* slot_;  // null: more threads than kSlots, this one is not marked
    };

    // A step that began before `started_before_us`, flagged as a culprit. Any thread.
    [[nodiscard]] std::optional<Hung> flag_hung(std::int64_t now_us, std::int64_t running_us_max);

    // Flags the slot of the thread in which SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGABRT arrives,
    // then lets the signal do what it would have done. For the process, once; threads that make a
    // Step get a stack for it, since the cause may be that theirs has run out.
    static void catch_fatal_signals();

  private:
    CrashPage(CrashPageLayout* layout, int file);
    [[nodiscard]] CrashSlot* slot_of_this_thread();
    void take_culprits();

    CrashPageLayout* layout_;
    int file_;
    std::uint64_t id_;  // tells pages of one process apart
    std::vector<Culprit> culprits_;
    std::mutex builds_mutex_;
};

}  // namespace chartroom::plugin_host
