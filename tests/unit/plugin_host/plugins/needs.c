/* Needs an extension that no host has. */
#include <chartroom/plugin.h>

static int32_t create(const chartroom_host* host, chartroom_str config, void** self,
                      chartroom_error* error) {
    (void)host, (void)config, (void)self, (void)error;
    return CHARTROOM_OK;
}
static void destroy(void* self) {
    (void)self;
}
static int32_t event(void* self, const chartroom_event* event, chartroom_error* error) {
    (void)self, (void)event, (void)error;
    return CHARTROOM_OK;
}
static const void* extension(void* self, const char* id) {
    (void)self, (void)id;
    return NULL;
}
static const chartroom_handler table = {sizeof table, 0, create, destroy, event, extension};
CHARTROOM_DEFINE_PLUGIN(
    "{\"id\": \"org.example.needs\", \"version\": \"1\", \"handles\": [\"x\"],"
    " \"needs\": [\"chartroom.telepathy/1\"]}",
    &table);
