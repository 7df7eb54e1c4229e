/* A plugin that needs a function which nobody has: it must be refused at the start, not crash at
 * the first call. */
#include <chartroom/plugin.h>

extern int32_t function_that_nobody_has(void);

static int32_t create(const chartroom_host* host, chartroom_str config, void** self,
                      chartroom_error* error) {
    (void)host, (void)config, (void)self, (void)error;
    return function_that_nobody_has();
}

static const chartroom_handler kHandler = {.size = sizeof(chartroom_handler), .create = create};

CHARTROOM_DEFINE_PLUGIN(
    "{\"id\":\"org.example.undefined\",\"version\":\"1.0.0\",\"handles\":[\"undefined\"]}",
    &kHandler);
