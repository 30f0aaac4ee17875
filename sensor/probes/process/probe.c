/* Processes: born, executing a program, gone. They are what the scope is made of. */

#define CLONE_THREAD 0x10000
#define ARGV 4096
#define FOLDERS 32
#define NAME 256 /* NAME_MAX and a NUL */

struct executed {
    u64 cgroup;
    u64 parent_started_ns;
    u64 standard[3]; /* identities of the files that are its input, output and error, where these are streams, else 0 */
    u32 user;
    u32 arguments; /* bytes of argv, as many as there are */
    u32 namespaces[6];
    u32 folders; /* bytes of the names of folders that follow, from the working folder upwards */
    u32 whole;   /* whether they reach to the root of the process */
};

struct moved {
    u32 folders;
    u32 whole;
};

/* The names of the working folder and those above it, from `base` of the payload on; returns their bytes. The kernel gives the path itself only to programs that
 * this machine may not load, so we walk, as far as so many folders. */
static __always_inline u32 folders_of(struct written *made, u32 base, u64 task, u32 *whole)
{
    u64 place = word(task + OFFSET_task_struct_fs);
    u64 folder = word(place + OFFSET_fs_struct_pwd_dentry);
    u64 mount = word(place + OFFSET_fs_struct_pwd_mnt);
    u64 root = word(place + OFFSET_fs_struct_root_dentry);
    u64 root_mount = word(place + OFFSET_fs_struct_root_mnt);
    /* In memory, of which the verifier knows nothing: in a register it would follow all lengths that each turn can end with. */
    volatile u32 *length = &made->head.length;
    *whole = 0;
    for (int step = 0; step < FOLDERS; step++) {
        if (folder == root && mount == root_mount) {
            *whole = 1;
            break;
        }
        if (folder == word(mount + OFFSET_vfsmount_mnt_root)) {
            /* struct mount holds the part that others see. */
            u64 all = mount - OFFSET_mount_mnt;
            u64 above = word(all + OFFSET_mount_mnt_parent);
            if (above == all)
                break;
            folder = word(all + OFFSET_mount_mnt_mountpoint);
            mount = above + OFFSET_mount_mnt;
            continue;
        }
        u32 at = *length;
        if (at >= ARGV - NAME)
            break;
        at += base;
        s64 name = bpf_probe_read_kernel_str(&made->payload[at], NAME, (void *)word(folder + OFFSET_dentry_d_name_name));
        if (name <= 0)
            break;
        *length += name;
        folder = word(folder + OFFSET_dentry_d_parent);
    }
    return *length & (ARGV - 1);
}

/* task_newtask(task, clone_flags): in the parent, before the child can run. */
int process_born(struct bpf_raw_tracepoint_args *ctx)
{
    if (ctx->args[1] & CLONE_THREAD)
        return 0;
    u64 child = ctx->args[0];
    u32 tgid = half(child + OFFSET_task_struct_tgid);
    struct member *self = member();
    if (!self) {
        /* Whoever is born outside is outside, also with the number of a member whose end was missed. */
        scope.delete(&tgid);
        return 0;
    }
    struct written *made = begun(self, RECORD_FORKED);
    if (!made)
        return 0;
    struct member born = {};
    born.parent = made->head.tgid;
    born.parent_started_ns = self->started_ns;
    born.started_ns = word(child + OFFSET_task_struct_start_boottime);
    if (scope.update(&tgid, &born)) {
        u32 zero = 0;
        u64 *missed = unscoped.lookup(&zero);
        if (missed)
            __sync_fetch_and_add(missed, 1);
        return 0;
    }
    made->head.first = tgid;
    made->head.second = born.started_ns;
    send_vital(made, 0, 0);
    return 0;
}

#define LOOKED_NS 1000000000ULL

struct looked {
    u64 changed; /* when the file was changed last */
    u64 at_ns;
};

/* When the helper was told last of a program, by its file. */
BPF_TABLE("lru_hash", u64, struct looked, looked, 4096);

/* Most programs were executed a moment ago, too: the helper has looked at them. */
static __always_inline void notice_program(struct written *made, u64 inode)
{
    u64 file = identity_of(inode);
    struct looked now = {};
    now.changed = word(inode + OFFSET_CHANGED) * 1000000000ULL + half(inode + OFFSET_CHANGED_NS);
    now.at_ns = made->head.at_ns;
    struct looked *before = looked.lookup(&file);
    if (before && before->changed == now.changed && now.at_ns - before->at_ns < LOOKED_NS)
        return;
    if (notice(made, 0))
        looked.update(&file, &now);
}

/* sched_process_exec(task, old_pid, bprm): the program is loaded, its arguments are in its new memory. */
int process_executed(struct bpf_raw_tracepoint_args *ctx)
{
    struct member *self = member();
    if (!self)
        return 0;
    struct written *made = begun(self, RECORD_EXECUTED);
    if (!made)
        return 0;
    u64 task = ctx->args[0];
    u64 memory = word(task + OFFSET_task_struct_mm);
    u64 begin = word(memory + OFFSET_mm_struct_arg_start);
    u64 size = word(memory + OFFSET_mm_struct_arg_end) - begin;
    u64 namespaces = word(task + OFFSET_task_struct_nsproxy);
    struct executed *about = (struct executed *)made->payload;
    about->cgroup = bpf_get_current_cgroup_id();
    about->parent_started_ns = self->parent_started_ns;
    about->user = bpf_get_current_uid_gid();
    about->arguments = size;
    about->namespaces[0] = half(word(namespaces + OFFSET_nsproxy_mnt_ns) + OFFSET_mnt_namespace_ns_inum);
    about->namespaces[1] = half(word(namespaces + OFFSET_nsproxy_pid_ns_for_children) + OFFSET_pid_namespace_ns_inum);
    about->namespaces[2] = half(word(namespaces + OFFSET_nsproxy_net_ns) + OFFSET_net_ns_inum);
    about->namespaces[3] = half(word(namespaces + OFFSET_nsproxy_uts_ns) + OFFSET_uts_namespace_ns_inum);
    about->namespaces[4] = half(word(namespaces + OFFSET_nsproxy_ipc_ns) + OFFSET_ipc_namespace_ns_inum);
    about->namespaces[5] = half(word(namespaces + OFFSET_nsproxy_cgroup_ns) + OFFSET_cgroup_namespace_ns_inum);
    made->head.first = self->parent;
    made->head.second = (u32)ctx->args[1];
    about->standard[0] = stream_of(0);
    about->standard[1] = stream_of(1);
    about->standard[2] = stream_of(2);
    u32 whole = 0;
    u32 folders = folders_of(made, sizeof(struct executed), task, &whole);
    about->folders = folders;
    about->whole = whole;
    u32 at = sizeof(struct executed) + folders;
    asm volatile("%0 &= 8191" : "+r"(at));
    s64 name = bpf_probe_read_kernel_str(&made->payload[at], 2048, (void *)word(ctx->args[2] + OFFSET_linux_binprm_filename));
    if (name > 0)
        at += name;
    else
        made->payload[at++] = 0;
    if (size > ARGV) {
        size = ARGV;
        count(RECORD_EXECUTED, COUNT_CUT);
    }
    asm volatile("%0 &= 8191" : "+r"(size));
    if (size > ARGV)
        size = ARGV;
    asm volatile("%0 &= 8191" : "+r"(at));
    if (bpf_probe_read_user(&made->payload[at], size, (void *)begin)) {
        count(RECORD_EXECUTED, COUNT_UNREAD);
        size = 0;
    }
    send_vital(made, at + size, 0);
    notice_program(made, word(word(memory + OFFSET_mm_struct_exe_file) + OFFSET_file_f_inode));
    return 0;
}

/* chdir and what else may change the working folder, or how its path reads. */
int process_moved(struct leaving *ctx)
{
    struct member *self = member();
    if (!self || ctx->ret < 0)
        return 0;
    struct written *made = begun(self, RECORD_MOVED);
    if (!made)
        return 0;
    struct moved *about = (struct moved *)made->payload;
    u32 whole = 0;
    made->head.number = ctx->number;
    u32 folders = folders_of(made, sizeof(struct moved), bpf_get_current_task(), &whole);
    about->folders = folders;
    about->whole = whole;
    send_vital(made, sizeof(struct moved) + folders, 0);
    return 0;
}

/* sched_process_exit(task, …): once for each thread; the process is gone with the last. */
int process_exited(struct bpf_raw_tracepoint_args *ctx)
{
    struct member *self = member();
    if (!self)
        return 0;
    u64 task = ctx->args[0];
    u64 signal = word(task + OFFSET_task_struct_signal);
    if (half(signal + OFFSET_signal_struct_live))
        return 0;
    struct written *made = begun(self, RECORD_EXITED);
    if (!made)
        return 0;
    made->head.first = half(signal + OFFSET_signal_struct_group_exit_code);
    made->head.second = half(task + OFFSET_task_struct_exit_code);
    /* The end of whom we were told to observe, who was not born in the scope, may be the end of all. */
    send_vital(made, 0, !self->parent);
    u32 tgid = made->head.tgid;
    scope.delete(&tgid);
    return 0;
}
