// Where did the work of agents run?
//
// Units, containers and pods of the processes that are the work of calls.
//
// folder: Processes
// parameters: tenant, limit
// returns: unit, container, pod, agent, processes
MATCH (c:ToolCall)-[:RAN]->(p:Process)
WHERE c.tenant = $tenant
MATCH (s:Session {run: c.run})
RETURN p.unit AS unit, p.container AS container, p.pod AS pod, s.agent AS agent, count(DISTINCT p) AS processes
ORDER BY processes DESC LIMIT $limit
