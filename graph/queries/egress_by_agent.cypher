// What do agents reach?
//
// Hosts that sessions asked or that the work of their calls connected to, by agent; the rarest first.
//
// folder: Network
// parameters: tenant, limit
// returns: agent, host, sessions
CALL {
  MATCH (s:Session)-[:ACCESSED]->(:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE s.tenant = $tenant RETURN s, e
  UNION
  MATCH (c:ToolCall)-[:TOUCHED]->(e:Endpoint) WHERE c.tenant = $tenant MATCH (s:Session {run: c.run}) RETURN s, e
  UNION
  MATCH (c:ToolCall)-[:TOUCHED]->(:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE c.tenant = $tenant
  MATCH (s:Session {run: c.run}) RETURN s, e
  UNION
  MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(:Process)-[:CONNECTED]->(e:Endpoint) WHERE c.tenant = $tenant
  MATCH (s:Session {run: c.run}) RETURN s, e
}
RETURN s.agent AS agent, e.name AS host, count(DISTINCT s) AS sessions
ORDER BY sessions, host LIMIT $limit
