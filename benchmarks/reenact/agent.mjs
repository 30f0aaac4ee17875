// An agent without instrumentation in Node that plays sessions, all at the same time in this one process, with `fetch`.
//
//     node benchmarks/reenact/agent.mjs FOLDER PORT KEY...
//
// As agent.py: what it really did for each call it writes to FOLDER/truth. NODE_EXTRA_CA_CERTS names the certificate to trust.
import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [folder, port, ...keys] = process.argv.slice(2);
const server = `https://localhost:${port}`;
const tool = fileURLToPath(new URL("tool.py", import.meta.url));

const did = (call, what) =>
  appendFileSync(`${folder}/truth/${process.pid}.jsonl`, `${JSON.stringify({ call: call.call_id, ...what })}\n`);

async function post(address, body, headers) {
  const answer = await fetch(address, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers },
  });
  return answer.text();
}

function child(call, words, given = "") {
  const place = randomBytes(8).toString("hex");
  writeFileSync(`${folder}/results/${place}`, call.result);
  return new Promise((resolve) => {
    const started = execFile(process.env.PYTHON, ["-ES", tool, folder, place, ...words], (_error, written) => resolve(written));
    did(call, { pid: started.pid });
    started.stdin.end(given);
  });
}

const WAYS = {
  exec: (key, call) => child(call, [call.name, JSON.stringify(call.arguments)]),
  stdin: (key, call) => child(call, ["-"], JSON.stringify(call.arguments)),
  http: (key, call) => {
    const mark = randomBytes(6).toString("hex");
    did(call, { mark });
    const headers = { Authorization: `Bearer ${key}`, "X-Call": call.call_id };
    return post(`${server}/tools/${call.name}?nonce=${mark}`, call.arguments, headers);
  },
};

async function play(key) {
  const { steps } = JSON.parse(readFileSync(`${folder}/plays/${key}.json`, "utf-8"));
  const messages = [];
  for (const step of steps) {
    if ("said" in step) {
      messages.push({ role: step.role, content: step.said });
      continue;
    }
    const asked = { model: "scripted", messages };
    const { message } = JSON.parse(await post(`${server}/v1/chat/completions`, asked, { Authorization: `Bearer ${key}` })).choices[0];
    messages.push(message);
    const known = Object.fromEntries(step.calls.map((call) => [call.call_id, call]));
    const results = await Promise.all((message.tool_calls ?? []).map((one) => WAYS[known[one.id].how](key, known[one.id])));
    results.forEach((content, at) => messages.push({ role: "tool", tool_call_id: message.tool_calls[at].id, content }));
  }
}

await Promise.all(keys.map(play));
