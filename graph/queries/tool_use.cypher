// How often is each tool used?
//
// Calls and sessions of each tool, by agent, and how many of its results report a failure.
//
// folder: Tools
// parameters: tenant, limit
// returns: agent, tool, calls, sessions, failed
MATCH (s:Session)-[:CONTAINS]->(c:ToolCall)
WHERE s.tenant = $tenant
OPTIONAL MATCH (c)-[:RETURNED]->(r:Content {failed: true})
RETURN s.agent AS agent, c.name AS tool, count(DISTINCT c) AS calls, count(DISTINCT s) AS sessions, count(DISTINCT r) AS failed
ORDER BY calls DESC, agent, tool LIMIT $limit
