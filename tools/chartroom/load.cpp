#include "tools/chartroom/load.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <deque>
#include <vector>

#include "tools/chartroom/ws_client.hpp"

namespace chartroom::tool {
namespace {

using base::Code;
using base::fail;

constexpr int kConnectTimeoutMs = 10'000;
constexpr std::int64_t kGraceUs = 5'000'000;
constexpr std::int64_t kProgressUs = 500'000;
constexpr int kEventsMax = 512;
constexpr std::uint64_t kErrorsMax = 1'000;  // then the run is pointless

std::int64_t now_us() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// A descriptor a connection, and some for the process itself.
void raise_file_limit(std::size_t connections) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, connections + 64);
    setrlimit(RLIMIT_NOFILE, &limit);  // connecting says if it was not enough
}

std::string_view value_of(std::string_view frame, std::string_view name) {
    for (auto at = frame.find(name); at != std::string_view::npos; at = frame.find(name, at + 1)) {
        const auto after = at + name.size();
        if (at > 0 && frame[at - 1] == '"' && frame.substr(after).starts_with("\":")) {
            return frame.substr(after + 2);
        }
    }
    return {};
}

struct Connection {
    WsClient socket;
    bool open = false;  // session.live was seen
    bool lost = false;
    bool wants_out = false;    // EPOLLOUT is asked for
    std::uint64_t offset = 0;  // the newest that the server told: `since` of the next message
    std::uint64_t sent = 0;
    std::deque<std::int64_t> waiting;  // when each unanswered message was due, oldest first
};

class Load {
  public:
    Load(const LoadOptions& options, const std::function<void(double, std::uint64_t)>& progress)
        : options_(options),
          progress_(progress),
          epoll_(epoll_create1(EPOLL_CLOEXEC)),
          data_(",\"data\":{\"content\":\"" + std::string(options.bytes, 'x') + "\"}}") {}
    ~Load() { close(epoll_); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    base::Result<LoadResult> run() {
        if (auto connected = connect_all(); !connected.has_value()) {
            return std::unexpected(connected.error());
        }
        begin_ = now_us();
        measure_from_ = options_.messages > 0 ? begin_ : begin_ + to_us(options_.warmup_seconds);
        measure_to_ = measure_from_ + to_us(options_.seconds);
        next_progress_ = begin_ + kProgressUs;
        loop();
        result_.seconds = static_cast<double>(stopped_ - measure_from_) / 1e6;
        for (const auto& connection : connections_) result_.unanswered += connection.waiting.size();
        return std::move(result_);
    }

  private:
    static std::int64_t to_us(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

    base::Result<void> connect_all() {
        const auto url = parse_ws_url(options_.url);
        if (!url.has_value()) return std::unexpected(url.error());
        raise_file_limit(options_.connections);
        connections_.resize(options_.connections);
        std::vector<std::string> headers;
        if (!options_.token.empty()) headers.push_back("Authorization: Bearer " + options_.token);
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            auto socket = WsClient::connect(*url, headers, kConnectTimeoutMs);
            if (!socket.has_value()) return std::unexpected(socket.error());
            Connection& connection = connections_[i];
            connection.socket = std::move(*socket);
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket.fd(), &event);
            connection.socket.queue_text(R"({"type":"session.open"})");
            flush(i);
        }
        const std::int64_t deadline = now_us() + kConnectTimeoutMs * 1000;
        while (opened_ < connections_.size()) {
            if (now_us() > deadline || result_.errors > 0) {
                return fail(
                    Code::io,
                    "only " + std::to_string(opened_) + " of " +
                        std::to_string(connections_.size()) + " sessions opened" +
                        (result_.first_error.empty() ? std::string() : ": " + result_.first_error));
            }
            poll_once(100);
        }
        return {};
    }

    void loop() {
        const bool by_count = options_.messages > 0;
        if (options_.rate <= 0) {
            for (std::size_t i = 0; i < connections_.size(); ++i) fill(i);
        }
        while (true) {
            const std::int64_t now = now_us();
            if (result_.errors > kErrorsMax) break;
            if (by_count ? answered_ >= options_.messages : now >= measure_to_) break;
            if (options_.rate > 0) send_due(now);
            poll_once(options_.rate > 0 ? 1 : 100);
            if (now >= next_progress_) {
                progress_(static_cast<double>(now - begin_) / 1e6, answered_);
                next_progress_ = now + kProgressUs;
            }
        }
        stopped_ = now_us();
        stopping_ = true;
        while (outstanding_ > 0 && now_us() < stopped_ + kGraceUs) poll_once(100);
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            connections_[i].socket.queue_close(1000);
            flush(i);
        }
    }

    // Hands over every message that is due by the offered rate, to connections that are free. One
    // that finds none keeps its due time, so that waiting counts (no coordinated omission).
    void send_due(std::int64_t now) {
        const double gap_us = 1e6 / options_.rate;
        while (true) {
            const auto due =
                begin_ + static_cast<std::int64_t>(static_cast<double>(offered_) * gap_us);
            if (due > now || all_sent()) return;
            std::size_t tried = 0;
            while (tried < connections_.size() && !is_free(connections_[turn_])) {
                turn_ = (turn_ + 1) % connections_.size();
                ++tried;
            }
            if (tried == connections_.size()) return;
            ++offered_;
            send_one(connections_[turn_], due);
            flush(turn_);
            turn_ = (turn_ + 1) % connections_.size();
        }
    }

    [[nodiscard]] bool is_free(const Connection& connection) const {
        return !connection.lost && connection.waiting.size() < options_.in_flight;
    }
    [[nodiscard]] bool all_sent() const {
        return options_.messages > 0 && sent_ >= options_.messages;
    }

    void fill(std::size_t i) {
        Connection& connection = connections_[i];
        const std::int64_t now = now_us();
        while (is_free(connection) && !all_sent()) send_one(connection, now);
        flush(i);
    }

    void send_one(Connection& connection, std::int64_t due) {
        message_.assign(R"({"type":"echo","id":"m)");
        message_ += std::to_string(++connection.sent);
        message_ += R"(","since":)";
        message_ += std::to_string(connection.offset);
        message_ += data_;
        connection.socket.queue_text(message_);
        connection.waiting.push_back(due);
        ++sent_;
        ++outstanding_;
    }

    void poll_once(int timeout_ms) {
        epoll_event events[kEventsMax];
        const int n = epoll_wait(epoll_, events, kEventsMax, timeout_ms);
        for (int k = 0; k < n; ++k) {
            const auto i = static_cast<std::size_t>(events[k].data.u64);
            if ((events[k].events & EPOLLOUT) != 0) flush(i);
            if ((events[k].events & ~static_cast<unsigned>(EPOLLOUT)) != 0) receive(i);
        }
    }

    void flush(std::size_t i) {
        Connection& connection = connections_[i];
        if (connection.lost) return;
        const auto done = connection.socket.flush();
        if (!done.has_value()) return lose(i, done.error().message);
        if (*done != connection.wants_out) return;  // asked for exactly when something is left
        connection.wants_out = !*done;
        epoll_event event{.events = EPOLLIN | (connection.wants_out ? EPOLLOUT : 0u),
                          .data = {.u64 = i}};
        epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket.fd(), &event);
    }

    void receive(std::size_t i) {
        Connection& connection = connections_[i];
        if (connection.lost) return;
        const auto alive = connection.socket.receive();
        const std::int64_t now = now_us();
        while (true) {
            const auto frame = connection.socket.next_text();
            if (!frame.has_value()) return lose(i, frame.error().message);
            if (!frame->has_value()) break;
            take(connection, **frame, now);
        }
        if (!alive.has_value()) return lose(i, alive.error().message);
        if (!*alive) return lose(i, "the server hung up");
        if (!stopping_ && begin_ > 0 && options_.rate <= 0) {
            fill(i);
        } else {
            flush(i);
        }
    }

    void take(Connection& connection, std::string_view frame, std::int64_t now) {
        const auto type = frame_text(frame, "type");
        if (type == "error") {
            ++result_.errors;
            if (result_.first_error.empty()) {
                result_.first_error = std::string(frame_text(frame, "code")) + ": " +
                                      std::string(frame_text(frame, "message"));
            }
            if (!connection.waiting.empty()) settle(connection);
            return;
        }
        if (type == "session.live" && !connection.open) {
            connection.open = true;
            ++opened_;
        }
        connection.offset = std::max(connection.offset, frame_number(frame, "offset"));
        if (type != "echo" || connection.waiting.empty()) return;
        const std::int64_t due = connection.waiting.front();
        settle(connection);
        ++answered_;
        if (!stopping_ && due >= measure_from_) {
            ++result_.messages;
            result_.latency_us.add(static_cast<std::uint64_t>(now - due));
        }
    }

    void settle(Connection& connection) {
        connection.waiting.pop_front();
        --outstanding_;
    }

    void lose(std::size_t i, const std::string& why) {
        Connection& connection = connections_[i];
        connection.lost = true;
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket.fd(), nullptr);
        outstanding_ -= connection.waiting.size();
        ++result_.errors;
        if (result_.first_error.empty()) result_.first_error = why;
    }

    const LoadOptions& options_;
    const std::function<void(double, std::uint64_t)>& progress_;
    const int epoll_;
    const std::string data_;  // the end of every message
    std::string message_;     // reused
    std::vector<Connection> connections_;
    std::size_t opened_ = 0;
    std::size_t turn_ = 0;
    std::uint64_t offered_ = 0, sent_ = 0, answered_ = 0;
    std::size_t outstanding_ = 0;
    std::int64_t begin_ = 0, measure_from_ = 0, measure_to_ = 0, stopped_ = 0, next_progress_ = 0;
    bool stopping_ = false;
    LoadResult result_;
};

}  // namespace

std::string_view frame_text(std::string_view frame, std::string_view name) {
    auto value = value_of(frame, name);
    if (!value.starts_with('"')) return {};
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
}

std::uint64_t frame_number(std::string_view frame, std::string_view name) {
    const auto value = value_of(frame, name);
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
}

base::Result<LoadResult> run_load(const LoadOptions& options,
                                  const std::function<void(double, std::uint64_t)>& progress) {
    return Load(options, progress).run();
}

}  // namespace chartroom::tool
