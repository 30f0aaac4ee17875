// What do agents reach?
//
// Hosts that sessions asked or that the work of their calls connected to, by agent; the rarest first.
//
// folder: Network
// parameters: tenant, limit
// returns: agent, host, sessions
CALL {
  MATCH (x:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE x.tenant = $tenant WITH DISTINCT x, e.name AS host
  MATCH (s:Session)-[:ACCESSED]->(x) RETURN s, host
  UNION
  MATCH (c:ToolCall)-[:TOUCHED]->(e:Endpoint) WHERE c.tenant = $tenant MATCH (s:Session {run: c.run}) RETURN s, e.name AS host
  UNION
  MATCH (x:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE x.tenant = $tenant WITH DISTINCT x, e.name AS host
  MATCH (c:ToolCall)-[:TOUCHED]->(x) MATCH (s:Session {run: c.run}) RETURN s, host
  UNION
  MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(:Process)-[:CONNECTED]->(e:Endpoint) WHERE c.tenant = $tenant
  MATCH (s:Session {run: c.run}) RETURN s, e.name AS host
}
RETURN s.agent AS agent, host, count(DISTINCT s) AS sessions
ORDER BY sessions, host LIMIT $limit
