/* The smallest plugin in plain C11: answers every `c_echo` with its own payload. One step is all of
 * a turn, so nothing has to be kept: the instance is nothing but the host that it was made by. */
#include <chartroom/plugin.h>

static int32_t create(const chartroom_host* host, chartroom_str config, void** self,
                      chartroom_error* error) {
    (void)config, (void)error;
    *self = (void*)(uintptr_t)host;
    return CHARTROOM_OK;
}

static void destroy(void* self) {
    (void)self;
}

static int32_t give(const chartroom_host* host, uint64_t turn, uint32_t type, const void* body) {
    const chartroom_command command = {{sizeof command, type, turn, 0, {NULL, 0}, 0, 0, 0}, body};
    return host->command(host, turn, &command);
}

static int32_t event(void* self, const chartroom_event* event, chartroom_error* error) {
    (void)error;
    if (event->head.type != CHARTROOM_EVENT_MESSAGE) return CHARTROOM_OK;
    const chartroom_host* host = self;
    const chartroom_message* message = event->body;
    /* By name: what a later version adds to the struct is zero, which means "not used". */
    const chartroom_emit emit = {.size = sizeof emit,
                                 .flags = message->flags,
                                 .cls = CHARTROOM_CLASS_LASTING,
                                 .scope = CHARTROOM_SCOPE_ONLY,
                                 .type = message->type,
                                 .payload = message->payload,
                                 .party = message->actor};
    const int32_t refused = give(host, event->head.turn, CHARTROOM_COMMAND_EMIT, &emit);
    if (refused != CHARTROOM_OK) return refused;
    const chartroom_end end = {sizeof end, 0, {NULL, 0}, {NULL, 0}};
    return give(host, event->head.turn, CHARTROOM_COMMAND_END, &end);
}

static const void* extension(void* self, const char* id) {
    (void)self, (void)id;
    return NULL;
}

static const chartroom_handler handler = {sizeof handler, 0, create, destroy, event, extension};

CHARTROOM_DEFINE_PLUGIN(
    "{\"id\":\"org.example.c-echo\",\"version\":\"1.0.0\","
    "\"handles\":[\"c_echo\"],\"turns\":\"parallel\"}",
    &handler);
