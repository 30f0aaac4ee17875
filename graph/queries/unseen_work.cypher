// Whose calls did the kernel not see?
//
// Agents with calls of which no process, file or connection is known: no sensor, or work elsewhere.
//
// folder: Coverage
// parameters: tenant, limit
// returns: agent, calls, seen, sessions
MATCH (s:Session)-[:CONTAINS]->(c:ToolCall)
WHERE s.tenant = $tenant
WITH DISTINCT s, c
WITH s, count(c) AS calls, sum(CASE WHEN EXISTS { (c)-[:RAN|TOUCHED]->() } THEN 1 ELSE 0 END) AS seen
RETURN s.agent AS agent, sum(calls) AS calls, sum(seen) AS seen, count(s) AS sessions
ORDER BY seen * 1.0 / calls, agent LIMIT $limit
