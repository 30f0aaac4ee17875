/* Connections: made and taken. One that goes on in the background (EINPROGRESS) is told; one that was refused is not. */

#define EINPROGRESS 115
#define ADDRESS 128

static __always_inline void peer_told(struct leaving *ctx, struct member *self, u32 type, u64 length)
{
    struct written *made = begun(self, type);
    if (!made)
        return;
    made->head.number = ctx->number;
    made->head.ret = ctx->ret;
    made->head.first = argument(ARGUMENT_0);
    u64 at = argument(ARGUMENT_1);
    if (length > ADDRESS)
        length = ADDRESS;
    if (!at || !length || bpf_probe_read_user(made->payload, length, (void *)at)) {
        count(type, COUNT_UNREAD);
        length = 0;
    }
    send_bulk(made, length);
}

int network_connect(struct leaving *ctx)
{
    struct member *self = member();
    if (self && (ctx->ret == 0 || ctx->ret == -EINPROGRESS))
        peer_told(ctx, self, RECORD_CONNECTED, (u32)argument(ARGUMENT_2));
    return 0;
}

int network_accept(struct leaving *ctx)
{
    struct member *self = member();
    if (self && ctx->ret >= 0) {
        u32 length = 0;
        bpf_probe_read_user(&length, sizeof(length), (void *)argument(ARGUMENT_2));
        peer_told(ctx, self, RECORD_ACCEPTED, length);
    }
    return 0;
}
