// Which tools does an agent use that it never used before?
//
// First used since a time, by agent.
//
// folder: Tools
// parameters: tenant, since_ns, limit
// returns: agent, tool, first_ns, sessions
MATCH (s:Session)-[k:CONTAINS]->(c:ToolCall)
WHERE s.tenant = $tenant AND c.name IS NOT NULL
WITH s.agent AS agent, c.name AS tool, min(k.at_ns) AS first_ns, count(DISTINCT s) AS sessions
WHERE first_ns >= $since_ns
RETURN agent, tool, first_ns, sessions ORDER BY first_ns DESC, agent, tool LIMIT $limit
