/* Processes: born, executing a program, gone. They are what the scope is made of. */

#define CLONE_THREAD 0x10000
#define ARGV 4096

struct executed {
    u64 cgroup;
    u64 parent_started_ns;
    u32 user;
    u32 arguments; /* bytes of argv, as many as there are */
    u32 namespaces[6];
};

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
    send_vital(made, 0);
    return 0;
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
    u32 at = sizeof(struct executed);
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
    asm volatile("%0 &= 4095" : "+r"(at));
    if (bpf_probe_read_user(&made->payload[at], size, (void *)begin)) {
        count(RECORD_EXECUTED, COUNT_UNREAD);
        size = 0;
    }
    send_vital(made, at + size);
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
    send_vital(made, 0);
    u32 tgid = made->head.tgid;
    scope.delete(&tgid);
    return 0;
}
