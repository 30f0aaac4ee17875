// Who touched this file or credential?
//
// Processes that opened, wrote or changed a path, and the calls whose work they are.
//
// folder: Files
// parameters: tenant, path, limit
// returns: act, executable, pid, session, agent, tool, at_ns
MATCH (f:File {path: $path, tenant: $tenant})
CALL {
  WITH f MATCH (f)-[r:READ]->(p:Process) RETURN r, p
  UNION WITH f MATCH (p:Process)-[r:WROTE|CHANGED]->(f) RETURN r, p
}
WITH DISTINCT type(r) AS act, p, r.fact AS fact, r.at_ns AS at_ns
OPTIONAL MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..4]->(p)
OPTIONAL MATCH (s:Session {run: c.run})
RETURN DISTINCT act, p.executable AS executable, p.pid AS pid, s.session AS session, s.agent AS agent, c.name AS tool, at_ns
ORDER BY at_ns LIMIT $limit
