// Which sensitive data was sent out?
//
// Files, tables and variables that are labelled sensitive, of which data was in what a call sent.
//
// folder: Files
// parameters: tenant, limit
// returns: what, name, tool, session, agent, calls
MATCH (x:File|Resource)-[:CARRIED]->(c:ToolCall)
WHERE x.tenant = $tenant
MATCH (s:Session {run: c.run})
RETURN coalesce(x.kind, 'file') AS what, coalesce(x.path, x.name) AS name, c.name AS tool, s.session AS session, s.agent AS agent,
       count(DISTINCT c) AS calls
ORDER BY name, session LIMIT $limit
