// Which databases do agents use?
//
// By agent, with the first time; an agent that asks a database it never touched stands out.
//
// folder: Network
// parameters: tenant, limit
// returns: database, agent, sessions, first_ns
MATCH (x:Resource {kind: 'database'})
WHERE x.tenant = $tenant
CALL {
  WITH x MATCH (s:Session)-[r:ACCESSED]->(x) RETURN s, r.at_ns AS at_ns
  UNION WITH x MATCH (c:ToolCall)-[r:TOUCHED]->(x) MATCH (s:Session {run: c.run}) RETURN s, r.at_ns AS at_ns
}
RETURN x.name AS database, s.agent AS agent, count(DISTINCT s) AS sessions, min(at_ns) AS first_ns
ORDER BY sessions, database LIMIT $limit
