// A configuration of any bytes is refused or accepted, never worse; what is accepted prints as a
// configuration that reads back as the same.
#include <string_view>

#include "core/app/config.hpp"
#include "core/base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chartroom;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto config = app::parse_config(text, "/fuzz/chartroom.toml", {});
    if (!config.has_value()) {
        CHECK(!config.error().problems.empty());
        return 0;
    }
    const std::string printed = app::print_config(*config);
    const auto again = app::parse_config(printed, "/fuzz/chartroom.toml", {});
    CHECK(again.has_value());
    CHECK(app::print_config(*again) == printed);
    return 0;
}
