/* The Chartroom plugin ABI, version 1.1. C11, and valid C++.
 *
 * A plugin is a shared object with one exported data symbol, `chartroom_plugin_entry`. The host
 * gives it events and takes commands; everything that crosses is in this file. C++ authors include
 * plugin.hpp instead, which puts coroutines on top of it.
 *
 * STATES. An instance is CREATED by create() and DESTROYED by destroy(). Between the two the host
 * delivers events, each in a STEP: from the call of event() to its return. A turn is OPEN from its
 * MESSAGE to its END command, its DISCARD event, or a step of it that failed; after that its number
 * is STALE and never used again.
 *
 * THREADS. Every function below is tagged:
 *   [setup]      a thread of the host; no other call into this instance is in progress
 *   [step]       only inside a step, on the thread that is in it
 *   [any-thread] from any thread while the instance is created
 *   [pool]       a thread of the host's pool, in parallel to everything else
 * Steps of one session never overlap. Steps of different sessions do, unless the manifest says
 * "concurrency":"serial". A step must not block: 50 ms are logged, 10 s end the process.
 *
 * MEMORY. Texts and arrays belong to whoever made them and are valid for the duration of the call
 * only: copy what must outlive it. Nobody frees the other side's memory.
 *
 * GROWTH. A struct says its own size and grows at the tail only, so a reader looks at no field
 * beyond `size`. Minor versions add fields, event types and command types; an unknown event type is
 * to be ignored. What would break is a new extension id. No field has an enumeration's type: its
 * width is not fixed by C.
 *
 * FAILURE. A function that can fail returns CHARTROOM_OK or one of CHARTROOM_E_*. No exception and
 * no longjmp leaves a function of either side.
 */
#ifndef CHARTROOM_PLUGIN_H
#define CHARTROOM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHARTROOM_ABI_MAJOR 1
#define CHARTROOM_ABI_MINOR 1
#define CHARTROOM_MAGIC UINT64_C(0x316d6f6f72747263) /* "crtroom1" read as little endian */
#define CHARTROOM_MANIFEST_SECTION ".chartroom"
#define CHARTROOM_ENTRY_SYMBOL "chartroom_plugin_entry"

/* ---- results ----------------------------------------------------------------------------------
 */

enum {
    CHARTROOM_OK = 0,
    CHARTROOM_E_INVALID = 1,     /* a struct, a number, UTF-8 or JSON that is not what it must be */
    CHARTROOM_E_GONE = 2,        /* the turn has ended, or never was */
    CHARTROOM_E_THREAD = 3,      /* not from the step of this turn; the host logs it */
    CHARTROOM_E_BUDGET = 4,      /* too many commands or bytes: the host ends the turn as failed */
    CHARTROOM_E_DENIED = 5,      /* the manifest does not ask for the capability */
    CHARTROOM_E_UNSUPPORTED = 6, /* this host does not know the command type */
    CHARTROOM_E_FAILED = 7       /* the plugin's own failure; the text is in chartroom_error */
};

/* ---- building blocks --------------------------------------------------------------------------
 */

/* Bytes, not terminated by a zero. UTF-8 unless a field says bytes. data may be NULL if size is 0.
 */
typedef struct chartroom_str {
    const char* data;
    uint64_t size;
} chartroom_str;

/* A text for the host's log, written into the caller's buffer. Never a message's content. */
typedef struct chartroom_error {
    uint32_t size;     /* of this struct */
    uint32_t capacity; /* of text, in bytes; longer texts are cut */
    char* text;
    uint32_t length; /* in: 0; out: bytes written */
    uint32_t reserved;
} chartroom_error;

/* What an event and a command begin with. Frozen: what follows it may grow. */
typedef struct chartroom_head {
    uint32_t size; /* of the whole event or command struct */
    uint32_t type; /* CHARTROOM_EVENT_* or CHARTROOM_COMMAND_* */
    uint64_t turn; /* the turn's number; never 0 */
    uint64_t op;   /* the op that this is about; 0: none */
    /* Of an event: the session's id. Of an EMIT: the target session, empty for the turn's own. */
    chartroom_str session;
    uint64_t offset; /* of an event: the row that records it. Of a command: 0 */
    int64_t at_us; /* of an event: that row's time, microseconds since 1970 UTC. Of a command: 0 */
    uint64_t seed; /* of an event: the turn's recorded randomness. Of a command: 0 */
} chartroom_head;

/* ---- events: what a handler is told ------------------------------------------------------------
 */

enum {
    CHARTROOM_EVENT_MESSAGE = 1, /* opens a turn; body: chartroom_message */
    CHARTROOM_EVENT_TIMER = 2,   /* the timer `op` is due; no body */
    CHARTROOM_EVENT_EFFECT = 3,  /* the end of `op`; body: chartroom_effect */
    CHARTROOM_EVENT_CHUNK = 4,   /* a piece of the answer to `op`; body: chartroom_chunk */
    CHARTROOM_EVENT_CANCEL = 5,  /* end the turn soon; body: chartroom_cancel */
    CHARTROOM_EVENT_DISCARD = 6  /* forget the turn: give no command, not even END; no body */
};

typedef struct chartroom_event {
    chartroom_head head;
    const void* body;    /* the struct of head.type, or NULL */
    chartroom_str state; /* bytes: what SET_STATE last set in this session, as of this step */
    uint64_t state_row;  /* the offset of the row that set it; 0: never set */
} chartroom_event;

enum { CHARTROOM_FLAG_JSON = 1 }; /* the payload is JSON text; without it, bytes */

typedef struct chartroom_message {
    uint32_t size;
    uint32_t flags; /* CHARTROOM_FLAG_JSON */
    chartroom_str type;
    chartroom_str payload; /* as the client sent it; with the flag, valid JSON */
    chartroom_str actor;   /* the sender's party name */
    uint64_t message_id;   /* an id for the message, unique to any client */
    uint64_t answer_id;    /* and one for its answer */
    uint64_t inbound;      /* the offset of the message; older than head.offset if it had to wait */
} chartroom_message;

enum {
    CHARTROOM_OUTCOME_OK = 0,          /* done; of HTTP: the whole answer came, status says what */
    CHARTROOM_OUTCOME_FAILED = 1,      /* could not be done; bytes hold the reason as text */
    CHARTROOM_OUTCOME_TIMED_OUT = 2,   /* one of its time limits passed */
    CHARTROOM_OUTCOME_INTERRUPTED = 3, /* the server died meanwhile; what had come was delivered */
    CHARTROOM_OUTCOME_TOO_LARGE = 4    /* a bound was reached; what came before was delivered */
};

/* A row of a history. */
typedef struct chartroom_row {
    uint64_t offset;
    int64_t at_us;
    uint32_t inbound; /* 1: from a client; 0: from a handler */
    uint32_t flags;   /* CHARTROOM_FLAG_JSON */
    chartroom_str type;
    chartroom_str actor;
    chartroom_str payload; /* empty if it was erased */
} chartroom_row;

/* Of an HTTP request or response. */
typedef struct chartroom_header {
    chartroom_str name;
    /* Of a request: may hold {{secret:NAME}}, which the host fills in and never records. */
    chartroom_str value;
} chartroom_header;

typedef struct chartroom_effect {
    uint32_t size;
    uint32_t outcome;          /* CHARTROOM_OUTCOME_* */
    int32_t status;            /* of HTTP: the response's status; else 0 */
    uint32_t row_stride;       /* bytes from one row to the next */
    chartroom_str bytes;       /* bytes: of an activity its result, of a failure its reason */
    const chartroom_row* rows; /* of HISTORY: oldest first */
    uint64_t row_count;
    /* Since 1.1. Of HTTP, where a response came: those of its headers that the host keeps,
     * `content-type` and `retry-after`, by their lower-case names, if it has them. */
    const chartroom_header* headers;
    uint64_t header_count;
    uint32_t header_stride; /* bytes from one header to the next */
    uint32_t reserved;
} chartroom_effect;

typedef struct chartroom_chunk {
    uint32_t size;
    int32_t status;      /* the HTTP status */
    chartroom_str bytes; /* bytes: a piece may split a character */
} chartroom_chunk;

enum {
    CHARTROOM_CANCEL_CLIENT_STOP = 1,
    CHARTROOM_CANCEL_DEADLINE = 2,
    CHARTROOM_CANCEL_DRAIN = 3,
    CHARTROOM_CANCEL_DISABLED = 4
};

typedef struct chartroom_cancel {
    uint32_t size;
    uint32_t reason; /* CHARTROOM_CANCEL_* */
} chartroom_cancel;

/* ---- commands: what a handler asks for ---------------------------------------------------------
 */

/* A command with an answer carries an op of the plugin's choice: the turn's previous + 1, from 1.
 */
enum {
    CHARTROOM_COMMAND_EMIT = 1,    /* append an event; body: chartroom_emit */
    CHARTROOM_COMMAND_TIMER = 2,   /* op; body: chartroom_timer; answered by TIMER */
    CHARTROOM_COMMAND_HTTP = 3,    /* op; body: chartroom_http; answered by CHUNKs and an EFFECT */
    CHARTROOM_COMMAND_HISTORY = 4, /* op; body: chartroom_history; answered by an EFFECT */
    CHARTROOM_COMMAND_SET_STATE = 5, /* body: chartroom_set_state */
    CHARTROOM_COMMAND_ACTIVITY = 6,  /* op; body: chartroom_activity; answered by an EFFECT */
    CHARTROOM_COMMAND_STOP_OP = 7,   /* `op` is of no interest any more; no body */
    CHARTROOM_COMMAND_END = 8        /* the turn is over; body: chartroom_end. Exactly one a turn */
};

typedef struct chartroom_command {
    chartroom_head head;
    const void* body; /* the struct of head.type, or NULL */
} chartroom_command;

enum {
    CHARTROOM_CLASS_LASTING = 1, /* history: messages, ends of answers, results */
    CHARTROOM_CLASS_PIECE = 2,   /* superseded by the end of its stream: tokens */
    CHARTROOM_CLASS_FLEETING = 3 /* worth nothing after seconds: typing */
};
enum {
    CHARTROOM_SCOPE_EVERYONE = 0,
    CHARTROOM_SCOPE_ONLY = 1,    /* the party alone */
    CHARTROOM_SCOPE_ALL_BUT = 2, /* everyone but the party */
    /* Since 1.1, of an event for another session: who may follow the turn's own session. Asked
     * whenever the event is delivered, so it is hidden from whom has lost that right. */
    CHARTROOM_SCOPE_FOLLOWERS = 3
};

typedef struct chartroom_emit {
    uint32_t size;
    uint32_t flags; /* CHARTROOM_FLAG_JSON: payload is checked to be JSON */
    uint32_t cls;   /* CHARTROOM_CLASS_* */
    uint32_t scope; /* CHARTROOM_SCOPE_* */
    chartroom_str type;
    chartroom_str payload;
    chartroom_str party; /* of ONLY and ALL_BUT: a name as chartroom_message.actor gave it */
    /* Since 1.1: with it, head.session is not an id but the name by which this user knows a session
     * of its own, e.g. "home". A name as chartroom_message.actor gave it; empty: nobody's. */
    chartroom_str owner;
} chartroom_emit;

typedef struct chartroom_timer {
    uint32_t size;
    uint32_t reserved;
    uint64_t delay_us;
} chartroom_timer;

enum { CHARTROOM_HTTP_ONCE = 1 }; /* never issued again after a crash: comes back INTERRUPTED */

typedef struct chartroom_http {
    uint32_t size;
    uint32_t flags; /* CHARTROOM_HTTP_ONCE */
    chartroom_str method;
    chartroom_str url; /* its host must be among the manifest's capabilities.net */
    const chartroom_header* headers;
    uint64_t header_count;
    uint32_t header_stride;
    uint32_t connect_timeout_ms; /* 0: the host's default, for each of the limits */
    uint32_t idle_timeout_ms;    /* without a byte */
    uint32_t total_timeout_ms;
    chartroom_str body;      /* bytes */
    uint64_t body_bytes_max; /* of the answer */
} chartroom_http;

typedef struct chartroom_history {
    uint32_t size;
    uint32_t limit;             /* the newest so many of the lasting events the actor may see */
    const chartroom_str* types; /* of these types; none: of any */
    uint64_t type_count;
    uint32_t type_stride;
    uint32_t reserved;
} chartroom_history;

typedef struct chartroom_set_state {
    uint32_t size;
    uint32_t reserved;
    chartroom_str bytes; /* bytes: at most 64 KiB for each session */
} chartroom_set_state;

typedef struct chartroom_activity {
    uint32_t size;
    uint32_t reserved;
    chartroom_str name;
    chartroom_str input; /* bytes */
} chartroom_activity;

typedef struct chartroom_end {
    uint32_t size;
    uint32_t failed;       /* 1: the client gets an error */
    chartroom_str code;    /* of a failure: for the client's program, e.g. validation_error */
    chartroom_str message; /* of a failure: for the client's person; never a stack or a secret */
} chartroom_end;

/* ---- the host's side ---------------------------------------------------------------------------
 */

enum {
    CHARTROOM_LOG_DEBUG = 0,
    CHARTROOM_LOG_INFO = 1,
    CHARTROOM_LOG_WARN = 2,
    CHARTROOM_LOG_ERROR = 3
};

typedef struct chartroom_host chartroom_host;

/* Valid from create() until destroy() has returned. */
struct chartroom_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* [step] Asks for something in the turn whose step this is; `command->head.turn` equals `turn`.
     * The command is copied and carried out after the step, in the order given. After any result
     * but OK it was not taken and nothing else has changed; after E_BUDGET the turn will be ended.
     * E_INVALID, E_GONE, E_THREAD, E_BUDGET, E_DENIED, E_UNSUPPORTED, E_FAILED (out of memory). */
    int32_t (*command)(const chartroom_host* host, uint64_t turn, const chartroom_command* command);

    /* [any-thread] 1 once CANCEL was delivered to the turn; 0 before it and for a stale turn. */
    int32_t (*cancelled)(const chartroom_host* host, uint64_t turn);

    /* [any-thread] A line in the server's log. `turn` 0: of none. Not recorded, not replayed. */
    void (*log)(const chartroom_host* host, int32_t level, uint64_t turn, chartroom_str text);

    /* [any-thread] The host's part of an extension, or NULL if it has none. `id` ends with a zero.
     * A manifest's "needs" are checked with it before create(). */
    const void* (*extension)(const chartroom_host* host, const char* id);
};

/* Extensions of the host: each a command that it carries out. extension() returns a pointer to
 * this. */
typedef struct chartroom_capability {
    uint32_t size;
    uint32_t reserved;
} chartroom_capability;
#define CHARTROOM_EXT_TIMER "chartroom.timer/1"
#define CHARTROOM_EXT_HTTP "chartroom.http/1"
#define CHARTROOM_EXT_HISTORY "chartroom.history/1"
#define CHARTROOM_EXT_STATE "chartroom.state/1"
/* chartroom_emit.owner and CHARTROOM_SCOPE_FOLLOWERS */
#define CHARTROOM_EXT_OWNER "chartroom.owner/1"

/* ---- the plugin's side -------------------------------------------------------------------------
 */

typedef struct chartroom_handler {
    uint32_t size;
    uint32_t reserved;

    /* [setup] Makes an instance from its configuration: a JSON object that the manifest's
     * config_schema accepts, defaults filled in. On failure *self is not looked at. */
    int32_t (*create)(const chartroom_host* host, chartroom_str config, void** self,
                      chartroom_error* error);

    /* [setup] Ends the instance. Turns still open are forgotten as by DISCARD: no commands. */
    void (*destroy)(void* self);

    /* [step] One event. On failure the step's commands are dropped, the turn is ended as failed and
     * the text goes to the log; the client sees plugin_failed. Events of a turn that the plugin
     * does not know (any more) are to be ignored. */
    int32_t (*event)(void* self, const chartroom_event* event, chartroom_error* error);

    /* [setup] The plugin's part of an extension, or NULL. `id` ends with a zero. */
    const void* (*extension)(void* self, const char* id);
} chartroom_handler;

/* The extension chartroom.activity/1: functions that may block. */
#define CHARTROOM_EXT_ACTIVITY "chartroom.activity/1"

/* Takes the result; may be called several times, the pieces are joined. */
typedef struct chartroom_sink {
    uint32_t size;
    uint32_t reserved;
    void* context;
    void (*write)(void* context, chartroom_str bytes);
} chartroom_sink;

typedef struct chartroom_activity_runner {
    uint32_t size;
    uint32_t reserved;
    /* [pool] Runs the function `name` on `input`; at least once for each ACTIVITY, and perhaps
     * again after a crash. Has no host: it commands nothing. On failure the error's text comes back
     * to the turn as the outcome FAILED. */
    int32_t (*run)(void* self, chartroom_str name, chartroom_str input, const chartroom_sink* sink,
                   chartroom_error* error);
} chartroom_activity_runner;

/* ---- the entry ---------------------------------------------------------------------------------
 */

/* Begins the section .chartroom, which is read from the file before any of its code may run. The
 * manifest and the toolchain follow, each with a zero after it that its size does not count. */
typedef struct chartroom_section {
    uint64_t magic; /* CHARTROOM_MAGIC */
    uint32_t size;  /* of this struct */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t host_minor_least; /* what the plugin needs of the host */
    uint32_t manifest_size;
    uint32_t toolchain_size;
    uint32_t reserved;
} chartroom_section;

typedef struct chartroom_entry {
    uint64_t magic;
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t host_minor_least;
    uint32_t reserved;
    chartroom_str manifest; /* JSON */
    chartroom_str toolchain;
    const chartroom_handler* handler;
} chartroom_entry;

#define CHARTROOM_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
#define CHARTROOM_TOOLCHAIN "C++ " __VERSION__
#else
#define CHARTROOM_TOOLCHAIN "C " __VERSION__
#endif

extern CHARTROOM_EXPORT const chartroom_entry chartroom_plugin_entry;

/* Defines the entry, once a plugin. `manifest_json` is a string literal, `handler_table` the
 * address of a chartroom_handler of static lifetime. */
#define CHARTROOM_DEFINE_PLUGIN(manifest_json, handler_table)                                 \
    static const struct {                                                                     \
        chartroom_section head;                                                               \
        char manifest[sizeof(manifest_json)];                                                 \
        char toolchain[sizeof(CHARTROOM_TOOLCHAIN)];                                          \
    } chartroom_plugin_section __attribute__((section(CHARTROOM_MANIFEST_SECTION), used)) = { \
        {CHARTROOM_MAGIC, (uint32_t)sizeof(chartroom_section), CHARTROOM_ABI_MAJOR,           \
         CHARTROOM_ABI_MINOR, 0, (uint32_t)(sizeof(manifest_json) - 1),                       \
         (uint32_t)(sizeof(CHARTROOM_TOOLCHAIN) - 1), 0},                                     \
        manifest_json,                                                                        \
        CHARTROOM_TOOLCHAIN};                                                                 \
    const chartroom_entry chartroom_plugin_entry = {                                          \
        CHARTROOM_MAGIC,                                                                      \
        (uint32_t)sizeof(chartroom_entry),                                                    \
        CHARTROOM_ABI_MAJOR,                                                                  \
        CHARTROOM_ABI_MINOR,                                                                  \
        0,                                                                                    \
        0,                                                                                    \
        {chartroom_plugin_section.manifest, sizeof(manifest_json) - 1},                       \
        {chartroom_plugin_section.toolchain, sizeof(CHARTROOM_TOOLCHAIN) - 1},                \
        (handler_table)}

#ifdef __cplusplus
}
#endif

#endif
