// Who reached this host?
//
// Sessions that asked a host, or whose work connected to it.
//
// folder: Network
// parameters: tenant, host, limit
// returns: session, agent, by, times
MATCH (e:Endpoint {name: $host, tenant: $tenant})
CALL {
  WITH e MATCH (e)<-[:SERVED_AT]-(x:Resource) WITH DISTINCT x MATCH (x)<-[r:ACCESSED]-(s:Session) RETURN s, 'the session' AS by, r.fact AS fact
  UNION WITH e MATCH (e)<-[:TOUCHED]-(c:ToolCall) MATCH (s:Session {run: c.run}) RETURN s, c.name AS by, c.key AS fact
  UNION WITH e MATCH (e)<-[:SERVED_AT]-(x:Resource) WITH DISTINCT x MATCH (x)<-[:TOUCHED]-(c:ToolCall) MATCH (s:Session {run: c.run}) RETURN s, c.name AS by, c.key AS fact
  UNION WITH e MATCH (e)<-[r:CONNECTED]-(:Process)<-[:STARTED*0..3]-(:Process)<-[:RAN]-(c:ToolCall)
  MATCH (s:Session {run: c.run}) RETURN s, c.name AS by, r.fact AS fact
}
RETURN s.session AS session, s.agent AS agent, by, count(DISTINCT fact) AS times
ORDER BY times DESC, session LIMIT $limit
