// A plugin of no wrapper, in C++, that lets an exception out of its event function.
#include <chartroom/plugin.h>

#include <stdexcept>

namespace {

std::int32_t create(const chartroom_host*, chartroom_str, void** self, chartroom_error*) {
    *self = nullptr;
    return CHARTROOM_OK;
}
void destroy(void*) {}
std::int32_t event(void*, const chartroom_event*, chartroom_error*) {
    throw std::runtime_error("out it goes");
}
const void* extension(void*, const char*) {
    return nullptr;
}

constexpr chartroom_handler kTable{sizeof(chartroom_handler), 0, create, destroy, event, extension};

}  // namespace

extern "C" {
CHARTROOM_DEFINE_PLUGIN(R"({"id": "org.example.leaky", "version": "1", "handles": ["x"]})",
                        &kTable);
}
