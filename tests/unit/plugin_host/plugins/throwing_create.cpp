// A plugin whose handler cannot be made.
#include <chartroom/plugin.hpp>

namespace {

struct Unhappy : chartroom::Handler {
    Unhappy() { throw std::runtime_error("the model file is missing"); }
    chartroom::Task on_message(chartroom::Turn, chartroom::Message) override { co_return; }
};

}  // namespace

CHARTROOM_PLUGIN(Unhappy, R"({"id": "org.example.unhappy", "version": "1", "handles": ["x"]})")
