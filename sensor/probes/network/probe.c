/* Connections: made and taken. One that goes on in the background (EINPROGRESS) is told; one that was refused is not. */

#define EINPROGRESS 115
#define ADDRESS 128

/* The peer of a socket as `struct sockaddr` has it, from the kernel: what the process gave may have been changed meanwhile. Returns its
 * length, 0 for another family. */
static __always_inline u32 peer_of(struct written *made, u64 descriptor)
{
    u64 sock = word(word(open_file(descriptor) + OFFSET_file_private_data) + OFFSET_socket_sk);
    u16 family = half(sock + OFFSET_sock_common_skc_family);
    *(u16 *)&made->payload[0] = family;
    *(u16 *)&made->payload[2] = half(sock + OFFSET_sock_common_skc_dport);
    if (family == AF_INET) {
        *(u32 *)&made->payload[4] = half(sock + OFFSET_sock_common_skc_daddr);
        return 16;
    }
    if (family == AF_INET6) {
        bpf_probe_read_kernel(&made->payload[8], 16, (void *)(sock + OFFSET_sock_common_skc_v6_daddr));
        return 28;
    }
    return 0;
}

static __always_inline void peer_told(struct leaving *ctx, struct member *self, u32 type, u64 descriptor, u64 given)
{
    struct written *made = begun(self, type);
    if (!made)
        return;
    made->head.number = ctx->number;
    made->head.ret = ctx->ret;
    made->head.first = argument(ARGUMENT_0);
    u64 at = argument(ARGUMENT_1);
    u64 length = peer_of(made, descriptor);
    if (!length) {
        length = given > ADDRESS ? ADDRESS : given;
        if (!at || !length || bpf_probe_read_user(made->payload, length, (void *)at)) {
            count(type, COUNT_UNREAD);
            length = 0;
        }
    }
    send_bulk(made, length);
}

int network_connect(struct leaving *ctx)
{
    struct member *self = member();
    if (self && (ctx->ret == 0 || ctx->ret == -EINPROGRESS))
        peer_told(ctx, self, RECORD_CONNECTED, argument(ARGUMENT_0), (u32)argument(ARGUMENT_2));
    return 0;
}

int network_accept(struct leaving *ctx)
{
    struct member *self = member();
    if (self && ctx->ret >= 0) {
        u32 length = 0;
        bpf_probe_read_user(&length, sizeof(length), (void *)argument(ARGUMENT_2));
        peer_told(ctx, self, RECORD_ACCEPTED, ctx->ret, length);
    }
    return 0;
}
