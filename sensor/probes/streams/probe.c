/* What goes through pipes and sockets: output and input of programs, names that are looked up, and protocols in plain text.
 *
 * A program of a system call leaves at once where its descriptor is neither; else it says in `passing` where the bytes are and jumps
 * into `streams_looked`, which decides, and that into `streams_passed`, which tells. All share these, so that the verifier reads
 * them once. */

#define STREAM 1
#define DATAGRAM 2
#define DOMAIN 0x3500 /* port 53, as it is sent */
#define MSG_PEEK 2
#define MSG_OOB 1
#define PIECE 8191
#define ROUNDS 8
#define PASSED 0 /* places of programs in `stream_jumps` */
#define LOOKED 1
#define OUTPUT 65536 /* bytes that are told of what one process writes into a pipe, unless they are messages; then one size for as many */

/* What is known of a flow. */
#define NEW 0
#define IGNORED 1
#define TEXT 2
#define MESSAGES 3 /* of JSON-RPC */
#define PLAIN 4
#define TUNNEL 5 /* plain, until the other side agrees to go on in TLS */
#define POSTGRES 6

#define WORD(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

struct passed {
    u64 offset;  /* in what this process sent or got over the stream */
    u32 total;   /* bytes of this call, or of this datagram */
    u32 at;      /* of these, how many come before this piece */
    u8 peer[28]; /* struct sockaddr, zeros for what is no socket of the internet */
    u16 port;    /* of our side */
    u16 untold;  /* whether only the size is told */
};

struct passing {
    u64 inode;
    u64 name; /* struct sockaddr that the call was given, or gave */
    u32 sent;
    u32 unseen;
    u64 stream;
    u64 reader; /* the stream at which is read what is written here */
    u64 base;
    u64 length;
    u64 vector; /* struct iovec */
    u64 vectors;
    u64 messages; /* struct mmsghdr */
    u32 waiting;  /* of these */
    u32 left;
    u32 type;
    u32 number;
    struct passed about;
};

/* One direction of a stream is that of one process: who shares it has a flow of his own. */
struct flow {
    u64 stream;
    u32 tgid;
    u32 unused;
};

struct flowing {
    u64 sent;
    u64 got;
    u64 kind;
};

BPF_TABLE("lru_hash", struct flow, struct flowing, flows, 16384);
BPF_PERCPU_ARRAY(passings, struct passing, 1);
BPF_PROG_ARRAY(stream_jumps, 2);
BPF_RINGBUF_OUTPUT(streams_ring, 1);

static __always_inline struct passing *passing(void)
{
    u32 zero = 0;
    return passings.lookup(&zero);
}

static __always_inline void send_stream(struct written *made, u64 length)
{
    u64 size = sized(made, length);
    count(made->head.type, COUNT_ATTEMPTED);
    if (streams_ring.ringbuf_output(made, size, waking(STREAMS, size)))
        count(made->head.type, COUNT_LOST);
}

/* Tell a piece of what passed and return whether there may be more. */
static __always_inline int piece(struct member *self, struct passing *now)
{
    if (!now->left)
        return 0;
    if (!now->length) {
        if (!now->vectors)
            return 0;
        u64 given[2] = {};
        bpf_probe_read_user(given, sizeof(given), (void *)now->vector);
        now->vector += sizeof(given);
        now->vectors--;
        now->base = given[0];
        now->length = given[1];
        return 1;
    }
    u64 length = now->length > now->left ? now->left : now->length;
    if (length > PIECE)
        length = PIECE;
    struct written *made = begun(self, now->type);
    if (!made)
        return 0;
    made->head.number = now->number;
    made->head.first = now->stream;
    made->head.second = now->reader;
    *(struct passed *)made->payload = now->about;
    asm volatile("%0 &= 8191" : "+r"(length));
    u64 told = length;
    if (bpf_probe_read_user(&made->payload[sizeof(struct passed)], length, (void *)now->base)) {
        count(now->type, COUNT_UNREAD);
        told = 0;
    }
    send_stream(made, sizeof(struct passed) + told);
    now->base += length;
    now->length -= length;
    now->left -= length;
    now->about.offset += length;
    now->about.at += length;
    return 1;
}

/* Nothing but that so many bytes passed, or that the stream ended (none). */
static __always_inline void told_size(struct member *self, struct passing *now)
{
    struct written *made = begun(self, now->type);
    if (!made)
        return;
    made->head.number = now->number;
    made->head.first = now->stream;
    made->head.second = now->reader;
    *(struct passed *)made->payload = now->about;
    if (now->left)
        count(now->type, COUNT_CUT);
    send_stream(made, sizeof(struct passed));
}

int streams_passed(struct leaving *ctx)
{
    struct member *self = member();
    struct passing *now = passing();
    if (!self || !now)
        return 0;
    if (now->about.untold) {
        told_size(self, now);
        return 0;
    }
    int more = 1;
    for (int round = 0; round < ROUNDS && more; round++)
        more = piece(self, now);
    if (!more && now->waiting) {
        /* The next of several datagrams: struct user_msghdr, then its size. */
        u64 given[4] = {};
        bpf_probe_read_user(given, sizeof(given), (void *)now->messages);
        bpf_probe_read_user(&now->left, sizeof(now->left), (void *)(now->messages + 56));
        now->vector = given[2];
        now->vectors = given[3];
        now->base = now->length = 0;
        now->about.offset = now->about.at = 0;
        now->about.total = now->left;
        now->messages += 64;
        now->waiting--;
        more = 1;
    }
    if (more)
        stream_jumps.call(ctx, PASSED);
    /* Done, or beyond the 33 jumps that the kernel allows (2 MiB, or fewer of many small parts): the gap shows in the next offset. */
    if (now->left)
        count(now->type, COUNT_CUT);
    return 0;
}

/* The first bytes of what passed, 0 where they cannot be read. */
static __always_inline u64 beginning(struct passing *now)
{
    u64 found = 0, from = now->base, given[2] = {};
    u64 length = now->length;
    /* Some begin with an empty part. */
#pragma unroll
    for (int part = 0; part < 2; part++)
        if (!length && now->vectors > part) {
            bpf_probe_read_user(given, sizeof(given), (void *)(now->vector + 16 * part));
            from = given[0];
            length = given[1];
        }
    if (length > now->left)
        length = now->left;
    if (length > 8)
        length = 8;
    asm volatile("%0 &= 15" : "+r"(length));
    if (length > 8)
        return 0;
    bpf_probe_read_user(&found, length, (void *)from);
    return found;
}

/* Whether an object begins with a word that one of JSON-RPC may begin with. */
static __always_inline int is_message(u64 first)
{
    u32 name = first >> 16;
    return (u16)first == WORD('{', '"', 0, 0) &&
           (name == WORD('j', 's', 'o', 'n') || name == WORD('m', 'e', 't', 'h') || name == WORD('r', 'e', 's', 'u') ||
            name == WORD('i', 'd', '"', ':') || name == WORD('p', 'a', 'r', 'a') || name == WORD('e', 'r', 'r', 'o'));
}

static __always_inline int is_tls(u64 first)
{
    return (first & 0xff) >= 0x14 && (first & 0xff) <= 0x17 && (first >> 8 & 0xff) == 3;
}

/* What a client says first tells the protocol; what is none of ours is not looked at again. */
static __always_inline u64 protocol(u64 first)
{
    u32 begin = first, behind = first >> 32;
    if (begin == WORD('C', 'O', 'N', 'N'))
        return TUNNEL;
    if (begin == WORD('G', 'E', 'T', ' ') || begin == WORD('P', 'O', 'S', 'T') || begin == WORD('P', 'U', 'T', ' ') ||
        begin == WORD('H', 'E', 'A', 'D') || begin == WORD('D', 'E', 'L', 'E') || begin == WORD('P', 'A', 'T', 'C') ||
        begin == WORD('O', 'P', 'T', 'I') || begin == WORD('P', 'R', 'O', 'P') || begin == WORD('P', 'R', 'I', ' '))
        return PLAIN;
    /* PostgreSQL: a length, then the version 3, or the wish for TLS or GSSAPI. */
    if (!(begin & 0xffff) && ((u16)behind == WORD(0, 3, 0, 0) || behind == WORD(4, 210, 22, 47) || behind == WORD(4, 210, 22, 48)))
        return POSTGRES;
    return IGNORED;
}

/* What a pipe or a UNIX socket of the standard streams takes. */
static __always_inline int written(struct passing *now, u64 inode, u32 kind)
{
    now->type = RECORD_WRITTEN;
    now->stream = now->reader = identity_of(inode);
    if (kind == SOCKET) {
        u64 peer = word(word(socket_of(inode) + OFFSET_socket_sk) + OFFSET_unix_sock_peer);
        u64 other = word(peer + OFFSET_sock_sk_socket);
        now->reader = other ? identity_of(other + OFFSET_socket_alloc_vfs_inode) : 0;
    }
    return standard.lookup(&now->stream) || standard.lookup(&now->reader);
}

static __always_inline void peer_and_port(struct passing *now, u64 sock, u32 family)
{
    *(u16 *)&now->about.peer[0] = family;
    *(u16 *)&now->about.peer[2] = half(sock + OFFSET_sock_common_skc_dport);
    if (family == AF_INET)
        *(u32 *)&now->about.peer[4] = half(sock + OFFSET_sock_common_skc_daddr);
    else
        bpf_probe_read_kernel(&now->about.peer[8], 16, (void *)(sock + OFFSET_sock_common_skc_v6_daddr));
    now->about.port = half(sock + OFFSET_sock_common_skc_num);
}

/* A flow of this process, and where in it these bytes are. */
static __always_inline struct flowing *flow_of(struct passing *now, int sent)
{
    struct flow key = {};
    struct flowing none = {};
    key.stream = now->stream;
    key.tgid = bpf_get_current_pid_tgid() >> 32;
    struct flowing *found = flows.lookup_or_try_init(&key, &none);
    if (!found)
        return 0;
    if (sent) {
        now->about.offset = found->sent;
        found->sent += now->left;
    } else {
        now->about.offset = found->got;
        found->got += now->left;
    }
    return found;
}

/* That TLS begins is told without its bytes: so it shows where nothing of it is heard (`tls/unheard.py`). */
static __always_inline int tls_begins(struct passing *now)
{
    now->type = RECORD_TLS_SPOKEN;
    now->left = 0;
    return 1;
}

/* Whether bytes of a stream socket are told. */
static __always_inline int spoken(struct passing *now, int sent, u32 waiting)
{
    struct flowing *flow = flow_of(now, sent);
    if (!flow || flow->kind == IGNORED)
        return 0;
    if (waiting) {
        /* Several messages over a stream: nobody does that, so what comes from now on is left. */
        if (flow->kind != NEW)
            count(now->type, COUNT_CUT);
        flow->kind = IGNORED;
        return 0;
    }
    if (flow->kind == NEW) {
        if (*(u16 *)&now->about.peer[2] == DOMAIN)
            flow->kind = PLAIN;
        else {
            /* Whoever hears first is a server, or speaks something else. */
            u64 first = sent && now->left ? beginning(now) : 0;
            flow->kind = protocol(first);
            if (is_tls(first))
                return tls_begins(now);
        }
    } else if (sent && flow->kind > PLAIN && is_tls(beginning(now))) {
        flow->kind = IGNORED;
        return tls_begins(now);
    }
    return flow->kind != IGNORED;
}

/* What a descriptor of a pipe or a socket is, and whether what passed through it is told: for all system calls at once. */
int streams_looked(struct leaving *ctx)
{
    struct passing *now = passing();
    if (!now)
        return 0;
    u64 inode = now->inode, sock = 0;
    u32 kind = kind_of(inode), family = AF_UNIX, type = STREAM, sent = now->sent;
    now->left = now->waiting ? 0 : ctx->ret;
    now->number = ctx->number;
    now->reader = 0;
    __builtin_memset(&now->about, 0, sizeof(now->about));
    now->about.total = now->left;
    if (kind == SOCKET) {
        sock = word(socket_of(inode) + OFFSET_socket_sk);
        family = family_of(sock);
        type = half(socket_of(inode) + OFFSET_socket_type) & 0xffff;
    }
    if (family == AF_UNIX) {
        if (!sent || !ctx->ret || now->waiting || !written(now, inode, kind))
            return 0;
        struct flowing *flow = flow_of(now, 1);
        if (flow && flow->kind != MESSAGES && is_message(beginning(now)))
            flow->kind = MESSAGES;
        now->about.untold = now->unseen || (flow && flow->kind != MESSAGES && now->about.offset >= OUTPUT);
        /* Of what only the size is told, not each write is: the sensor asks for the sum when the process is gone. */
        if (now->about.untold && now->about.offset / OUTPUT == (now->about.offset + now->left) / OUTPUT) {
            count(RECORD_WRITTEN, COUNT_ATTEMPTED);
            count(RECORD_WRITTEN, COUNT_FOLDED);
            count(RECORD_WRITTEN, COUNT_CUT);
            return 0;
        }
    } else if (family == AF_INET || family == AF_INET6) {
        now->stream = identity_of(inode);
        peer_and_port(now, sock, family);
        if (type == STREAM) {
            now->type = sent ? RECORD_SENT : RECORD_GOT;
            if ((sent && !ctx->ret) || !spoken(now, sent, now->waiting))
                return 0;
            now->about.untold = now->unseen || !now->left;
        } else if (type == DATAGRAM && !now->unseen) {
            now->type = sent ? RECORD_DATAGRAM_SENT : RECORD_DATAGRAM_GOT;
            if (!*(u16 *)&now->about.peer[2] && now->name)
                bpf_probe_read_user(now->about.peer, sizeof(now->about.peer), (void *)now->name);
            if (*(u16 *)&now->about.peer[2] != DOMAIN || !ctx->ret)
                return 0;
        } else {
            return 0;
        }
    } else {
        return 0;
    }
    stream_jumps.call(ctx, PASSED);
    return 0;
}

/* `unseen`: the kernel moved the bytes itself, so that only their number can be told. */
static __always_inline int passes(struct leaving *ctx, u64 descriptor, u32 sent, u32 unseen, u64 base, u64 length, u64 vector,
                                  u64 vectors, u64 name, u32 waiting)
{
    u64 inode = word(open_file(descriptor) + OFFSET_file_f_inode);
    u32 kind = kind_of(inode);
    if (kind != SOCKET && (kind != FIFO || !sent))
        return 0;
    struct passing *now = passing();
    if (!now)
        return 0;
    now->inode = inode;
    now->sent = sent;
    now->unseen = unseen;
    now->base = base;
    now->length = length;
    now->vector = vector;
    now->vectors = vectors;
    now->name = name;
    now->waiting = waiting;
    stream_jumps.call(ctx, LOOKED);
    return 0;
}

static __always_inline int one(struct leaving *ctx, int sent)
{
    if (!member() || ctx->ret < 0)
        return 0;
    return passes(ctx, argument(ARGUMENT_0), sent, 0, argument(ARGUMENT_1), argument(ARGUMENT_2), 0, 0, 0, 0);
}

static __always_inline int many(struct leaving *ctx, int sent)
{
    if (!member() || ctx->ret < 0)
        return 0;
    return passes(ctx, argument(ARGUMENT_0), sent, 0, 0, 0, argument(ARGUMENT_1), argument(ARGUMENT_2), 0, 0);
}

static __always_inline int named(struct leaving *ctx, int sent)
{
    if (!member() || ctx->ret < 0 || argument(ARGUMENT_3) & (MSG_PEEK | MSG_OOB))
        return 0;
    return passes(ctx, argument(ARGUMENT_0), sent, 0, argument(ARGUMENT_1), argument(ARGUMENT_2), 0, 0, argument(ARGUMENT_4), 0);
}

static __always_inline int message(struct leaving *ctx, int sent)
{
    if (!member() || ctx->ret < 0 || argument(ARGUMENT_2) & (MSG_PEEK | MSG_OOB))
        return 0;
    u64 given[4] = {}; /* struct user_msghdr: name, its length, vector, how many */
    bpf_probe_read_user(given, sizeof(given), (void *)argument(ARGUMENT_1));
    return passes(ctx, argument(ARGUMENT_0), sent, 0, 0, 0, given[2], given[3], given[0], 0);
}

static __always_inline int messages(struct leaving *ctx, int sent)
{
    if (!member() || ctx->ret <= 0 || argument(ARGUMENT_3) & (MSG_PEEK | MSG_OOB))
        return 0;
    struct passing *now = passing();
    if (!now)
        return 0;
    u64 name = 0;
    now->messages = argument(ARGUMENT_1);
    bpf_probe_read_user(&name, sizeof(name), (void *)now->messages);
    return passes(ctx, argument(ARGUMENT_0), sent, 0, 0, 0, 0, 0, name, ctx->ret);
}

int streams_write(struct leaving *ctx) { return one(ctx, 1); }
int streams_read(struct leaving *ctx) { return one(ctx, 0); }
int streams_writev(struct leaving *ctx) { return many(ctx, 1); }
int streams_readv(struct leaving *ctx) { return many(ctx, 0); }
int streams_sendto(struct leaving *ctx) { return named(ctx, 1); }
int streams_recvfrom(struct leaving *ctx) { return named(ctx, 0); }
int streams_sendmsg(struct leaving *ctx) { return message(ctx, 1); }
int streams_recvmsg(struct leaving *ctx) { return message(ctx, 0); }
int streams_sendmmsg(struct leaving *ctx) { return messages(ctx, 1); }
int streams_recvmmsg(struct leaving *ctx) { return messages(ctx, 0); }

int streams_sendfile(struct leaving *ctx)
{
    if (!member() || ctx->ret <= 0)
        return 0;
    return passes(ctx, argument(ARGUMENT_0), 1, 1, 0, 0, 0, 0, 0, 0);
}

int streams_splice(struct leaving *ctx)
{
    if (!member() || ctx->ret <= 0)
        return 0;
    /* One of the two is a pipe; what passes through a socket is what matters. */
    if (kind_of(word(open_file(argument(ARGUMENT_0)) + OFFSET_file_f_inode)) == SOCKET)
        return passes(ctx, argument(ARGUMENT_0), 0, 1, 0, 0, 0, 0, 0, 0);
    return passes(ctx, argument(ARGUMENT_2), 1, 1, 0, 0, 0, 0, 0, 0);
}
