// Which programs do calls run?
//
// Executables that the work of calls started, by agent; the rarest first.
//
// folder: Processes
// parameters: tenant, limit
// returns: executable, agent, tool, sessions
MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(p:Process)
WHERE c.tenant = $tenant AND p.executable IS NOT NULL
MATCH (s:Session {run: c.run})
RETURN p.executable AS executable, s.agent AS agent, c.name AS tool, count(DISTINCT s) AS sessions
ORDER BY sessions, executable LIMIT $limit
