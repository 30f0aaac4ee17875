// Which destinations are new?
//
// Hosts that sessions asked, or that the work of calls connected to, since a time and never before.
//
// folder: Network
// parameters: tenant, since_ns, limit
// returns: host, first_ns, agents, sessions
CALL {
  MATCH (x:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE x.tenant = $tenant WITH DISTINCT x, e.name AS host
  MATCH (s:Session)-[r:ACCESSED]->(x) WHERE r.at_ns >= $since_ns
  RETURN host, r.at_ns AS at_ns, s
  UNION
  MATCH (p:Process)-[r:CONNECTED]->(e:Endpoint) WHERE r.at_ns >= $since_ns AND p.tenant = $tenant
  MATCH (c:ToolCall)-[:RAN]->(:Process)-[:STARTED*0..3]->(p) MATCH (s:Session {run: c.run})
  RETURN e.name AS host, r.at_ns AS at_ns, s
  UNION
  MATCH (x:Resource)-[:SERVED_AT]->(e:Endpoint) WHERE x.tenant = $tenant WITH DISTINCT x, e.name AS host
  MATCH (c:ToolCall)-[r:TOUCHED]->(x) WHERE r.at_ns >= $since_ns MATCH (s:Session {run: c.run})
  RETURN host, r.at_ns AS at_ns, s
}
WITH host, min(at_ns) AS first_ns, collect(DISTINCT s.agent) AS agents, count(DISTINCT s) AS sessions
WHERE NOT EXISTS {
  MATCH (:Endpoint {name: host, tenant: $tenant})<-[:SERVED_AT]-(x:Resource) WITH DISTINCT x
  MATCH (x)<-[before:ACCESSED|TOUCHED]-() WHERE before.at_ns < $since_ns
} AND NOT EXISTS {
  MATCH (:Endpoint {name: host, tenant: $tenant})<-[before:CONNECTED|TOUCHED]-()
  WHERE before.at_ns < $since_ns
}
RETURN host, first_ns, agents, sessions ORDER BY first_ns DESC, host LIMIT $limit
