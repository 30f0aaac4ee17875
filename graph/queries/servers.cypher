// Which MCP servers offer what to whom?
//
// Servers with their tools, by agent.
//
// folder: Tools
// parameters: tenant, limit
// returns: server, agent, tools, sessions
MATCH (t:Tool)-[:OFFERED_BY]->(m:McpServer)
WHERE m.tenant = $tenant
MATCH (s:Session {run: m.run})
RETURN m.name AS server, s.agent AS agent, collect(DISTINCT t.name) AS tools, count(DISTINCT s) AS sessions
ORDER BY sessions, server LIMIT $limit
