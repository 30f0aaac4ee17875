/* Privileges: calls by which a process takes other rights, leaves its place, or reaches into other processes. Those that were refused
 * are told, too: that it was tried is what matters. */

#define PTRACE_TRACEME 0
#define PTRACE_POKETEXT 4
#define PTRACE_POKEDATA 5
#define PTRACE_ATTACH 16
#define PTRACE_SEIZE 0x4206

struct privileged {
    u64 arguments[4];
};

/* `text` and `other` are registers of texts that are told, 0 for none. */
static __always_inline int told_with(struct leaving *ctx, u32 privilege, u32 text, u32 other, u64 fourth)
{
    struct member *self = member();
    if (!self)
        return 0;
    struct written *made = begun(self, RECORD_PRIVILEGED);
    if (!made)
        return 0;
    struct privileged *about = (struct privileged *)made->payload;
    about->arguments[0] = argument(ARGUMENT_0);
    about->arguments[1] = argument(ARGUMENT_1);
    about->arguments[2] = argument(ARGUMENT_2);
    about->arguments[3] = fourth;
    made->head.number = ctx->number;
    made->head.ret = ctx->ret;
    made->head.first = privilege;
    u32 length = sizeof(struct privileged);
    if (text)
        length += text_of(made, length, argument(text));
    if (other) {
        asm volatile("%0 &= 8191" : "+r"(length));
        length += text_of(made, length, argument(other));
    }
    send_vital(made, length, 1);
    return 0;
}

static __always_inline int told(struct leaving *ctx, u32 privilege, u32 text, u32 other)
{
    return member() ? told_with(ctx, privilege, text, other, argument(ARGUMENT_3)) : 0;
}

int privilege_setuid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETUID, 0, 0); }
int privilege_setgid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETGID, 0, 0); }
int privilege_setreuid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETREUID, 0, 0); }
int privilege_setregid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETREGID, 0, 0); }
int privilege_setresuid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETRESUID, 0, 0); }
int privilege_setresgid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETRESGID, 0, 0); }
int privilege_setfsuid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETFSUID, 0, 0); }
int privilege_setfsgid(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETFSGID, 0, 0); }
int privilege_setgroups(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETGROUPS, 0, 0); }
int privilege_setns(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETNS, 0, 0); }
int privilege_unshare(struct leaving *ctx) { return told(ctx, PRIVILEGE_UNSHARE, 0, 0); }
int privilege_mount(struct leaving *ctx) { return told(ctx, PRIVILEGE_MOUNT, ARGUMENT_0, ARGUMENT_1); }
int privilege_umount(struct leaving *ctx) { return told(ctx, PRIVILEGE_UMOUNT, ARGUMENT_0, 0); }
int privilege_move_mount(struct leaving *ctx) { return told(ctx, PRIVILEGE_MOVE_MOUNT, ARGUMENT_1, ARGUMENT_3); }
int privilege_open_tree(struct leaving *ctx) { return told(ctx, PRIVILEGE_OPEN_TREE, ARGUMENT_1, 0); }
int privilege_fsopen(struct leaving *ctx) { return told(ctx, PRIVILEGE_FSOPEN, ARGUMENT_0, 0); }
int privilege_pivot_root(struct leaving *ctx) { return told(ctx, PRIVILEGE_PIVOT_ROOT, ARGUMENT_0, ARGUMENT_1); }
int privilege_chroot(struct leaving *ctx) { return told(ctx, PRIVILEGE_CHROOT, ARGUMENT_0, 0); }
int privilege_vm_readv(struct leaving *ctx) { return told(ctx, PRIVILEGE_PROCESS_VM_READV, 0, 0); }
int privilege_vm_writev(struct leaving *ctx) { return told(ctx, PRIVILEGE_PROCESS_VM_WRITEV, 0, 0); }
int privilege_bpf(struct leaving *ctx) { return told(ctx, PRIVILEGE_BPF, 0, 0); }
int privilege_init_module(struct leaving *ctx) { return told(ctx, PRIVILEGE_INIT_MODULE, ARGUMENT_2, 0); }
int privilege_finit_module(struct leaving *ctx) { return told(ctx, PRIVILEGE_FINIT_MODULE, ARGUMENT_1, 0); }
int privilege_delete_module(struct leaving *ctx) { return told(ctx, PRIVILEGE_DELETE_MODULE, ARGUMENT_0, 0); }
int privilege_memfd_create(struct leaving *ctx) { return told(ctx, PRIVILEGE_MEMFD_CREATE, ARGUMENT_0, 0); }
int privilege_userfaultfd(struct leaving *ctx) { return told(ctx, PRIVILEGE_USERFAULTFD, 0, 0); }
int privilege_io_uring_setup(struct leaving *ctx) { return told(ctx, PRIVILEGE_IO_URING_SETUP, 0, 0); }
int privilege_keyctl(struct leaving *ctx) { return told(ctx, PRIVILEGE_KEYCTL, 0, 0); }
int privilege_add_key(struct leaving *ctx) { return told(ctx, PRIVILEGE_ADD_KEY, ARGUMENT_0, ARGUMENT_1); }
int privilege_perf_event_open(struct leaving *ctx) { return told(ctx, PRIVILEGE_PERF_EVENT_OPEN, 0, 0); }
int privilege_open_by_handle(struct leaving *ctx) { return told(ctx, PRIVILEGE_OPEN_BY_HANDLE_AT, 0, 0); }
int privilege_setxattr(struct leaving *ctx) { return told(ctx, PRIVILEGE_SETXATTR, ARGUMENT_0, ARGUMENT_1); }

int privilege_capset(struct leaving *ctx)
{
    if (!member())
        return 0;
    u32 effective[4] = {}; /* two of struct __user_cap_data_struct: effective, permitted, inheritable */
    bpf_probe_read_user(&effective[0], 4, (void *)argument(ARGUMENT_1));
    bpf_probe_read_user(&effective[1], 4, (void *)(argument(ARGUMENT_1) + 12));
    /* The call has two arguments: what it asks for takes the place of the fourth. */
    return told_with(ctx, PRIVILEGE_CAPSET, 0, 0, effective[0] | (u64)effective[1] << 32);
}

/* Debuggers look and step thousands of times; what counts is that they got hold of a process, or wrote to it. */
int privilege_ptrace(struct leaving *ctx)
{
    if (!member())
        return 0;
    u64 request = argument(ARGUMENT_0);
    if (request != PTRACE_TRACEME && request != PTRACE_ATTACH && request != PTRACE_SEIZE && request != PTRACE_POKETEXT &&
        request != PTRACE_POKEDATA)
        return 0;
    return told(ctx, PRIVILEGE_PTRACE, 0, 0);
}

/* dup2 and dup3 of a socket of the internet onto 0, 1 or 2: a shell that is spoken to from outside begins like this.
 *
 * A pipe is remembered from here on: whoever starts a program waits until its files are closed for `execve`, and may write before
 * `sched_process_exec` is passed. */
int privilege_dup(struct leaving *ctx)
{
    if (!member() || ctx->ret < 0 || ctx->ret > 2)
        return 0;
    u64 inode = word(open_file(ctx->ret) + OFFSET_file_f_inode);
    if (stream_of(ctx->ret) || kind_of(inode) != SOCKET)
        return 0;
    u32 family = family_of(word(socket_of(inode) + OFFSET_socket_sk));
    if (family != AF_INET && family != AF_INET6)
        return 0;
    return told(ctx, PRIVILEGE_DUP, 0, 0);
}
