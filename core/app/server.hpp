// The composition root: makes every part from the configuration, hands each what it needs, and runs
// them until a signal ends the server. Nothing else in the tree knows more than two of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/app/config.hpp"
#include "core/base/error.hpp"

namespace chartroom::app {

class Server {
  public:
    // Opens the log, loads the plugins and binds the addresses. Nothing is accepted yet. Before any
    // other thread of the process exists (signals are taken over here).
    // Errors: what is wrong, in which file or key, and what to do; see exit_code().
    [[nodiscard]] static base::Result<std::unique_ptr<Server>> open(Config config,
                                                                    Environment environment);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Serves until SIGTERM or SIGINT has been carried out. Ready once what the last run left open
    // has been taken up again; /readyz and systemd are told. Once.
    void run();

    // What is listened on, with the ports that were picked.
    [[nodiscard]] const std::vector<std::string>& addresses() const;

  private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// What `chartroom serve` ends with after a failed start: 1 in general, 78 (EX_CONFIG) where the
// configuration or a plugin is refused, 75 (EX_TEMPFAIL) where trying again may help (an address or
// the log in use, no space).
[[nodiscard]] int exit_code(base::Code code);

}  // namespace chartroom::app
