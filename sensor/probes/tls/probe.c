/* Plaintext of TLS, at the edge of OpenSSL: what is given to SSL_write and what SSL_read gave. Attached to the file that a process
 * maps, so other processes that map it run these programs, too, as far as the look into the scope.
 *
 * Unlike tracepoints, uprobes may be preempted: nothing here uses the scratch of a processor (a count that two take at once
 * wakes the reader a little later). */

/* Sizes of chunks; the last byte is not used, so that one `and` bounds a length for the verifier. */
#define SMALL 512
#define MIDDLE 4096
#define LARGE 16384
#define STEPS 4
/* Registers of the function, as the program gets them. */
#define PARAMETER(ctx, offset) (*(u64 *)((u8 *)(ctx) + (offset)))

struct plaintext {
    struct record head;
    u64 offset; /* in the stream of this direction */
    u32 total;  /* bytes of this call */
    u32 at;     /* of these, how many come before this chunk */
};

struct small {
    struct plaintext about;
    u8 data[SMALL];
};
struct middle {
    struct plaintext about;
    u8 data[MIDDLE];
};
struct large {
    struct plaintext about;
    u8 data[LARGE];
};

struct call {
    u64 connection;
    u64 buffer;
    u64 count; /* where the _ex forms write how many bytes it were, else 0 */
};

struct work {
    u64 connection;
    u64 buffer;
    u64 offset;
    u32 total;
    u32 at;
    u32 type;
    u32 unused;
};

struct stream {
    u64 connection;
    u32 tgid;
    u32 type;
};

BPF_TABLE("lru_hash", u64, struct call, calls, 16384);
BPF_TABLE("lru_hash", u64, struct work, works, 16384);
BPF_TABLE("lru_hash", struct stream, u64, streams, 65536);
BPF_PROG_ARRAY(jumps, 1);
BPF_RINGBUF_OUTPUT(tls, 1);

static __always_inline void fill(struct plaintext *made, struct member *self, struct work *work, u32 length)
{
    u64 id = bpf_get_current_pid_tgid();
    made->head.at_ns = bpf_ktime_get_boot_ns();
    made->head.started_ns = since(self);
    made->head.first = work->connection;
    made->head.second = 0;
    made->head.ret = 0;
    made->head.tgid = id >> 32;
    made->head.tid = id;
    made->head.sequence = 0;
    made->head.type = work->type;
    made->head.processor = bpf_get_smp_processor_id();
    made->head.number = 0;
    made->head.length = sizeof(struct plaintext) - sizeof(struct record) + length;
    made->offset = work->offset + work->at;
    made->total = work->total;
    made->at = work->at;
}

/* Send the next chunk and return its length, 0 where there is none. */
static __always_inline u32 chunk(struct member *self, struct work *work)
{
    u64 length = work->total - work->at;
    if (length > LARGE - 1)
        length = LARGE - 1;
    if (!length)
        return 0;
    count(work->type, COUNT_ATTEMPTED);
    void *from = (void *)(work->buffer + work->at);
    if (length < SMALL) {
        struct small *made = tls.ringbuf_reserve(sizeof(struct small));
        if (!made)
            goto lost;
        fill(&made->about, self, work, length);
        asm volatile("%0 &= 511" : "+r"(length));
        if (bpf_probe_read_user(made->data, length, from))
            count(work->type, COUNT_UNREAD);
        tls.ringbuf_submit(made, waking(PLAINTEXT, sizeof(*made)));
    } else if (length < MIDDLE) {
        struct middle *made = tls.ringbuf_reserve(sizeof(struct middle));
        if (!made)
            goto lost;
        fill(&made->about, self, work, length);
        asm volatile("%0 &= 4095" : "+r"(length));
        if (bpf_probe_read_user(made->data, length, from))
            count(work->type, COUNT_UNREAD);
        tls.ringbuf_submit(made, waking(PLAINTEXT, sizeof(*made)));
    } else {
        struct large *made = tls.ringbuf_reserve(sizeof(struct large));
        if (!made)
            goto lost;
        fill(&made->about, self, work, length);
        asm volatile("%0 &= 16383" : "+r"(length));
        if (bpf_probe_read_user(made->data, length, from))
            count(work->type, COUNT_UNREAD);
        tls.ringbuf_submit(made, waking(PLAINTEXT, sizeof(*made)));
    }
    return length;
lost:
    count(work->type, COUNT_LOST);
    return length;
}

/* Some chunks, and then this program again: a loop of so many would be too long for the verifier. */
int tls_chunks(struct pt_regs *ctx)
{
    u64 id = bpf_get_current_pid_tgid();
    struct member *self = member();
    struct work *work = works.lookup(&id);
    if (!self || !work)
        return 0;
#pragma unroll
    for (int step = 0; step < STEPS; step++)
        work->at += chunk(self, work);
    if (work->at < work->total)
        jumps.call(ctx, 0);
    /* Done, or beyond the 33 jumps that the kernel allows (2 MiB): the gap shows in the next offset, and is counted. */
    if (work->at < work->total)
        count(work->type, COUNT_CUT);
    works.delete(&id);
    return 0;
}

static __always_inline int called(struct pt_regs *ctx, u64 count_at)
{
    if (!member())
        return 0;
    u64 id = bpf_get_current_pid_tgid();
    struct call call = {};
    call.connection = PARAMETER(ctx, ARGUMENT_0);
    call.buffer = PARAMETER(ctx, ARGUMENT_1);
    call.count = count_at;
    calls.update(&id, &call);
    return 0;
}

static __always_inline int returned(struct pt_regs *ctx, u32 type)
{
    struct member *self = member();
    if (!self)
        return 0;
    u64 id = bpf_get_current_pid_tgid();
    struct call *call = calls.lookup(&id);
    if (!call)
        return 0;
    s64 size = (int)PARAMETER(ctx, RESULT);
    if (call->count) {
        u64 told = 0;
        if (size > 0)
            bpf_probe_read_user(&told, sizeof(told), (void *)call->count);
        size = told;
    }
    struct work work = {};
    work.connection = call->connection;
    work.buffer = call->buffer;
    work.type = type;
    calls.delete(&id);
    if (size <= 0 || size > (1LL << 31))
        return 0;
    struct stream key = {};
    key.connection = work.connection;
    key.tgid = id >> 32;
    key.type = type;
    u64 zero = 0;
    u64 *offset = streams.lookup_or_try_init(&key, &zero);
    if (offset) {
        work.offset = *offset;
        *offset += size;
    }
    work.total = size;
    works.update(&id, &work);
    jumps.call(ctx, 0);
    return 0;
}

int tls_call(struct pt_regs *ctx) { return called(ctx, 0); }
int tls_call_ex(struct pt_regs *ctx) { return called(ctx, PARAMETER(ctx, FOURTH_PARAMETER)); }
int tls_wrote(struct pt_regs *ctx) { return returned(ctx, RECORD_TLS_SENT); }
int tls_read(struct pt_regs *ctx) { return returned(ctx, RECORD_TLS_GOT); }

/* SSL_free: the address may come again for another connection. */
int tls_freed(struct pt_regs *ctx)
{
    struct member *self = member();
    if (!self)
        return 0;
    struct stream key = {};
    key.connection = PARAMETER(ctx, ARGUMENT_0);
    key.tgid = bpf_get_current_pid_tgid() >> 32;
    key.type = RECORD_TLS_SENT;
    streams.delete(&key);
    key.type = RECORD_TLS_GOT;
    streams.delete(&key);
    struct work work = {};
    work.connection = PARAMETER(ctx, ARGUMENT_0);
    work.type = RECORD_TLS_ENDED;
    count(RECORD_TLS_ENDED, COUNT_ATTEMPTED);
    struct small *made = tls.ringbuf_reserve(sizeof(struct small));
    if (!made) {
        count(RECORD_TLS_ENDED, COUNT_LOST);
        return 0;
    }
    fill(&made->about, self, &work, 0);
    tls.ringbuf_submit(made, waking(PLAINTEXT, sizeof(*made)));
    return 0;
}
