"""Recorded sessions as real processes: a real agent with a real client over TLS, a scripted model on loopback, real tools.

`plays` makes what is played, `server` is the scripted model and the tools' service, `agent` the agent, `tool` a tool in a process
of its own, `tool_server` one that has tools (MCP) and `tool_client` who asks it, `launch` starts agents and decoys, `measure` runs
all of it under the kernel sensor and compares what was linked with what was done.
"""
