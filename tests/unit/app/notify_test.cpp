#include "core/app/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

namespace chartroom::app {
namespace {

TEST(NotifySupervisor, SendsOneDatagramToTheSocketThatTheEnvironmentNames) {
    char folder[] = "/tmp/chartroom-notify-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/socket";
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

    notify_supervisor({{"NOTIFY_SOCKET", path}}, "READY=1");

    char buffer[64];
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    EXPECT_EQ(std::string(buffer, n > 0 ? static_cast<std::size_t>(n) : 0), "READY=1");
    close(fd);
    std::filesystem::remove_all(folder);
}

TEST(NotifySupervisor, DoesNothingWithoutASocketOrWithAnAbsurdOne) {
    notify_supervisor({}, "READY=1");
    notify_supervisor({{"NOTIFY_SOCKET", "relative"}}, "READY=1");
    notify_supervisor({{"NOTIFY_SOCKET", "/" + std::string(500, 'x')}}, "READY=1");
    notify_supervisor({{"NOTIFY_SOCKET", "/nobody/there"}}, "READY=1");
}

}  // namespace
}  // namespace chartroom::app
