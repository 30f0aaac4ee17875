// Which privileged system calls were used, and by what?
//
// Such as setns, mount, ptrace; with the calls of agents whose work it was.
//
// folder: Processes
// parameters: tenant, limit
// returns: privilege, executable, tool, agent, times
MATCH (p:Process)-[r:EXERCISED]->(x:Resource)
WHERE x.tenant = $tenant
OPTIONAL MATCH (p)<-[:STARTED*0..4]-(:Process)<-[:RAN]-(c:ToolCall)
OPTIONAL MATCH (s:Session {run: c.run})
RETURN x.name AS privilege, p.executable AS executable, c.name AS tool, s.agent AS agent, count(DISTINCT r.fact) AS times
ORDER BY times, privilege LIMIT $limit
