// chartroom chat: a conversation at the terminal, over the native protocol. It reconnects by itself
// and continues where it stopped, in the middle of an answer too.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/random.hpp"
#include "tools/chartroom/chat_session.hpp"
#include "tools/chartroom/chat_view.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/ws_client.hpp"

namespace chartroom::tool {
namespace {

constexpr int kConnectTimeoutMs = 5'000;
constexpr int kBackoffFirstMs = 100;
constexpr int kBackoffMostMs = 5'000;
constexpr std::size_t kLineBytesMax = 64u << 10;

volatile std::sig_atomic_t g_interrupts = 0;

struct Options {
    std::string url = "ws://127.0.0.1:8000/v1/session";
    std::string token;
    std::string session;
    std::string send;  // one message, then leave
    bool all = false;
    bool json = false;
};

class Chat {
  public:
    Chat(const Options& options, std::string id_prefix, bool colour)
        : options_(options),
          session_({.session = options.session,
                    .after = options.all ? std::optional<std::uint64_t>(0) : std::nullopt,
                    .id_prefix = std::move(id_prefix)}),
          view_(colour) {}

    int run() {
        const auto url = parse_ws_url(options_.url);
        if (!url.has_value()) return cannot(url.error().message);
        if (!options_.send.empty()) {
            (void)session_.send(options_.send);  // rides with the opening
            input_ended_ = true;
        }
        int backoff_ms = kBackoffFirstMs;
        bool ever_opened = false;
        while (!leaving()) {
            std::vector<std::string> headers;
            if (!options_.token.empty()) {
                headers.push_back("Authorization: Bearer " + options_.token);
            }
            auto client = WsClient::connect(*url, headers, kConnectTimeoutMs);
            if (client.has_value()) {
                const bool opened = talk(*client);
                if (opened) backoff_ms = kBackoffFirstMs;
                ever_opened = ever_opened || opened;
                session_.disconnected();
            } else if (!ever_opened || client.error().code == base::Code::forbidden) {
                return cannot(client.error().message);
            }
            if (!turned_away_.empty()) return cannot(turned_away_);
            if (leaving()) break;
            note("connection lost, trying again");
            poll(nullptr, 0, backoff_ms);
            backoff_ms = std::min(backoff_ms * 2, kBackoffMostMs);
        }
        if (!options_.json && !session_.name().empty()) note("session " + session_.name());
        return session_.idle() ? kDone : kFailed;
    }

  private:
    static int cannot(const std::string& why) {
        std::fprintf(stderr, "chartroom chat: %s\n", why.c_str());
        return kCannot;
    }
    static void note(const std::string& what) { std::fprintf(stderr, "[%s]\n", what.c_str()); }

    [[nodiscard]] bool leaving() const {
        return quit_ || (input_ended_ && session_.idle()) ||
               (g_interrupts > 0 && !session_.answering());
    }

    // Until the connection is gone or the person leaves. Whether the session was opened.
    bool talk(WsClient& client) {
        client.queue_text(session_.open_frame());
        while (true) {
            const auto flushed = client.flush();
            if (!flushed.has_value()) return session_.is_open();
            if (leaving()) {
                client.queue_close(1000);
                [[maybe_unused]] const auto sent = client.flush();  // who has gone needs no goodbye
                return session_.is_open();
            }
            pollfd fds[2] = {
                {client.fd(), static_cast<short>(*flushed ? POLLIN : POLLIN | POLLOUT), 0},
                {input_ended_ ? -1 : STDIN_FILENO, POLLIN, 0}};
            if (poll(fds, 2, -1) < 0) {  // a signal
                if (g_interrupts > 0 && !stop_answer(client)) return session_.is_open();
                continue;
            }
            if (fds[1].revents != 0) read_input(client);
            if (fds[0].revents != 0 && !read_socket(client)) return session_.is_open();
        }
    }

    // The first Ctrl-C stops the answer, the second leaves. False: leave.
    bool stop_answer(WsClient& client) {
        if (!session_.answering() || cancelled_) {
            quit_ = true;
            return false;
        }
        g_interrupts = 0;
        cancelled_ = true;
        for (const auto& frame : session_.cancel()) client.queue_text(frame);
        return true;
    }

    void read_input(WsClient& client) {
        char buffer[4096];
        const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
        if (n <= 0) {
            input_ended_ = true;
            if (!line_.empty()) submit(client, std::exchange(line_, {}));
            return;
        }
        line_.append(buffer, static_cast<std::size_t>(n));
        for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
            const std::string line = line_.substr(0, end);
            line_.erase(0, end + 1);
            submit(client, line);
        }
        if (line_.size() > kLineBytesMax) submit(client, std::exchange(line_, {}));
    }

    void submit(WsClient& client, const std::string& line) {
        if (line.empty()) return;
        if (line == "/quit") {
            quit_ = true;
            return;
        }
        cancelled_ = false;
        const auto frames = line == "/stop" ? session_.cancel() : session_.send(line);
        for (const auto& frame : frames) client.queue_text(frame);
    }

    // False: the connection is over.
    bool read_socket(WsClient& client) {
        const auto alive = client.receive();
        while (true) {
            const auto frame = client.next_text();
            if (!frame.has_value()) {
                if (frame.error().code == base::Code::forbidden) {
                    turned_away_ = printable(frame.error().message);
                } else {
                    note(printable(frame.error().message));
                }
                return false;
            }
            if (!frame->has_value()) break;
            nlohmann::json parsed;
            const auto taken = session_.take(**frame, parsed);
            if (taken.foreign) {
                turned_away_ = "that route does not speak the native protocol; see --url";
                return false;
            }
            if (taken.gap) return false;
            for (const auto& out : taken.frames) client.queue_text(out);
            if (options_.json) {
                std::printf("%.*s\n", static_cast<int>((*frame)->size()), (*frame)->data());
            } else if (taken.show) {
                std::fputs(view_.show(parsed).c_str(), stdout);
            }
        }
        std::fflush(stdout);
        return alive.has_value() && *alive;
    }

    const Options& options_;
    ChatSession session_;
    ChatView view_;
    std::string line_;
    bool input_ended_ = false;
    bool cancelled_ = false;
    bool quit_ = false;
    std::string turned_away_;  // why it is no use to connect again
};

int chat(const Options& options) {
    struct sigaction action{};
    action.sa_handler = [](int) { g_interrupts = g_interrupts + 1; };
    sigaction(SIGINT, &action, nullptr);  // without SA_RESTART: poll() has to return
    const char* no_colour = std::getenv("NO_COLOR");
    const bool colour =
        isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || no_colour[0] == '\0');
    base::SystemRandom random;
    return Chat(options, base::make_uuid(random).substr(0, 8) + "-", colour).run();
}

}  // namespace

void add_chat(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("chat", "Chat at the terminal");
    command->add_option("--url", options->url, "A native route, ws: only; for TLS use a proxy")
        ->capture_default_str();
    command->add_option("--token", options->token, "A token to show; without: anonymous")
        ->envname("CHARTROOM_TOKEN");
    command->add_option("--session", options->session,
                        "A session to go on with, by its name; without: a new one");
    command->add_flag("--all", options->all, "Show the session from its beginning");
    command->add_option("--send", options->send, "Send this one message, show the answer, leave");
    command->add_flag("--json", options->json, "Print the server's frames as they come");
    command->footer(
        "/stop or Ctrl-C stops an answer, /quit or Ctrl-C again leaves. NO_COLOR is respected.\n"
        "A lost connection is made again, and goes on where it stopped.\n"
        "Exit: 0 all answered, 1 left with something unanswered, 2 could not connect or was turned "
        "away.");
    command->callback([options, &exit] { exit = chat(*options); });
}

}  // namespace chartroom::tool
