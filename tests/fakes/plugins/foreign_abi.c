/* A plugin of an ABI that does not exist yet. */
#include <chartroom/plugin.h>

#undef CHARTROOM_ABI_MAJOR
#define CHARTROOM_ABI_MAJOR 8

static const chartroom_handler kHandler = {.size = sizeof(chartroom_handler)};

CHARTROOM_DEFINE_PLUGIN(
    "{\"id\":\"org.example.foreign\",\"version\":\"1.0.0\",\"handles\":[\"foreign\"]}", &kHandler);
