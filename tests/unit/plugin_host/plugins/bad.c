/* Plugins that the host must refuse, chosen by a macro each. None of them must ever run: their
 * constructor ends the process. */
#include <chartroom/plugin.h>
#include <stdlib.h>

#if !defined(BAD_RUNS)
__attribute__((constructor)) static void constructor(void) {
    abort();
}
#endif

#if defined(BAD_ORDINARY)

int an_ordinary_function(void);
int an_ordinary_function(void) {
    return 1;
}

#elif defined(BAD_ABI)

/* As an SDK of another version would have written it. */
static const struct {
    chartroom_section head;
    char manifest[3];
    char toolchain[5];
} section __attribute__((section(CHARTROOM_MANIFEST_SECTION), used)) = {
    {CHARTROOM_MAGIC, sizeof(chartroom_section), BAD_ABI, 7, BAD_HOST_MINOR, 2, 4, 0},
    "{}",
    "C 99"};

#else

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
#if defined(BAD_UNDEFINED)
    extern int no_library_has_this(void);
    return no_library_has_this();
#else
    return CHARTROOM_OK;
#endif
}
static const void* extension(void* self, const char* id) {
    (void)self, (void)id;
    return NULL;
}

#if !defined(BAD_TABLE_SIZE)
#define BAD_TABLE_SIZE sizeof(chartroom_handler)
#endif
#if !defined(BAD_MANIFEST)
#define BAD_MANIFEST "{\"id\": \"org.example.bad\", \"version\": \"1\", \"handles\": [\"x\"]}"
#endif
static const chartroom_handler table = {BAD_TABLE_SIZE, 0, create, destroy, event, extension};
CHARTROOM_DEFINE_PLUGIN(BAD_MANIFEST, &table);

#endif
