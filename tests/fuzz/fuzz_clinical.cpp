#include "tests/fuzz/dialect_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chartroom::fuzz::drive_dialect("clinical", chartroom::fuzz::Frames::json, data, size);
    return 0;
}
