// What do agents write?
//
// Paths that the work of calls wrote or changed, by agent; the rarest first.
//
// folder: Files
// parameters: tenant, limit
// returns: path, agent, sessions, calls
MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(:Process)-[:WROTE|CHANGED]->(f:File)
WHERE c.tenant = $tenant
MATCH (s:Session {run: c.run})
RETURN f.path AS path, s.agent AS agent, count(DISTINCT s) AS sessions, count(DISTINCT c) AS calls
ORDER BY sessions, calls, path LIMIT $limit
