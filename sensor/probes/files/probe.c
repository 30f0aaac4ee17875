/* Files: opened, and their names changed. Of calls that failed only opens are told that were refused. */

#define AT_FDCWD -100

#define SLASH_LIBSSL 0x006c737362696c2fULL
#define LAST 32

/* Whether the last part of a path begins with "libssl". */
static __always_inline int names_libssl(struct written *made, u32 length)
{
    u32 at = length > LAST ? length - LAST : 0;
#pragma unroll
    for (int step = 0; step < LAST - 7; step++) {
        u32 here = (at + step) & 4095;
        if ((*(u64 *)&made->payload[here] & 0x00ffffffffffffffULL) == SLASH_LIBSSL)
            return here + 8 <= length;
    }
    return 0;
}

#define SLASH_LIB_SLASH 0x0000002f62696c2fULL
#define SLASH_LIB64_SLASH 0x002f343662696c2fULL
#define SLASH_USR_SLASH_LIB 0x62696c2f7273752fULL
#define SLASH_LOCALE_SLASH 0x2f656c61636f6c2fULL
#define SLASH_USR_SLASH_SHA 0x6168732f7273752fULL
#define RE_SLASH_LOCAL 0x6c61636f6c2f6572ULL
#define SLASH_GCONV_SLASH 0x2f766e6f63672fULL
#define SLASH_ETC_SLASH_LD_DOT 0x2e646c2f6374652fULL
#define SO_DOT_CACHE 0x65686361632e6f73ULL
#define DOT_SO 0x006f732eU

#define SLASH_DOT_DOT 0x002e2e2fU
#define LONGEST 64 /* of a path that is of programs */
#define NOT_PLAIN -1

/* 1 where two numbers below 2^63 are equal, else 0, without a jump: the verifier follows each way of each. */
static __always_inline u64 equal(u64 one, u64 other)
{
    u64 apart = one ^ other;
    asm volatile("" : "+r"(apart));
    return apart - 1 >> 63;
}

/* Whether a path ends as libraries do, `.so` with or without a version, or lies among the tables of characters; NOT_PLAIN for one
 * that is too long, or goes up again and leads who knows where. */
static __always_inline int names_library(struct written *made, u32 length)
{
    u64 library = 0, table = 0, upwards = 0;
    if (length > LONGEST)
        return NOT_PLAIN;
    for (u32 at = 0; at < LONGEST; at++) {
        u64 inside = (u64)at + 3 - length >> 63, here = *(u64 *)&made->payload[at], fourth = here >> 24 & 0xff;
        upwards |= inside & equal(here & 0x00ffffff, SLASH_DOT_DOT);
        table |= inside & equal(here & 0x00ffffffffffffffULL, SLASH_GCONV_SLASH);
        library &= 1 ^ inside & equal(here & 0xff, '/');
        library |= inside & equal(here & 0x00ffffff, DOT_SO) & (equal(fourth, 0) | equal(fourth, '.'));
    }
    return upwards ? NOT_PLAIN : library | table;
}

/* Whether a path is what the loader and the C library open for every program: the list of libraries, one of the system's, the locale. */
static __always_inline int names_part_of_programs(struct written *made, u32 length)
{
    u64 first = *(u64 *)made->payload, second = *(u64 *)&made->payload[8];
    if (first == SLASH_ETC_SLASH_LD_DOT)
        return second == SO_DOT_CACHE && length == 17;
    int locale = first == SLASH_USR_SLASH_LIB
                     ? second == SLASH_LOCALE_SLASH
                     : first == SLASH_USR_SLASH_SHA && second == RE_SLASH_LOCAL && *(u16 *)&made->payload[16] == ('e' | '/' << 8);
    if (!locale && first != SLASH_USR_SLASH_LIB && (first & 0x000000ffffffffffULL) != SLASH_LIB_SLASH &&
        (first & 0x00ffffffffffffffULL) != SLASH_LIB64_SLASH)
        return 0;
    int library = names_library(made, length);
    return library != NOT_PLAIN && (library | locale);
}

#define REGULAR 0100000
#define FOLDER 0040000
#define READ_BY_ALL 0004
#define WRITTEN_BY_OTHERS 0022

/* Whether a file is one that root keeps for everybody: where a link has led elsewhere, such as to a credential, it is not. */
static __always_inline int is_public(u64 inode)
{
    u32 mode = half(inode + OFFSET_inode_i_mode) & 0xffff;
    return ((mode & KIND) == REGULAR || (mode & KIND) == FOLDER) && (mode & READ_BY_ALL) && !(mode & WRITTEN_BY_OTHERS) &&
           !half(inode + OFFSET_inode_i_uid);
}

#define ACCESS 03
#define REFUSED 04 /* beside what it was for */
#define NOT_PERMITTED -1 /* EPERM */
#define NO_ACCESS -13 /* EACCES */
#define FOLDED_NS 10000000000ULL

#define HASHED 256

/* Who opened what: a process, or one of those that run a program. */
struct opened {
    u64 path;
    u64 inode;
    u64 program;
    u64 started_ns;
    u32 tgid;
    u32 access;
};

/* When a file was opened last, for what, so that it was told. */
BPF_TABLE("lru_hash", struct opened, u64, opens, 32768);

#define SLOTS 4096
#define PAGES 256

struct page {
    u8 slots[SLOTS];
};

/* Which files were ever opened for writing, two slots of a million for each (Bloom, CACM 13, 1970): a file may seem to have been, and
 * is then told for each process; none seems not to have been. */
BPF_ARRAY(written_ever, struct page, PAGES);

static __always_inline u8 *slot(u64 number)
{
    u32 page = number >> 12 & (PAGES - 1);
    struct page *found = written_ever.lookup(&page);
    return found ? &found->slots[number & (SLOTS - 1)] : 0;
}

static __always_inline void note_written(u64 hash)
{
    u8 *one = slot(hash >> 44), *other = slot(hash >> 24);
    if (one)
        *one = 1;
    if (other)
        *other = 1;
}

static __always_inline int was_written(u64 hash)
{
    u8 *one = slot(hash >> 44), *other = slot(hash >> 24);
    return !one || !other || (*one && *other);
}

#define PLACES 4096

/* When files were opened for writing last. Those that share a place are only told more often. */
BPF_ARRAY(written_at, u64, PLACES);

/* A hash of a path of up to HASHED bytes, 0 for a longer one. */
static __always_inline u64 hashed(struct written *made, u32 length)
{
    u64 hash = 14695981039346656037ULL;
    if (length > HASHED)
        return 0;
    for (u32 at = 0; at < HASHED; at += 8) {
        if (at >= length)
            break;
        u64 word = *(u64 *)&made->payload[at & (HASHED - 1)];
        if (length - at < 8)
            word &= (1ULL << 8 * (length - at)) - 1;
        hash = (hash ^ word) * 1099511628211ULL;
        hash ^= hash >> 29;
    }
    return hash;
}

/* Whether the same was told a moment ago and nothing can have flowed since that did not flow then: opened for reading, or refused, by
 * the same process and path, and nobody has opened the file for writing. A number of a file that is gone comes again soon, and a
 * relative path leads elsewhere in another folder, so neither is enough. What is opened for writing is always told: what the process
 * has taken in since is not known here. What is of programs and nobody observed has opened for writing is told once for all processes
 * that run the same program: each would be an edge to the same few files. But libssl is told of each, because of the notice. */
static __always_inline int was_told(struct member *self, struct written *made, u32 length)
{
    struct opened key = {};
    u64 *written = 0, inode = 0, hash = 0;
    key.path = hashed(made, length);
    key.access = made->head.second & ACCESS;
    if (made->head.ret < 0) {
        key.access |= REFUSED;
    } else {
        inode = word(open_file(made->head.ret) + OFFSET_file_f_inode);
        key.inode = identity_of(inode);
        hash = key.inode * 11400714819323198485ULL;
        u32 place = hash >> 52;
        written = written_at.lookup(&place);
        if (key.access) {
            note_written(hash);
            if (written && *written < made->head.at_ns)
                *written = made->head.at_ns;
            return 0;
        }
    }
    if (!key.path)
        return 0;
    if (inode && names_part_of_programs(made, length) && !names_libssl(made, length) && is_public(inode) && !was_written(hash)) {
        u64 program = word(word(word(bpf_get_current_task() + OFFSET_task_struct_mm) + OFFSET_mm_struct_exe_file) + OFFSET_file_f_inode);
        if (program)
            key.program = identity_of(program);
    }
    if (!key.program) {
        key.started_ns = since(self);
        key.tgid = made->head.tgid;
    }
    u64 *last = opens.lookup(&key);
    if (last && made->head.at_ns - *last < FOLDED_NS && (!written || *written < *last)) {
        count(RECORD_OPENED, COUNT_ATTEMPTED);
        count(RECORD_OPENED, COUNT_FOLDED);
        return 1;
    }
    opens.update(&key, &made->head.at_ns);
    return 0;
}

static __always_inline int file_opened(struct leaving *ctx, u64 folder, u32 path, u64 flags)
{
    struct member *self = member();
    if (!self || (ctx->ret < 0 && ctx->ret != NO_ACCESS && ctx->ret != NOT_PERMITTED))
        return 0;
    struct written *made = begun(self, RECORD_OPENED);
    if (!made)
        return 0;
    made->head.number = ctx->number;
    made->head.ret = ctx->ret;
    made->head.first = folder;
    made->head.second = flags;
    u32 length = text_of(made, 0, argument(path));
    if (was_told(self, made, length))
        return 0;
    send_bulk(made, length);
    if (ctx->ret >= 0 && names_libssl(made, length))
        notice(made, length);
    return 0;
}

int file_open(struct leaving *ctx)
{
    return member() ? file_opened(ctx, AT_FDCWD, ARGUMENT_0, argument(ARGUMENT_1)) : 0;
}

int file_creat(struct leaving *ctx)
{
    return member() ? file_opened(ctx, AT_FDCWD, ARGUMENT_0, 01101) : 0; /* O_CREAT | O_WRONLY | O_TRUNC */
}

int file_openat(struct leaving *ctx)
{
    return member() ? file_opened(ctx, argument(ARGUMENT_0), ARGUMENT_1, argument(ARGUMENT_2)) : 0;
}

int file_openat2(struct leaving *ctx)
{
    if (!member())
        return 0;
    u64 flags = 0;
    bpf_probe_read_user(&flags, sizeof(flags), (void *)argument(ARGUMENT_2)); /* struct open_how begins with them */
    return file_opened(ctx, argument(ARGUMENT_0), ARGUMENT_1, flags);
}

/* What becomes of a name: the path and, where there are two, the other behind it. `first` and `second` are their folders, `ret` says
 * what it was. */
static __always_inline int file_changed(struct leaving *ctx, u32 change, u64 folder, u32 path, u64 other_folder, u32 other)
{
    struct member *self = member();
    if (!self || ctx->ret < 0)
        return 0;
    struct written *made = begun(self, RECORD_CHANGED);
    if (!made)
        return 0;
    made->head.number = ctx->number;
    made->head.ret = change;
    made->head.first = folder;
    made->head.second = other_folder;
    u32 length = text_of(made, 0, argument(path));
    if (other != path) {
        asm volatile("%0 &= 8191" : "+r"(length));
        length += text_of(made, length, argument(other));
    }
    send_bulk(made, length);
    return 0;
}

int file_unlink(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_UNLINK, AT_FDCWD, ARGUMENT_0, 0, ARGUMENT_0) : 0;
}

int file_unlink_at(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_UNLINK, argument(ARGUMENT_0), ARGUMENT_1, 0, ARGUMENT_1) : 0;
}

int file_chmod(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_CHMOD, AT_FDCWD, ARGUMENT_0, 0, ARGUMENT_0) : 0;
}

int file_chmod_at(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_CHMOD, argument(ARGUMENT_0), ARGUMENT_1, 0, ARGUMENT_1) : 0;
}

int file_rename(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_RENAME, AT_FDCWD, ARGUMENT_0, AT_FDCWD, ARGUMENT_1) : 0;
}

int file_rename_at(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_RENAME, argument(ARGUMENT_0), ARGUMENT_1, argument(ARGUMENT_2), ARGUMENT_3) : 0;
}

int file_link(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_LINK, AT_FDCWD, ARGUMENT_0, AT_FDCWD, ARGUMENT_1) : 0;
}

int file_link_at(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_LINK, argument(ARGUMENT_0), ARGUMENT_1, argument(ARGUMENT_2), ARGUMENT_3) : 0;
}

int file_symlink_at(struct leaving *ctx)
{
    return member() ? file_changed(ctx, CHANGE_LINK, AT_FDCWD, ARGUMENT_0, argument(ARGUMENT_1), ARGUMENT_2) : 0;
}
