/* What every probe uses: the record, the scope, the rings and the counters.
 *
 * No structure of the kernel is taken from its headers: offsets come as OFFSET_… from the kernel's own type information
 * (btf.py) when the programs are loaded, and what tracepoints pass is read by structures of our own, which do not change. Numbers of record types and
 * counters come as RECORD_… and COUNT_… from record.py.
 */

/* An offset that is known when the program is loaded, which puts it in the place of this number (code.py). */
#define PATCHED(number)                                                   \
    ({                                                                    \
        u64 patched;                                                      \
        asm("%0 = %1" : "=r"(patched) : "i"(0x5eed0000 + (number)));      \
        patched;                                                          \
    })

/* Rings and the scope get their sizes when they are loaded (source.py), too. */

#define PAYLOAD 16384
#define TEXT 4096 /* PATH_MAX */
#define PROCESSORS 512
#define TYPES 64

struct record {
    u64 at_ns;
    u64 started_ns;
    u64 first;
    u64 second;
    s64 ret;
    u32 tgid;
    u32 tid;
    u32 sequence;
    u16 type;
    u16 processor;
    u32 number;
    u32 length;
};

struct written {
    struct record head;
    u8 payload[PAYLOAD];
};

/* What a tracepoint on the way out of a system call passes. */
struct leaving {
    u64 common;
    u32 number;
    u32 unused;
    s64 ret;
};

struct member {
    u64 started_ns;
    u32 parent;
    u32 unused;
    u64 parent_started_ns;
};

/* The processes that are observed, by number; see README.md. Nothing is looked at before a process was found here. */
BPF_HASH(scope, u32, struct member, 1);
BPF_F_TABLE("array", u32, u64, counts, COUNTS * TYPES, BPF_F_MMAPABLE);
BPF_F_TABLE("array", u32, u64, unscoped, 1, BPF_F_MMAPABLE);
BPF_ARRAY(sequences, u32, PROCESSORS);
/* Programs of tracepoints run with preemption off, so that one of each processor is enough. */
BPF_PERCPU_ARRAY(scratch, struct written, 1);
BPF_RINGBUF_OUTPUT(vital, 1);
BPF_RINGBUF_OUTPUT(bulk, 1);
BPF_RINGBUF_OUTPUT(notices, 1);

/* Bytes that a processor wrote into a ring since its reader was woken, and how many wake him: of four processors together a quarter
 * of the smallest ring, of sixteen all of it. */
#define VITAL 0
#define STREAMS 1
#define PLAINTEXT 2
#define BULK 3
#define MUCH 65536
BPF_PERCPU_ARRAY(unwoken, u32, 4);

static __always_inline u64 word(u64 at)
{
    u64 found = 0;
    bpf_probe_read_kernel(&found, sizeof(found), (void *)at);
    return found;
}

static __always_inline u32 half(u64 at)
{
    u32 found = 0;
    bpf_probe_read_kernel(&found, sizeof(found), (void *)at);
    return found;
}

static __always_inline void count(u32 type, u32 what)
{
    u32 at = COUNTS * type + what;
    u64 *found = counts.lookup(&at);
    if (found)
        __sync_fetch_and_add(found, 1);
}

static __always_inline u64 started_ns(u64 task)
{
    return word(word(task + OFFSET_task_struct_group_leader) + OFFSET_task_struct_start_boottime);
}

static __always_inline struct member *member(void)
{
    u32 tgid = bpf_get_current_pid_tgid() >> 32;
    return scope.lookup(&tgid);
}

static __always_inline u64 since(struct member *self)
{
    if (!self->started_ns)
        self->started_ns = started_ns(bpf_get_current_task());
    return self->started_ns;
}

/* A file that the current process has open. */
static __always_inline u64 open_file(u64 descriptor)
{
    u64 files = word(bpf_get_current_task() + OFFSET_task_struct_files);
    return word(word(word(files + OFFSET_files_struct_fdt) + OFFSET_fdtable_fd) + 8 * descriptor);
}

/* The kind of a file (`S_IFMT`), and of the files that streams go through. */
#define KIND 0170000
#define FIFO 0010000
#define SOCKET 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

static __always_inline u32 kind_of(u64 inode)
{
    return half(inode + OFFSET_inode_i_mode) & KIND;
}

/* The number of a file with that of its file system, by which it is known while it is open. */
static __always_inline u64 identity_of(u64 inode)
{
    return word(inode + OFFSET_inode_i_ino) ^ (u64)half(word(inode + OFFSET_inode_i_sb) + OFFSET_super_block_s_dev) << 32;
}

/* The `struct socket` that an inode belongs to: struct socket_alloc holds it before its inode. */
static __always_inline u64 socket_of(u64 inode)
{
    return inode - OFFSET_socket_alloc_vfs_inode;
}

static __always_inline u32 family_of(u64 sock)
{
    return half(sock + OFFSET_sock_common_skc_family) & 0xffff;
}

/* Pipes and UNIX sockets that were the input, output or error of a process. */
BPF_TABLE("lru_hash", u64, u32, standard, 16384);

/* The stream that a descriptor is, 0 where it is none; it is remembered, because what goes through it is looked at. */
static __always_inline u64 stream_of(u64 descriptor)
{
    u64 inode = word(open_file(descriptor) + OFFSET_file_f_inode);
    u32 kind = kind_of(inode);
    if (kind != FIFO && (kind != SOCKET || family_of(word(socket_of(inode) + OFFSET_socket_sk)) != AF_UNIX))
        return 0;
    u64 found = identity_of(inode);
    u32 there = 1;
    standard.update(&found, &there);
    return found;
}

/* A record of the current process, to be filled in and sent. */
static __always_inline struct written *begun(struct member *self, u32 type)
{
    u32 zero = 0;
    struct written *made = scratch.lookup(&zero);
    if (!made)
        return 0;
    u64 id = bpf_get_current_pid_tgid();
    made->head.at_ns = bpf_ktime_get_boot_ns();
    made->head.started_ns = since(self);
    made->head.first = made->head.second = 0;
    made->head.ret = 0;
    made->head.tgid = id >> 32;
    made->head.tid = id;
    made->head.sequence = 0;
    made->head.type = type;
    made->head.processor = bpf_get_smp_processor_id();
    made->head.number = 0;
    made->head.length = 0;
    return made;
}

static __always_inline u64 sized(struct written *made, u64 length)
{
    /* The verifier needs the bound in one register: an `and` that the compiler cannot take for needless. */
    asm volatile("%0 &= 16383" : "+r"(length));
    made->head.length = length;
    u32 processor = made->head.processor;
    u32 *sequence = sequences.lookup(&processor);
    if (sequence)
        made->head.sequence = (*sequence)++;
    return sizeof(struct record) + length;
}

/* Nobody is woken for a record: what is read after a moment is soon enough. But much at once would fill the ring before that. */
static __always_inline u64 waking(u32 ring, u64 size)
{
    u32 *since_woken = unwoken.lookup(&ring);
    if (!since_woken || (*since_woken += size) <= MUCH)
        return BPF_RB_NO_WAKEUP;
    *since_woken = 0;
    return BPF_RB_FORCE_WAKEUP;
}

/* Life-cycle and security: in a ring of its own. Its reader is woken for what is `urgent`. */
static __always_inline void send_vital(struct written *made, u32 length, int urgent)
{
    u64 size = sized(made, length);
    count(made->head.type, COUNT_ATTEMPTED);
    if (vital.ringbuf_output(made, size, urgent ? BPF_RB_FORCE_WAKEUP : waking(VITAL, size)))
        count(made->head.type, COUNT_LOST);
}

/* The rest. */
static __always_inline void send_bulk(struct written *made, u32 length)
{
    u64 size = sized(made, length);
    count(made->head.type, COUNT_ATTEMPTED);
    if (bulk.ringbuf_output(made, size, waking(BULK, size)))
        count(made->head.type, COUNT_LOST);
}

/* An argument of the system call that is about to return: registers keep them, and memory that it read is mapped now. */
static __always_inline u64 argument(u32 register_offset)
{
    return word(bpf_task_pt_regs((struct task_struct *)bpf_get_current_task_btf()) + register_offset);
}

/* A text of the process, with its NUL; returns its length. One that cannot be read is empty. */
static __always_inline u32 text_of(struct written *made, u32 at, u64 from)
{
    if (at > PAYLOAD - TEXT)
        return 0;
    s64 length = bpf_probe_read_user_str(&made->payload[at], TEXT, (void *)from);
    if (length <= 0) {
        count(made->head.type, COUNT_UNREAD);
        made->payload[at] = 0;
        return 1;
    }
    if (length == TEXT)
        count(made->head.type, COUNT_CUT);
    return length;
}

/* What the helper has to look at that attaches to functions of files: it is woken at once. Returns whether it will be
 * told. The record itself was sent before. */
static __always_inline int notice(struct written *made, u64 length)
{
    asm volatile("%0 &= 16383" : "+r"(length));
    made->head.length = length;
    if (!notices.ringbuf_output(made, sizeof(struct record) + length, BPF_RB_FORCE_WAKEUP))
        return 1;
    count(RECORD_NOTICED, COUNT_LOST);
    return 0;
}
